// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/abs.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Abs> && !relax::Abs::frees_upper);
static_assert(relax::free_line_holds_everywhere<relax::Abs> &&
              relax::lower_through_origin<relax::Abs>);

namespace {

long double exactly(long double z) { return std::abs(z); }

}  // namespace

TEST_CASE("the magnitude against the worked numbers") {
  CHECK(distance_to(relax::Abs{}, {{-1, 2, {1.00000000, 0}, {0.33333333, 1.33333333}},
                                   {-2, 1, {-1.00000000, 0}, {-0.33333333, 1.33333333}},
                                   {1, 2, {1.00000000, 0}, {1.00000000, 0}},
                                   {-2, -1, {-1.00000000, 0}, {-1.00000000, 0}},
                                   {-2, 2, {0, 0}, {0, 2}}}) <= printed);
}

TEST_CASE_TEMPLATE("the magnitude's lines and range enclose it", T, float, double) {
  CHECK(worst_curve_violation<T>(relax::Abs{}, exactly, Places{}, 1) <= 1);
}

TEST_CASE_TEMPLATE("a tie of magnitudes is not decided by rounding", T, float, double) {
  constexpr T hair = 1 + 4 * std::numeric_limits<T>::epsilon();
  CHECK(relax::Abs{}.line(T(-2), 2 * hair).lower.slope == 0);
  CHECK(relax::Abs{}.line(-2 * hair, T(2)).lower.slope == 0);
  CHECK(relax::Abs{}.line(T(-2), T(2.001)).lower.slope == 1);
}

TEST_CASE_TEMPLATE("below a magnitude any slope of -1 to 1 will do", T, float, double) {
  constexpr relax::Abs f;
  CHECK(is_free_in<T>(f.freedom(T(-1), T(3)).lower, -1, 1, 1));
  CHECK(is_free_in<T>(f.freedom(T(-3), T(1)).lower, -1, 1, -1));
  CHECK(is_free_in<T>(f.freedom(T(-2), T(2)).lower, -1, 1, 0));
  CHECK(nothing_free(f.freedom(T(0), T(2))));
  CHECK(nothing_free(f.freedom(T(-2), T(0))));
  CHECK(f.stable(T(0), T(1)));
  CHECK(f.stable(T(-1), T(0)));
  CHECK_FALSE(f.stable(T(-1), T(1)));
}

TEST_CASE("the magnitude's gradients against differences") {
  CHECK(gradient_error(relax::Abs{}, 0.1, 4, 2) <= 1e-8);
  CHECK(gradient_error(relax::Abs{}, -4, -0.1, 3) <= 1e-8);
}

static_assert(relax::BendsAtZero<relax::Abs>);

TEST_CASE_TEMPLATE("on one side of zero a magnitude is a line", T, float, double) {
  constexpr relax::Abs f;
  for (const T z : {T(0), T(0.1), T(3), std::numeric_limits<T>::max()})
    for (const T sign : {T(1), T(-1)}) {
      const auto line = f.side(sign);
      CHECK(line.slope * (sign * z) + line.intercept == f.value(sign * z));
    }
}
