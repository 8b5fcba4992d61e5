// SPDX-License-Identifier: BSD-3-Clause

// `verify` against the verdicts of VNN-COMP, on every instance whose operators are supported: it may say
// unknown, never the opposite. The closing message counts what bounds and points alone decide.

#include <doctest/doctest.h>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verdict.hpp>
#include <tests/oracle/units.hpp>
#include <tests/support/skip.hpp>

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

TEST_CASE("verify never contradicts a known verdict") {
  const std::filesystem::path folder = SHARDBOUND_SHARED_DIR "/benchmarks";
  if (const auto why = what_is_missing(); !why.empty()) return skip(why);
  std::map<std::string, int> tally;
  int covered = 0;
  for (const char* name : {"acasxu", "mnist_fc", "rl_benchmarks", "reach_prob_density",
                           "tllverifybench", "safenlp", "nn4sys", "eran", "dist_shift"}) {
    std::map<std::string, int> here;
    for (const Instance& one : expected(folder / name)) {
      const auto engine = open_engine(one.onnx, Scalar::float64);
      if (!engine) continue;
      const auto property = sb::vnnlib::read(one.vnnlib);
      const auto verdict = sb::Verifier(*engine, *engine, property, {}).run();
      const std::string answer(sb::to_string(verdict.answer));
      INFO(one.onnx << ' ' << one.vnnlib << ": " << answer << " where " << one.verdict
                    << " is known");
      if (answer == "sat" || answer == "unsat")
        CHECK((one.verdict == answer || one.verdict == "unknown"));
      ++covered;
      ++here[answer + " (known: " + one.verdict + ")"];
      ++tally[answer];
    }
    std::ostringstream text;
    for (const auto& [what, count] : here) text << "  " << what << ": " << count;
    MESSAGE(std::string(name) << text.str());
  }
  MESSAGE(covered << " instances: " << tally["unsat"] << " unsat, " << tally["sat"] << " sat, "
                  << tally["unknown"] << " unknown");
  CHECK(covered >= 300);
  CHECK(tally["unsat"] + tally["sat"] >= 150);
}
