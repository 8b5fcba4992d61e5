// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/results.hpp>

using namespace shardbound;

TEST_CASE("numbers read back as the same double") {
  for (double x : {0.1, 1.0 / 3, -2.5e-300, 3.0, 1e22, -0.0}) CHECK(std::stod(decimal(x)) == x);
}

TEST_CASE("verdicts are written as VNN-COMP reads them") {
  Verdict verdict;
  verdict.answer = Verdict::Answer::unsat;
  CHECK(cli::results_text(verdict) == "unsat\n");
  verdict.answer = Verdict::Answer::sat;
  verdict.counterexample = Counterexample{{0, 0}, {0.5, -1}, {2}};
  CHECK(cli::results_text(verdict) == "sat\n((X_0 0.5)\n (X_1 -1)\n (Y_0 2))\n");
}
