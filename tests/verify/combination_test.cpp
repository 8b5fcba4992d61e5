// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/combination.hpp>
#include <shardbound/verify/verdict.hpp>
#include <tests/support/small_network.hpp>

#include <random>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("multipliers are those with which the sum of the rows is largest at its least") {
  // Over [0, 1]: x <= 0.25 and -x <= -0.75. Each can be met; half of each is 0 . x - (-0.25) > 0.
  const Box box{{0}, {1}};
  const double coefficients[] = {1, -1}, constant[] = {0, 0}, rhs[] = {0.25, -0.75};
  const auto found = multipliers_for(box, coefficients, constant, rhs);
  CHECK(found[0] == doctest::Approx(0.5).epsilon(0.05));
  CHECK(found[0] + found[1] == doctest::Approx(1));
}

TEST_CASE("a sum is exact or is not used, and its threshold is not too low") {
  const Conjunction set{{1, 0, -1, 2}, {0.25, 0.1}, {false, true}};
  const double half[] = {0.5, 0.5}, first[] = {1, 0}, third[] = {1, 1.0 / 3};
  const auto sum = combined(set, 2, half);
  REQUIRE(sum);
  CHECK(sum->rows == std::vector<double>{0, 2});
  CHECK(sum->rhs[0] >= 0.35);
  CHECK(sum->is_strict(0));
  CHECK(combined(set, 2, first)->rows == std::vector<double>{1, 0});
  CHECK_FALSE(combined(set, 2, first)->is_strict(0));
  CHECK(combined(set, 2, third)->rows[1] ==
        std::round(4096.0 / 3) / 2048);  // a multiple of 1/4096 after all
  const Conjunction thirds{{1.0 / 3, 1, 1, 1}, {0, 0}};
  CHECK_FALSE(combined(thirds, 2, third));
  CHECK_FALSE(combined(set, 2, std::vector<double>{0, 0}));
}

TEST_CASE("whoever satisfies all rows satisfies their sum") {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> number(-1, 1);
  int met = 0;
  for (int i = 0; i < 20'000; ++i) {
    Conjunction set;
    for (int k = 0; k < 6; ++k) set.rows.push_back(std::round(4 * number(random)));
    for (int k = 0; k < 3; ++k) set.rhs.push_back(number(random) + 0.5);
    const double weights[] = {std::abs(number(random)), std::abs(number(random)),
                              std::abs(number(random))};
    const auto sum = combined(set, 2, weights);
    REQUIRE(sum);
    const double y[] = {number(random), number(random)};
    if (furthest_row(set, y).excess > 0) continue;
    ++met;
    REQUIRE(furthest_row(*sum, y).excess <= 1e-15);
  }
  CHECK(met > 1000);
}

TEST_CASE("rows that exclude each other are refuted together") {
  // y = (|x_0| + |x_1|, x_0 - x_1) over [0, 2] x [0, 1]: y_0 + y_1 = 2 x_0, so y_0 <= 0.5 and y_1 >= 1 together
  // need y_1 - y_0 = -2 x_1 >= 0.5; either can be met.
  Property property{2, 2, {{{{0, 0}, {2, 1}}, {{{1, 0, 0, -1}, {0.5, -1}}}}}};
  const auto engine = small_engine();
  const Verdict verdict = Verifier(*engine, *engine, property, {}).run();
  CHECK(verdict.answer == Verdict::Answer::unsat);
  const auto narrow = small_engine<float>();
  CHECK(Verifier(*narrow, *engine, property, {}).run().answer == Verdict::Answer::unsat);
  property.regions[0].unsafe[0].rhs = {2, -1};  // x = (2, 0)
  CHECK(Verifier(*engine, *engine, property, {}).run().answer == Verdict::Answer::sat);
}
