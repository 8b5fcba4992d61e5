// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/reciprocal.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Reciprocal> && relax::Reciprocal::frees_upper);
static_assert(!relax::free_line_holds_everywhere<relax::Reciprocal>);

namespace {

long double exactly(long double z) { return z == 0 ? std::nanl("") : 1 / z; }

}  // namespace

TEST_CASE("the reciprocal against the worked numbers, and its mirror image") {
  constexpr relax::Reciprocal f;
  CHECK(distance_to(f, {{0.5, 2, {-0.64000000, 1.60000000}, {-1.00000000, 2.50000000}},
                        {1, 4, {-0.16000000, 0.80000000}, {-0.25000000, 1.25000000}}}) <= printed);
  CHECK(distance_to(f, {{-2, -0.5, {-1.00000000, -2.50000000}, {-0.64000000, -1.60000000}},
                        {-4, -1, {-0.25000000, -1.25000000}, {-0.16000000, -0.80000000}}}) <=
        printed);
}

TEST_CASE_TEMPLATE("the reciprocal's lines and range enclose it", T, float, double) {
  constexpr double least = std::numeric_limits<T>::denorm_min();
  const Places above{.least = least, .places = {1, 1e-3, 40}};
  const Places below{.most = -least, .places = {-1, -1e-3, -40}};
  CHECK(worst_curve_violation<T>(relax::Reciprocal{}, exactly, above, 1) <= 1);
  CHECK(worst_curve_violation<T>(relax::Reciprocal{}, exactly, below, 2) <= 1);
}

TEST_CASE_TEMPLATE("of a reciprocal of what may be zero nothing is said", T, float, double) {
  constexpr relax::Reciprocal f;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  for (const auto& [l, u] : {Interval<T>{-1, 1}, {0, 1}, {-1, 0}, {0, 0}, {-infinity, infinity}})
    CHECK(is_vacuous(f, l, u));
  CHECK(is_vacuous(f, nan, T(1)));
  CHECK(is_vacuous(f, T(-1), nan));
  CHECK(is_vacuous_within(f, T(1), T(2), T(1)));
  CHECK(is_vacuous_within(f, T(-2), T(-1), T(1)));
  CHECK_FALSE(is_vacuous_within(f, T(1), T(2), T(0.5)));
  CHECK(relax::drift(f, T(-2), T(-1), T(0.5)) == doctest::Approx(2));
  const auto to_infinity = f.range(T(2), infinity);
  CHECK(to_infinity.lower == 0);
  CHECK(to_infinity.upper == T(0.5));
}

TEST_CASE_TEMPLATE("where a slope of the reciprocal overflows, lines are constants", T, float,
                   double) {
  constexpr T least = std::numeric_limits<T>::min();
  const auto lines = relax::lines(relax::Reciprocal{}, least, 2 * least);
  CHECK(lines.lower.slope == 0);
  CHECK(lines.lower.intercept == 1 / (2 * least));
  CHECK(lines.upper.slope == 0);
  CHECK(lines.upper.intercept == 1 / least);
  CHECK(nothing_free(relax::freedoms(relax::Reciprocal{}, least, 2 * least)));
}

TEST_CASE_TEMPLATE("any tangent that is not too steep may be chosen", T, float, double) {
  constexpr relax::Reciprocal f;
  CHECK(is_free_in<T>(f.freedom(T(1), T(3)).lower, 1, 3, 2));
  CHECK_FALSE(f.freedom(T(1), T(3)).upper.is_free());
  CHECK(is_free_in<T>(f.freedom(T(-3), T(-1)).upper, -3, -1, -2));
  CHECK_FALSE(f.freedom(T(-3), T(-1)).lower.is_free());
  CHECK(is_free_in<T>(f.freedom(T(1e-30), T(2048)).lower, 1, 2048, 1024));
  CHECK(is_free_in<T>(f.freedom(T(-2048), T(-1e-30)).upper, -2048, -1, -1024));
}

TEST_CASE("the reciprocal's gradients against differences") {
  CHECK(gradient_error(relax::Reciprocal{}, 0.5, 8, 2) <= 1e-7);
  CHECK(gradient_error(relax::Reciprocal{}, -8, -0.5, 3) <= 1e-7);
}
