// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/chord.hpp>
#include <shardbound/relax/exp.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;
using namespace shardbound::relax;

TEST_CASE_TEMPLATE("a chord is as steep as its curve, also where rounding has eaten its slope", T,
                   float, double) {
  const Interval<T> slopes{1, 3};
  const auto cut = chord(T(0), T(2), T(1), T(5), slopes);
  CHECK(cut.slope == 2);
  CHECK(cut.intercept == 1);
  CHECK(chord(T(0), T(2), T(1), T(9), slopes).slope == 3);
  CHECK(chord(T(0), T(2), T(1), T(1), slopes).slope == 1);
  CHECK(chord(T(2), T(2), T(5), T(5), slopes).slope == 1);
  // Two neighbours of which the curve tells no difference, or one too large.
  constexpr relax::Exp f;
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const T l = static_cast<T>(shardbound_test::uniform(random, -1e-3, 1e-3));
    const T u = std::nextafter(l, T(1)), slope = f.line(l, u).upper.slope;
    REQUIRE(slope >= f.derivative(l));
    REQUIRE(slope <= f.derivative(u));
  }
}

TEST_CASE_TEMPLATE("a line that has overflowed or lost its digits is a constant", T, float,
                   double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const auto is_constant = [](const Line<T>& line) {
    return line.slope == 0 && line.intercept == 7;
  };
  CHECK(is_constant(line_or<T>({infinity, 1}, T(7))));
  CHECK(is_constant(line_or<T>({1, -infinity}, T(7))));
  CHECK(is_constant(line_or<T>({infinity - infinity, 1}, T(7))));
  CHECK(is_constant(line_or<T>({std::numeric_limits<T>::denorm_min(), 1}, T(7))));
  CHECK(is_constant(line_or<T>({-std::numeric_limits<T>::denorm_min(), 1}, T(7))));
  CHECK(is_constant(line_or<T>({0, 1}, T(7))));
  CHECK(line_or<T>({-2, 1}, T(7)).slope == -2);
}

TEST_CASE_TEMPLATE("ranges that overflow still hold what overflowed", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity(), most = std::numeric_limits<T>::max();
  CHECK(overflowed(infinity, infinity).lower == most);
  CHECK(overflowed(infinity, infinity).upper == infinity);
  CHECK(overflowed(-infinity, -infinity).upper == -most);
  CHECK(overflowed(T(1), T(2)).lower == 1);
  CHECK(vacuous_range<T>().lower == -infinity);
  CHECK(vacuous_lines<T>().upper.intercept == infinity);
}

TEST_CASE_TEMPLATE("the grid: the next hundredth, and near zero none", T, float, double) {
  CHECK(to_grid(T(1)) == doctest::Approx(1.01).epsilon(1e-6));
  CHECK(to_grid(T(0.505)) == doctest::Approx(0.51).epsilon(1e-6));
  CHECK(to_grid(T(0.05)) == T(0.05));
  CHECK(to_grid(T(0)) == 0);
  for (const T x : {T(0.1), T(3.14), T(1e5), T(1e30), std::numeric_limits<T>::max()})
    CHECK(to_grid(x) >= x);
}

TEST_CASE_TEMPLATE("slopes near the middle of an interval", T, float, double) {
  const auto slopes = slopes_near(relax::Exp{}, T(-1), T(1), T(2));
  CHECK(slopes.lower == doctest::Approx(-1));
  CHECK(slopes.upper == doctest::Approx(3));
}
