// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/gelu.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Gelu> && !Optimisable<relax::Gelu>);

namespace {

long double exactly(long double z) { return z / 2 * std::erfc(-z * std::sqrt(0.5L)); }

const std::vector<Worked> worked = {
    {-3, -1.5, {-0.06410741, -0.19637191}, {-0.05918974, -0.16068199}},
    {-1, -0.2, {0.07431836, -0.11996086}, {0.09313399, -0.06552126}},
    {-1, 1, {0.50000000, 0.00000000}, {0.50000000, 0.34134475}},
    {0.2, 1, {0.92568164, -0.11996086}, {0.90686601, -0.06552126}},
    {0.5, 3, {1.07720284, -0.23593344}, {1.07223913, -0.18919326}},
    {2, 4, {1.02268679, -0.09087384}, {1.01194565, -0.03988664}},
    {-3, 0.5, {-0.07720284, -0.23593344}, {0.09993741, 0.29576253}},
    {-0.5, 3, {1.07720284, -0.23593344}, {0.90006259, 0.29576253}},
    {-3, 3, {1.07720284, -0.23593344}, {0.50000000, 1.49595031}}};

}  // namespace

TEST_CASE("GELU against the worked numbers, except above and left of zero, where it is tighter") {
  constexpr relax::Gelu f;
  CHECK(distance_to(f, worked) <= printed);
  const auto lines = f.line(-3.0, -0.5);
  CHECK(std::abs(lines.lower.slope + 0.07720284) <= printed);
  CHECK(std::abs(lines.lower.intercept + 0.23593344) <= printed);
  CHECK(lines.upper.slope * -1.75 + lines.upper.intercept < -0.06);  // 0 in the table
  CHECK(lines.upper.slope * -0.5 + lines.upper.intercept == doctest::Approx(f.value(-0.5)));
}

TEST_CASE_TEMPLATE("GELU's lines and range enclose it", T, float, double) {
  const Places where{
      .places = {0, 1.4142135623730951, -1.4142135623730951, -0.75179152, -10, 6, -13, -37}};
  CHECK(worst_curve_violation<T>(relax::Gelu{}, exactly, where, 1, 1'500'000) <= 1);
}

TEST_CASE_TEMPLATE("GELU's range is what it takes on, and its values have their digits", T, float,
                   double) {
  constexpr relax::Gelu f;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  CHECK(f.range(T(0.5), T(1)).lower == f.value(T(0.5)));
  CHECK(f.range(T(-3), T(-2)).upper == f.value(T(-3)));
  CHECK(f.range(T(-3), T(-2)).lower == f.value(T(-2)));
  CHECK(f.range(T(-1), T(0)).lower == doctest::Approx(-0.16997121).epsilon(1e-7));
  CHECK(f.range(-infinity, infinity).lower == f.range(T(-1), T(0)).lower);
  CHECK(f.range(-infinity, T(-1)).upper == 0);
  for (const T z : {T(-0.1), T(-2), T(-5.3), T(-8.7), T(-12.1), T(3)}) {
    CAPTURE(z);
    const long double y = exactly(z);
    CHECK(std::abs(f.value(z) - y) <= 4 * std::numeric_limits<T>::epsilon() * std::abs(y));
  }
  CHECK(std::isnan(f.value(std::numeric_limits<T>::quiet_NaN())));
  CHECK(f.lipschitz() >= static_cast<double>(f.derivative(std::sqrt(T(2)))));
}

TEST_CASE("GELU's derivative against differences") {
  CHECK(gradient_error(relax::Gelu{}, -8, 8, 2) <= 1e-8);
}
