// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/options.hpp>

#include <algorithm>
#include <thread>

using namespace shardbound;
using cli::Options;

namespace {

Options parse(std::vector<const char*> words) {
  words.insert(words.begin(), "verifier");
  return cli::parse(static_cast<int>(words.size()), words.data(),
                    {{"replicated", "fully-sharded"}, {}, cli::Offer::Gpu::none});
}
std::string refusal(std::vector<const char*> words) {
  try {
    parse(words);
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("defaults are what a first user wants") {
  const Options o = parse({"bounds", "--onnx", "a", "--vnnlib", "b"});
  CHECK(o.command == "bounds");
  CHECK(o.scalar == "float64");
  CHECK(o.policy == "replicated");
  CHECK(o.method == "crown");
  CHECK(!o.method_given);
  CHECK(cli::method_of(o).intermediates == Intermediates::tightened);
  CHECK(cli::method_of(o).descent == Descent::input);
  CHECK(!cli::method_of(o).optimises());
}

TEST_CASE(
    "a verdict is worth optimised slopes, and what is said of a method holds for all commands") {
  const Options verify = parse({"verify", "--onnx", "a", "--vnnlib", "b"});
  CHECK(verify.method == "alpha-crown");
  CHECK(!verify.method_given);
  CHECK(cli::method_of(verify).optimisation.iterations == 20);
  CHECK(parse({"info"}).method == "crown");
  const char* const run[] = {"shardbound", "run", "list.csv"};
  CHECK(cli::parse(3, run,
                   {{"replicated"}, {}, cli::Offer::Gpu::none, cli::Offer::Networks::any_file})
            .method == "alpha-crown");
  for (const char* command : {"bounds", "verify"})
    for (const char* method : {"ibp", "crown-ibp", "crown", "alpha-crown"}) {
      const Options o = parse({command, "--onnx", "a", "--vnnlib", "b", "--method", method});
      CHECK(o.method == method);
      CHECK(o.method_given);
      CHECK(cli::method_of(o).optimises() == (o.method == "alpha-crown"));
    }
}

TEST_CASE("verdicts take all processors where nothing else was chosen") {
  const int processors = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16);
  const auto ranks = [](const char* command, std::vector<const char*> more) {
    more.insert(more.begin(), {command, "--onnx", "a", "--vnnlib", "b"});
    return parse(more).ranks;
  };
  CHECK(ranks("verify", {}) == processors);
  CHECK(ranks("bounds", {}) == 1);
  for (const std::vector<const char*>& chosen : {std::vector{"--ranks", "1"},
                                                 {"--threads", "1"},
                                                 {"--policy", "fully-sharded"},
                                                 {"--comm", "threads"}})
    CHECK(ranks("verify", chosen) == 1);
  CHECK(ranks("verify", {"--ranks", "3"}) == 3);
  const Options gpu = parse({"bounds", "--onnx", "a", "--vnnlib", "b", "--device", "cuda"});
  CHECK(cli::ranks_for_verdicts(gpu, 16) == 4);
  CHECK(cli::ranks_for_verdicts(gpu, 64) == 4);
  CHECK(cli::ranks_for_verdicts(gpu, 9) == 2);
  CHECK(cli::ranks_for_verdicts(gpu, 2) == 1);
  CHECK(ranks("verify", {"--device", "cuda", "--ranks", "1"}) == 1);
  CHECK(ranks("bounds", {"--device", "cuda"}) == 1);
}

TEST_CASE("ranks are told alike of slopes") {
  const auto words = [](std::vector<const char*> more) {
    more.insert(more.begin(), {"verify", "--onnx", "a", "--vnnlib", "b"});
    return cli::common_words(parse(more));
  };
  CHECK(words({}) == words({"--iterations", "20"}));
  CHECK(words({}) != words({"--iterations", "21"}));
  CHECK(words({}) != words({"--fixed-intermediate"}));
}

TEST_CASE("methods by name") {
  const auto method = [](const char* name, const char* intermediate) {
    return cli::method_of(parse({"verify", "--onnx", "a", "--vnnlib", "b", "--method", name,
                                 "--intermediate", intermediate}));
  };
  CHECK(method("ibp", "default").descent == Descent::one_product);
  CHECK(method("crown-ibp", "default").intermediates == Intermediates::interval);
  CHECK(method("crown", "textbook").intermediates == Intermediates::textbook);
  CHECK(method("alpha-crown", "textbook").intermediates == Intermediates::textbook);
  CHECK(method("alpha-crown", "default").intermediates == Intermediates::tightened);
}

TEST_CASE("what a program was built without is refused by name") {
  const auto with = [](const char* option, const char* value) {
    return refusal({"verify", "--onnx", "a", "--vnnlib", "b", option, value});
  };
  CHECK(with("--method", "alpha-crown").empty());
  CHECK(with("--policy", "row-col") == "this verifier was built without --policy row-col");
  CHECK(with("--policy", "fully-sharded").empty());
}

TEST_CASE("words of the other device are refused with what to do") {
  const auto with = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"bounds", "--onnx", "a", "--vnnlib", "b"});
    return refusal(words);
  };
  CHECK(with({"--device", "cuda"}).empty());
  CHECK(with({"--device", "cuda", "--comm", "nccl"}).empty());
  CHECK(with({"--device", "cuda", "--comm", "mpi"}).empty());
  CHECK(with({"--device", "cuda", "--precision", "tf32x3", "--scalar", "float32"}).empty());
  CHECK(with({"--precision", "native", "--threads", "2"}).empty());
  CHECK(with({"--comm", "nccl"}) ==
        "--comm nccl connects GPUs. Fix: give --device cuda too, or --comm threads");
  CHECK(with({"--precision", "tf32x3", "--scalar", "float32"}) ==
        "--precision tf32x3 is for GPUs. Fix: give --device cuda too");
  CHECK(with({"--device", "cuda", "--precision", "tf32x3"}) ==
        "--precision tf32x3 multiplies float32. Fix: give --scalar float32");
  CHECK(with({"--device", "cuda", "--threads", "2"}) ==
        "--threads is for the CPU. Fix: leave it away with --device cuda");
}

