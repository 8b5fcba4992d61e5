// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/log.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Log> && relax::Log::frees_upper);
static_assert(!relax::free_line_holds_everywhere<relax::Log>);

namespace {

long double exactly(long double z) { return std::log(z); }

}  // namespace

TEST_CASE("the logarithm against the worked numbers") {
  constexpr relax::Log f;
  CHECK(distance_to(f, {{0.5, 2, {0.92419624, -1.15524530}, {0.80000000, -0.77685645}}}) <=
        printed);
  CHECK(distance_to(f, {{1, 1, {1, -1}, {1, -1}}}) <= printed);  // at a point, the tangent
}

TEST_CASE_TEMPLATE("the logarithm's lines and range enclose it", T, float, double) {
  const Places where{.least = std::numeric_limits<T>::denorm_min(), .places = {1, 1e-3, 40}};
  CHECK(worst_curve_violation<T>(relax::Log{}, exactly, where, 1) <= 1);
}

TEST_CASE_TEMPLATE("of a logarithm of what may not be above zero nothing is said", T, float,
                   double) {
  constexpr relax::Log f;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(is_vacuous(f, T(0), T(1)));
  CHECK(is_vacuous(f, T(-1), T(1)));
  CHECK(is_vacuous(f, T(-2), T(-1)));
  CHECK(is_vacuous(f, T(0), T(0)));
  CHECK(is_vacuous(f, -infinity, infinity));
  CHECK(is_vacuous(f, nan, T(1)));
  CHECK(is_vacuous(f, T(1), nan));
  CHECK(is_vacuous_within(f, T(1), T(2), T(1)));
  CHECK(is_vacuous_within(f, T(1), T(2), T(3)));
  CHECK_FALSE(is_vacuous_within(f, T(1), T(2), T(0.5)));
  CHECK(relax::drift(f, T(1), T(2), T(0.5)) == doctest::Approx(1));
  CHECK(f.range(T(1), infinity).lower == 0);
}

TEST_CASE_TEMPLATE("any tangent that is not too steep may be above a logarithm", T, float, double) {
  constexpr relax::Log f;
  CHECK(is_free_in<T>(f.freedom(T(1), T(3)).upper, 1, 3, 2));
  CHECK(is_free_in<T>(f.freedom(T(1e-30), T(2048)).upper, 1, 2048, 1024));
  CHECK_FALSE(f.freedom(T(1), T(3)).lower.is_free());
  CHECK(nothing_free(relax::freedoms(f, T(1), T(1))));
}

TEST_CASE("the logarithm's gradients against differences") {
  CHECK(gradient_error(relax::Log{}, 0.5, 8, 2) <= 1e-8);
}
