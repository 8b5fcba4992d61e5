// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/search_picture.hpp>
#include <tests/support/svg.hpp>

#include <limits>

using namespace shardbound;
using namespace shardbound_test;

namespace {

cli::SearchTrace trace_of(int rounds, double worst = -0.5) {
  cli::SearchTrace trace;
  SearchProgress progress;
  for (int i = 1; i <= rounds; ++i) {
    progress.domains += 64;
    progress.share = 1.0 * i / rounds;
    progress.worst = i == rounds ? 0 : worst;
    trace.add(0.25 * i, progress);
  }
  return trace;
}
Verdict verdict_of(Verdict::Answer answer) {
  Verdict verdict;
  verdict.answer = answer;
  verdict.clauses = 3;
  verdict.refuted = 1;
  verdict.search.domains = 640;
  return verdict;
}

}  // namespace

TEST_CASE("a search is four curves over seconds") {
  const std::string text =
      cli::svg_text(trace_of(10), "p<q.vnnlib on net.onnx", verdict_of(Verdict::Answer::unsat), 3);
  CHECK(well_formed(text));
  CHECK(count(text, "p&lt;q.vnnlib on net.onnx: unsat after 3 s") == 2);
  CHECK(count(text, "640 domains in 10 rounds; 1 clause of 3 refuted.") == 1);
  for (const char* words :
       {">domains bounded so far<", ">domains open<", ">refuted, % of the region<",
        ">how far the worst bound is from a proof (logarithmic)<",
        ">seconds since verifying began<", ">the verdict, after 3 s<",
        ">the search, round by round<"})
    CHECK(count(text, words) == 1);
  CHECK(count(text, "<path") == 5);             // the legend's, and one a panel
  CHECK(count(text, "stroke-dasharray") == 2);  // the legend's, and the verdict's
}

TEST_CASE("regions in turn are counted") {
  cli::SearchTrace trace = trace_of(2);
  SearchProgress other;
  other.region = 7;
  trace.add(9, other);
  CHECK(cli::search_sentence(trace, verdict_of(Verdict::Answer::timeout)) ==
        "640 domains in 3 rounds, 2 regions in turn; 1 clause of 3 refuted.");
}

TEST_CASE("what was decided without a search says so, in a sentence") {
  for (const auto& [answer, sentence] :
       {std::pair(Verdict::Answer::unsat, "Decided without a search: bounds refute every clause."),
        std::pair(Verdict::Answer::sat, "Decided without a search: a counterexample was found."),
        std::pair(Verdict::Answer::unknown,
                  "There was no search, and bounds and points leave it open."),
        std::pair(Verdict::Answer::timeout,
                  "The time was over before the first round of a search.")}) {
    const std::string text = cli::svg_text(cli::SearchTrace(), "p", verdict_of(answer), 0.5);
    CHECK(well_formed(text));
    CHECK(count(text, sentence) == 1);
    CHECK(count(text, "<path") == 0);
  }
}

TEST_CASE("one round, no time, and bounds that are infinite") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const int rounds : {1, 2, 2000})
    for (const double worst : {-infinity, 0.0, -1e300, -1e-300})
      for (const double seconds : {0.0, 1e-9, 1e6}) {
        const std::string text = cli::svg_text(trace_of(rounds, worst), "p",
                                               verdict_of(Verdict::Answer::timeout), seconds);
        CHECK(well_formed(text));
        CHECK(count(text, "nan") == 0);
        CHECK(count(text, "inf") == 0);
      }
}
