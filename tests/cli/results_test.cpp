// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/results.hpp>

using namespace shardbound;

TEST_CASE("numbers read back as the same double") {
  for (double x : {0.1, 1.0 / 3, -2.5e-300, 3.0, 1e22, -0.0}) CHECK(std::stod(decimal(x)) == x);
}

TEST_CASE("verdicts of version 1 are written as VNN-COMP reads them") {
  vnnlib::Query query;
  query.property = {2, 1, {}};
  Verdict verdict;
  verdict.answer = Verdict::Answer::unsat;
  CHECK(cli::results_text(query, verdict) == "unsat\n");
  verdict.answer = Verdict::Answer::timeout;
  CHECK(cli::results_text(query, verdict) == "timeout\n");
  verdict.answer = Verdict::Answer::sat;
  verdict.counterexample = Counterexample{{0, 0}, {0.5, -1}, {2}};
  CHECK(cli::results_text(query, verdict) == "sat\n((X_0 0.5)\n (X_1 -1)\n (Y_0 2))\n");
  // Inputs that are observed are no outputs.
  query.property = {2, 3, {}, Observed::outputs_and_inputs};
  verdict.counterexample->y = {2, 0.5, -1};
  CHECK(cli::results_text(query, verdict) == "sat\n((X_0 0.5)\n (X_1 -1)\n (Y_0 2))\n");
}

TEST_CASE("verdicts of version 2 are written with every variable") {
  vnnlib::Query query;
  query.version = vnnlib::Query::Version::two;
  query.networks = {{.name = "N",
                     .inputs = {{"A", "real", {1, 2}}, {"B", "real", {}}},
                     .hidden = {{"H", "real", {1}, "h"}},
                     .outputs = {{"Y", "real", {2}}}},
                    {.name = "M", .inputs = {{"C", "real", {1}}}, .outputs = {{"Z", "real", {1}}}}};
  query.property = {4, 4, {}};
  Verdict verdict;
  verdict.answer = Verdict::Answer::timeout;
  CHECK(cli::results_text(query, verdict) == "timed-out\n");
  verdict.answer = Verdict::Answer::sat;
  verdict.counterexample = Counterexample{{0, 0}, {0.1, -1, 3, 4}, {10, 11, 12, 13}};
  CHECK(cli::results_text(query, verdict) ==
        "sat\nA real [1,2]\n0.1\n-1\nB real []\n3\nH real [1]\n10\nY real [2]\n11\n12\nC real "
        "[1]\n4\nZ real [1]\n13\n");
}
