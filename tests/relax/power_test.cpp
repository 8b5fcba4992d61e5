// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/power.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Power> && NamedState<relax::Power> && !Optimisable<relax::Power>);
static_assert(!IsOnnxOperator<relax::Power>);  // in files the exponent is an input

namespace {

auto exactly(double exponent) {
  return [n = static_cast<long double>(exponent)](long double z) { return std::pow(z, n); };
}

}  // namespace

TEST_CASE("powers against the worked numbers, and the even one where those are not sound") {
  CHECK(distance_to(relax::Power{3},
                    {{-1, 2, {0.76507500, -0.25757525}, {3.03007500, 2.03015025}},
                     {-2, 1, {3.03007500, -2.03015025}, {0.76507500, 0.25757525}},
                     {0.5, 2, {4.68750000, -3.90625000}, {5.25000000, -2.50000000}},
                     {-2, -0.5, {5.25000000, 2.50000000}, {4.68750000, 3.90625000}},
                     {-0.2, 2, {2.43000000, -1.45800000}, {3.64000000, 0.72000000}}}) <= printed);
  CHECK(distance_to(relax::Power{4}, {{-1, 2, {0.00000000, 0.00000000}, {5.00000000, 6.00000000}},
                                      {1, 2, {13.50000000, -15.18750000}, {15, -14}},
                                      {-2, -1, {-13.50000000, -15.18750000}, {-15, -14}}}) <=
        printed);
  CHECK(distance_to(relax::Power{0.5},
                    {{0.25, 4, {0.40000000, 0.40000000}, {0.34299717, 0.72886899}}}) <= printed);
  CHECK(distance_to(relax::Power{-1},
                    {{0.5, 2, {-0.64000000, 1.60000000}, {-1.00000000, 2.50000000}}}) <= printed);
}

TEST_CASE_TEMPLATE("a power's lines and range enclose it", T, float, double) {
  unsigned seed = 0;
  for (const double exponent : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 31.0, 64.0, 1001.0}) {
    CAPTURE(exponent);
    const Places where{.places = {0, 1, -1, 1e-3, -0.25, 3}};
    CHECK(worst_curve_violation<T>(relax::Power{exponent}, exactly(exponent), where, ++seed,
                                   300'000) <= 1);
  }
}

TEST_CASE_TEMPLATE("a power that is not whole, of inputs from zero", T, float, double) {
  unsigned seed = 0;
  for (const double exponent : {0.5, 0.1, 0.999, 1.5, 2.7, 1.0 / 3, 1.0000000001, 17.3}) {
    CAPTURE(exponent);
    const Places where{.least = 0, .places = {0, 1, 1e-3, 3}};
    CHECK(worst_curve_violation<T>(relax::Power{exponent}, exactly(exponent), where, ++seed,
                                   300'000) <= 1);
  }
  for (const double exponent : {-0.5, -1.0, -2.0, -3.3}) {
    CAPTURE(exponent);
    const Places where{.least = std::numeric_limits<T>::denorm_min(), .places = {1, 1e-3, 3}};
    CHECK(worst_curve_violation<T>(relax::Power{exponent}, exactly(exponent), where, ++seed,
                                   300'000) <= 1);
  }
}

TEST_CASE_TEMPLATE("of powers that are not defined nothing is said", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(is_vacuous(relax::Power{1.5}, T(-1e-30), T(1)));
  CHECK(is_vacuous(relax::Power{0.5}, T(-2), T(-1)));
  CHECK(is_vacuous(relax::Power{-1}, T(0), T(1)));
  CHECK(is_vacuous(relax::Power{-2}, T(-1), T(1)));
  CHECK(is_vacuous(relax::Power{3}, nan, T(1)));
  CHECK(is_vacuous(relax::Power{3}, T(1), nan));
  CHECK(is_vacuous_within(relax::Power{1.5}, T(0), T(1), T(0.5)));
  CHECK_FALSE(is_vacuous_within(relax::Power{3}, T(-2), T(1), T(0.5)));
  CHECK(relax::Power{3}.range(-infinity, infinity).lower == -infinity);
  CHECK(relax::Power{4}.range(-infinity, infinity).lower == 0);
  CHECK(relax::drift(relax::Power{3}, T(-2), T(1), T(1)) == doctest::Approx(27));
  CHECK_FALSE(relax::is_valid(relax::Power{0}));
}

TEST_CASE_TEMPLATE("across zero an odd power's lines touch it, and on small intervals as well", T,
                   float, double) {
  for (const double exponent : {3.0, 5.0, 9.0})
    for (const T size : {T(1), T(0.05), T(1e-3), T(1e2)}) {
      const relax::Power f{exponent};
      const auto lines = f.line(-size, size);
      const T end = f.value(size);
      CAPTURE(exponent);
      CAPTURE(size);
      CHECK(lines.lower.slope * -size + lines.lower.intercept >= -end * T(1.2));
      CHECK(lines.upper.slope * size + lines.upper.intercept <= end * T(1.2));
    }
}

TEST_CASE("a power's derivative against differences") {
  for (const double exponent : {3.0, 4.0, 0.5, 1.5, -1.0})
    CHECK(gradient_error(relax::Power{exponent}, 0.5, 4, 2) <= 1e-7);
  CHECK(gradient_error(relax::Power{3}, -4, 4, 3) <= 1e-7);
}
