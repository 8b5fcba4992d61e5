// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/exp.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Exp> && !relax::Exp::frees_upper);
static_assert(relax::LipschitzWithin<relax::Exp> && !relax::LipschitzEverywhere<relax::Exp>);

namespace {

long double exactly(long double z) { return std::exp(z); }

}  // namespace

TEST_CASE("the exponential against the worked numbers") {
  constexpr relax::Exp f;
  CHECK(distance_to(f, {{-1, 1, {0.99004983, 0.99995033}, {1.17520119, 1.54308063}},
                        {0, 3, {2.69123447, 0.02691234}, {6.36184564, 1.00000000}}}) <= printed);
  const auto point = f.line(0.5, 0.5);  // at a point, both are the tangent
  CHECK(std::abs(point.lower.slope - 1.64872127) <= printed);
  CHECK(std::abs(point.lower.intercept - 0.82436064) <= printed);
  CHECK(point.upper.slope == point.lower.slope);
  CHECK(point.upper.intercept == point.lower.intercept);
}

TEST_CASE_TEMPLATE("the exponential's lines and range enclose it", T, float, double) {
  const Places where{.places = {0, 1, -5, 80, 700, -700}};
  CHECK(worst_curve_violation<T>(relax::Exp{}, exactly, where, 1) <= 1);
}

TEST_CASE_TEMPLATE("the lower line is above zero where [l, u] begins", T, float, double) {
  for (const T l : {-20, -3, 0, 4})
    for (const T width : {T(0.1), T(1), T(3), T(30)}) {
      const auto line = relax::Exp{}.line(l, l + width).lower;
      CHECK(line.slope * l + line.intercept > 0);
      const auto free = relax::Exp{}.freedom(l, l + width).lower;
      CHECK(free.least == l);
      CHECK(free.most == std::min(l + width, l + T(0.99)));
    }
}

TEST_CASE_TEMPLATE("where the exponential overflows, there is no upper line and nothing is free", T,
                   float, double) {
  constexpr relax::Exp f;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const auto lines = f.line(T(0), T(1000));
  CHECK(lines.upper.slope == 0);
  CHECK(lines.upper.intercept == infinity);
  CHECK(lines.lower.slope > 1);
  CHECK(f.range(T(1000), T(2000)).lower == std::numeric_limits<T>::max());
  CHECK(nothing_free(relax::freedoms(f, T(1000), T(2000))));
  CHECK(f.range(-infinity, T(0)).lower == 0);
  CHECK(relax::lines(f, -infinity, T(0)).upper.intercept == 1);
  CHECK(relax::drift(f, T(0), T(1), T(1)) == doctest::Approx(std::exp(2.0)).epsilon(1e-6));
  CHECK(relax::drift(f, T(0), T(1000), T(0)) == 0);
}

TEST_CASE("the exponential's gradients against differences") {
  CHECK(gradient_error(relax::Exp{}, -4, 4, 2) <= 1e-8);
}
