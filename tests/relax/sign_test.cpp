// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/sign.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Sign> && !Optimisable<relax::Sign>);
// usable where constants are
static_assert(relax::Sign{}.line(0.0, 2.0).lower.slope == 0.5);

namespace {

long double exactly(long double z) { return z > 0 ? 1 : z < 0 ? -1 : 0; }

}  // namespace

TEST_CASE("lines of the sign") {
  CHECK(distance_to(relax::Sign{}, {{1, 2, {0, 1}, {0, 1}},
                                    {-2, -1, {0, -1}, {0, -1}},
                                    {-2, 1, {0, -1}, {0, 1}},
                                    {0, 0, {0, 0}, {0, 0}},
                                    {0, 2, {0.5, 0}, {0, 1}},
                                    {-4, 0, {0, -1}, {0.25, 0}},
                                    {0, 1e-12, {1e8, 0}, {0, 1}}}) <= 1e-7);
}

TEST_CASE_TEMPLATE("the sign's lines and range enclose it", T, float, double) {
  CHECK(worst_curve_violation<T>(relax::Sign{}, exactly, Places{.places = {0, 1, -1e-9}}, 1) <= 1);
}

TEST_CASE_TEMPLATE(
    "what rounding may do to a sign: nothing far from zero, never more than the jump", T, float,
    double) {
  constexpr relax::Sign f;
  const auto moved = [](T l, T u, T e) {
    return expr::range_slack(relax::Sign{}, relax::Sign{}.range(l, u), l, u, e);
  };
  CHECK(moved(1, 2, T(0.5)) <= std::numeric_limits<T>::min());
  CHECK(moved(-2, -1, T(0.5)) <= std::numeric_limits<T>::min());
  CHECK(moved(1, 2, 2) == doctest::Approx(2));
  CHECK(moved(-1, 2, 2) <= T(1e-5));
  CHECK(f.line_slack(T(1), T(2), T(0.5)).lower == 0);
  CHECK(f.line_slack(T(1), T(2), T(2)).lower == 2);
  CHECK(f.line_slack(T(-1), T(2), T(2)).lower == 0);
  CHECK(std::isnan(f.value(std::numeric_limits<T>::quiet_NaN())));
}
