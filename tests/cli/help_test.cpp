// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/options.hpp>

#include <iostream>
#include <sstream>

using namespace shardbound;

namespace {

std::string help(std::vector<const char*> words, const cli::Offer& offer) {
  words.insert(words.begin(), "verifier");
  words.push_back("--help");
  std::ostringstream out;
  auto* const old = std::cout.rdbuf(out.rdbuf());
  int status = -1;
  try {
    cli::parse(static_cast<int>(words.size()), words.data(), offer);
  } catch (const cli::Exit& exit) {
    status = exit.status;
  }
  std::cout.rdbuf(old);
  CHECK(status == 0);
  return out.str();
}
bool contains(const std::string& text, const char* part) { return text.find(part) != text.npos; }

const cli::Offer cpu{{"replicated", "fully-sharded"}, {}, cli::Offer::Gpu::none};
const cli::Offer all{{"replicated"}, {"mpi"}, cli::Offer::Gpu::cuda};

}  // namespace

TEST_CASE("text is wrapped at blanks, behind its indent") {
  CHECK(cli::wrapped("one two  three", 0, 80) == "one two three");
  CHECK(cli::wrapped("one two three", 0, 7) == "one two\nthree");
  CHECK(cli::wrapped("one two three", 2, 9) == "one two\n  three");
  CHECK(cli::wrapped("one twoandthree four", 2, 8) == "one\n  twoandthree\n  four");
  CHECK(cli::wrapped("", 4).empty());
}

TEST_CASE("no line of any help is wider than a terminal") {
  for (const auto& offer : {cpu, all})
    for (const auto& words :
         std::vector<std::vector<const char*>>{{}, {"info"}, {"bounds"}, {"verify"}}) {
      std::istringstream lines(help(words, offer));
      for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(line.size() <= 80);
      }
    }
}

TEST_CASE("help offers what the command takes") {
  const std::string top = help({}, cpu), info = help({"info"}, cpu), bounds = help({"bounds"}, cpu),
                    verify = help({"verify"}, cpu);
  for (const char* command : {"info", "bounds", "verify"}) CHECK(contains(top, command));
  CHECK(contains(bounds, "usage: verifier bounds --onnx FILE --vnnlib FILE [options]\n"));
  CHECK(contains(info, "usage: verifier info [options]\n"));
  CHECK(contains(bounds, "--json-detail WORD"));
  CHECK_FALSE(contains(verify, "--json-detail WORD"));
  CHECK_FALSE(contains(info, "--json-detail WORD"));
  for (const std::string& drawing : {bounds, verify}) CHECK(contains(drawing, "--svg FILE"));
  CHECK_FALSE(contains(info, "--svg FILE"));
  for (const char* option : {"--timeout SECONDS", "--domains N", "--results FILE", "--seed N"}) {
    CHECK(contains(verify, option));
    CHECK_FALSE(contains(bounds, option));
    CHECK_FALSE(contains(info, option));
  }
  for (const char* option : {"--iterations N", "--lr X", "--lr-decay X", "--patience N",
                             "--fixed-intermediate", "--slope-storage WORD"})
    for (const std::string* text : {&info, &bounds, &verify}) CHECK(contains(*text, option));
  CHECK(contains(bounds, "--prove WORD"));
  CHECK_FALSE(contains(verify, "--prove"));  // float64 proves there whatever it takes
  CHECK_FALSE(contains(info, "--prove"));
  CHECK(contains(bounds, "(default: crown)"));
  CHECK(contains(info, "(default: crown)"));
  CHECK(contains(verify, "(default: alpha-crown)"));
  CHECK(contains(bounds, "ibp, crown-ibp, crown or alpha-crown"));
  CHECK(contains(bounds, "A row is impossible if"));
}

TEST_CASE("help offers what was built") {
  const std::string without = help({"bounds"}, cpu), with = help({"bounds"}, all);
  for (const char* word : {"cuda", "GPU", "tf32", "nccl", "mpi", "row-col", "--comm"})
    CHECK_FALSE(contains(without, word));
  CHECK(contains(without, "replicated or fully-sharded"));
  for (const char* word : {"--device WORD", "cpu or cuda", "tf32x3", "threads, mpi or nccl"})
    CHECK(contains(with, word));
  CHECK_FALSE(contains(help({"info"}, all), "--comm"));
  CHECK_FALSE(contains(with, "--policy"));  // there is only one
}