TEST_CASE("a misspelt word is named, with the nearest that exists") {
  CHECK(refusal({}) == "no command is given. Fix: begin with info, bounds or verify (see --help)");
  CHECK(refusal({"verfy", "--onnx", "a"}) ==
        "there is no command 'verfy', only info, bounds and verify; did you mean verify?");
  CHECK(refusal({"prove"}) == "there is no command 'prove', only info, bounds and verify");
  CHECK(refusal({"--ranks", "2", "bounds"}) ==
        "'--ranks' stands before the command. Fix: begin with info, bounds or verify (see --help)");
  CHECK(refusal({"bounds", "--onx", "a", "--vnnlib", "b"}) ==
        "bounds takes no --onx; did you mean --onnx? (see bounds --help)");
  CHECK(refusal({"info", "network.onnx"}) ==
        "'network.onnx' belongs to no option (see info --help)");
  CHECK(refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--method", "crwn"}) ==
        "--method: there is no 'crwn', only ibp, crown-ibp, crown and alpha-crown; did you "
        "mean crown? (see bounds --help)");
}

TEST_CASE("one command a line") {
  const std::string stray =
      refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "verify", "--onnx", "c", "--vnnlib", "d"});
  CHECK(stray == "'verify' belongs to no option (see bounds --help)");
  CHECK(refusal({"info", "verify"}) == "'verify' belongs to no option (see info --help)");
}

TEST_CASE("intermediate bounds are chosen where there is a choice") {
  CHECK(refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--method", "ibp", "--intermediate",
                 "textbook"}) ==
        "--intermediate textbook is for --method crown and alpha-crown; ibp takes intermediate "
        "bounds from intervals. Fix: leave it away");
}

TEST_CASE("a command takes what it can use") {
  CHECK(refusal({"info", "--comm", "threads"}).find("info takes no --comm, bounds does") == 0);
  CHECK(refusal({"info", "--seed", "1"}).find("info takes no --seed, verify does") == 0);
  const auto refused_by_bounds = [](const char* option, const char* value) {
    return refusal({"bounds", "--onnx", "a", "--vnnlib", "b", option, value});
  };
  CHECK(refused_by_bounds("--timeout", "1").find("bounds takes no --timeout, verify does") == 0);
  CHECK(refused_by_bounds("--seed", "1").find("bounds takes no --seed, verify does") == 0);
  CHECK(refusal({"info", "--prove", "native"}).find("info takes no --prove, bounds does") == 0);
  CHECK(refused_by_bounds("--json-detail", "all").find("--json-detail requires --json") == 0);
}

TEST_CASE("domains are for searches, and all ranks are told how many") {
  const auto words = [](std::vector<const char*> more) {
    more.insert(more.begin(), {"verify", "--onnx", "a", "--vnnlib", "b"});
    return cli::common_words(parse(more));
  };
  CHECK(words({"--domains", "7"}) != words({}));
  CHECK(refusal({"verify", "--onnx", "a", "--vnnlib", "b", "--domains", "7", "--search", "off"}) ==
        "--domains is for searches. Fix: leave it away, or --search off");
  CHECK(refusal({"verify", "--onnx", "a", "--vnnlib", "b", "--domains", "7", "--method", "ibp"}) ==
        "--domains is for searches. Fix: leave it away, or --method ibp");
}

TEST_CASE("numbers that are none get a sentence") {
  const auto with = [](const char* option, const char* value) {
    return refusal({"verify", "--onnx", "a", "--vnnlib", "b", option, value});
  };
  for (const char* time : {"abc", "nan", "inf", "-1", "1s", ""})
    CHECK(with("--timeout", time) ==
          "--timeout: '" + std::string(time) + "' is no number of seconds (see verify --help)");
  for (const char* count : {"two", "0", "-1", "4097", "1e2", "2.5", "0x2", "--policy"})
    CHECK(with("--ranks", count) == "--ranks: '" + std::string(count) +
                                        "' is no whole number from 1 to 4096 (see verify --help)");
  CHECK(with("--domains", "-1").find("is no whole number") != std::string::npos);
  CHECK(with("--seed", "18446744073709551616").find("is no whole number") != std::string::npos);
  CHECK(refusal({"verify", "--onnx", "a", "--vnnlib", "b", "--timeout"}) ==
        "--timeout wants one value, and to be given once");
  const Options o =
      parse({"verify", "--onnx", "a", "--vnnlib", "b", "--timeout", "1.5e2", "--ranks", "010",
             "--domains", "4096", "--seed", "18446744073709551615"});
  CHECK(o.timeout == 150);
  CHECK(o.ranks == 10);
  CHECK(o.domains == 4096);
  CHECK(o.seed == ~std::uint64_t{0});
}

TEST_CASE("a wrong word is one sentence") {
  for (const auto& text :
       {refusal({"prove"}), refusal({}), refusal({"verify", "--onnx", "a"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--scalar", "float16"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--wave", "-3"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--iterations", "3"}),
        refusal({"verify", "--onnx", "a", "--vnnlib", "b", "--lr", "-1"}),
        refusal({"bounds", "--onnx", "a", "--vnnlib", "b", "--precision", "bf16"})}) {
    CHECK_FALSE(text.empty());
    CHECK(text.find('\n') == text.npos);
  }
}
