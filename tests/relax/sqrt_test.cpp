// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/sqrt.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Sqrt> && relax::Sqrt::frees_upper);
static_assert(!relax::free_line_holds_everywhere<relax::Sqrt>);

namespace {

long double exactly(long double z) { return std::sqrt(z); }

}  // namespace

TEST_CASE("the square root against the worked numbers") {
  CHECK(distance_to(relax::Sqrt{},
                    {{0.25, 4, {0.40000000, 0.40000000}, {0.34299717, 0.72886899}}}) <= printed);
}

TEST_CASE_TEMPLATE("the square root's lines and range enclose it", T, float, double) {
  const Places where{.least = 0, .places = {0, 1, 1e-3, 40}};
  CHECK(worst_curve_violation<T>(relax::Sqrt{}, exactly, where, 1) <= 1);
}

TEST_CASE_TEMPLATE("of a square root of what may be below zero nothing is said", T, float, double) {
  constexpr relax::Sqrt f;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(is_vacuous(f, -std::numeric_limits<T>::denorm_min(), T(1)));
  CHECK(is_vacuous(f, T(-2), T(-1)));
  CHECK(is_vacuous(f, -infinity, infinity));
  CHECK(is_vacuous(f, nan, T(1)));
  CHECK(is_vacuous_within(f, T(0), T(2), T(1e-30)));
  CHECK(is_vacuous_within(f, T(1), T(2), T(3)));
  CHECK_FALSE(is_vacuous_within(f, T(1), T(2), T(0.5)));
}

TEST_CASE_TEMPLATE("a square root from zero on has its lines, and costs nothing if it is exact", T,
                   float, double) {
  constexpr relax::Sqrt f;
  const auto lines = f.line(T(0), T(4));
  CHECK(lines.lower.slope == T(0.5));
  CHECK(lines.lower.intercept == 0);
  CHECK(lines.upper.slope == doctest::Approx(0.5 / std::sqrt(2.0)));
  CHECK(relax::drift(f, T(0), T(4), T(0)) == 0);
  const auto point = f.line(T(0), T(0));
  for (const auto& line : {point.lower, point.upper}) {
    CHECK(line.slope == 0);
    CHECK(line.intercept == 0);
  }
}

TEST_CASE_TEMPLATE("any tangent that is not too steep may be above a square root", T, float,
                   double) {
  constexpr relax::Sqrt f;
  CHECK(is_free_in<T>(f.freedom(T(1), T(3)).upper, 1, 3, 2));
  CHECK(is_free_in<T>(f.freedom(T(0), T(2048)).upper, 1, 2048, 1024));
  CHECK_FALSE(f.freedom(T(1), T(3)).lower.is_free());
  CHECK(nothing_free(relax::freedoms(f, T(0), T(0))));
}

TEST_CASE("the square root's gradients against differences") {
  CHECK(gradient_error(relax::Sqrt{}, 0.5, 8, 2) <= 1e-8);
}
