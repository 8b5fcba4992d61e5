// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/floor.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Floor> && !Optimisable<relax::Floor>);

namespace {

long double exactly(long double z) { return std::floor(z); }

}  // namespace

TEST_CASE_TEMPLATE("lines of the floor are constants, and they and its range enclose it", T, float,
                   double) {
  const auto lines = relax::Floor{}.line(T(-0.5), T(2.5));
  CHECK(lines.lower.slope == 0);
  CHECK(lines.lower.intercept == -1);
  CHECK(lines.upper.slope == 0);
  CHECK(lines.upper.intercept == 2);
  CHECK(worst_curve_violation<T>(relax::Floor{}, exactly, Places{.places = {0, 1, -3, 7}}, 1) <= 1);
}

TEST_CASE_TEMPLATE("what rounding may do to a floor: as many steps as it reaches", T, float,
                   double) {
  constexpr relax::Floor f;
  const auto moved = [](T l, T u, T e) {
    return expr::range_slack(relax::Floor{}, relax::Floor{}.range(l, u), l, u, e);
  };
  CHECK(moved(T(1.25), T(1.5), T(0.125)) <= std::numeric_limits<T>::min());
  CHECK(moved(1, T(1.5), T(1e-30)) == doctest::Approx(1));  // too small to be seen in 1 - e
  CHECK(moved(T(1.25), T(1.5), 2) == doctest::Approx(2));
  CHECK(f.line_slack(T(1), T(1.5), T(1e-30)).lower == 1);
  CHECK(f.line_slack(T(1), T(1.5), T(0)).lower == 0);
  CHECK(f.line_slack(T(1.25), T(1.5), T(1)).upper == 1);
  CHECK(f.stable(T(1), T(1.5)));
  CHECK_FALSE(f.stable(T(0.5), T(1)));
}
