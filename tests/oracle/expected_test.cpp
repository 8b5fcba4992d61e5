// SPDX-License-Identifier: BSD-3-Clause

// `verify` against the verdicts of VNN-COMP, on every instance whose operators are supported: it may say
// unknown, never the opposite. The closing message counts what bounds and points alone decide.

#include <doctest/doctest.h>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verdict.hpp>
#include <tests/oracle/units.hpp>
#include <tests/support/skip.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace shardbound_test;
namespace sb = shardbound;

namespace {

struct Instance {
  std::string onnx, vnnlib, verdict;
};

std::vector<Instance> expected(const std::filesystem::path& benchmark) {
  std::vector<Instance> all;
  std::ifstream file(benchmark / "expected.csv");
  std::string line;
  std::getline(file, line);  // names of the columns
  while (std::getline(file, line)) {
    Instance one;
    std::istringstream fields(line);
    std::getline(fields, one.onnx, ',');
    std::getline(fields, one.vnnlib, ',');
    std::getline(fields, one.verdict, ',');
    one.onnx = (benchmark / one.onnx).string();
    one.vnnlib = (benchmark / one.vnnlib).string();
    all.push_back(one);
  }
  return all;
}

}  // namespace

namespace {

/// What is answered to instances, beside what is known of them.
class Tally {
 public:
  void ask(const Instance& one, const sb::VerifyOptions& options = {}) {
    const auto engine = open_engine(one.onnx, Scalar::float64);
    if (!engine) return;
    const auto property = sb::vnnlib::read(one.vnnlib);
    const auto verdict = sb::Verifier(*engine, *engine, property, options).run();
    const std::string answer(sb::to_string(verdict.answer));
    INFO(one.onnx << ' ' << one.vnnlib << ": " << answer << " where " << one.verdict
                  << " is known");
    if (answer == "sat" || answer == "unsat")
      CHECK((one.verdict == answer || one.verdict == "unknown"));
    ++covered;
    ++here_[answer + " (known: " + one.verdict + ")"];
    ++answers[answer];
  }
  void say(const std::string& benchmark) {
    std::ostringstream text;
    for (const auto& [what, count] : here_) text << "  " << what << ": " << count;
    MESSAGE(benchmark << text.str());
    here_.clear();
  }

  std::map<std::string, int> answers;
  int covered = 0;

 private:
  std::map<std::string, int> here_;
};

}  // namespace

TEST_CASE("verify never contradicts a known verdict") {
  const std::filesystem::path folder = SHARDBOUND_SHARED_DIR "/benchmarks";
  if (const auto why = what_is_missing(); !why.empty()) return skip(why);
  Tally tally;
  sb::VerifyOptions options;
  options.timeout = 1;  // each: most need less, and `shardbound run` has more
  for (const char* name : {"acasxu", "mnist_fc", "rl_benchmarks", "reach_prob_density",
                           "tllverifybench", "safenlp", "eran", "dist_shift", "nn4sys"}) {
    for (const Instance& one : expected(folder / name)) tally.ask(one, options);
    tally.say(name);
  }
  MESSAGE(tally.covered << " instances: " << tally.answers["unsat"] << " unsat, "
                        << tally.answers["sat"] << " sat, " << tally.answers["unknown"]
                        << " unknown");
  CHECK(tally.covered >= 300);
  CHECK(tally.answers["unsat"] + tally.answers["sat"] >= 150);  // what needs no search
}

// Of the benchmarks whose networks take longer, a few instances, for a few seconds each; all of them: `shardbound run`.
TEST_CASE("nor that of a network of feature maps") {
  const std::filesystem::path folder = SHARDBOUND_SHARED_DIR "/benchmarks";
  if (const auto why = what_is_missing(); !why.empty()) return skip(why);
  Tally tally;
  sb::VerifyOptions options;
  options.timeout = 4;
  for (const char* name : {"oval21", "cifar10_resnet", "sri_resnet_a", "collins_rul_cnn",
                           "cgan_2023", "vit_2023", "lsnc", "cifar_biasfield"}) {
    const auto all = expected(folder / name);
    for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 2); ++i)
      tally.ask(all[i], options);
    tally.say(name);
  }
  CHECK(tally.covered == 16);
}
