// SPDX-License-Identifier: BSD-3-Clause

// How far lines are from an activation, and where two halves' are nearest.

#include <doctest/doctest.h>

#include <shardbound/relax/exp.hpp>
#include <shardbound/relax/gaps.hpp>
#include <shardbound/relax/gelu.hpp>
#include <shardbound/relax/log.hpp>
#include <shardbound/relax/relu.hpp>
#include <shardbound/relax/s_shaped.hpp>
#include <shardbound/relax/square.hpp>

#include <cmath>

namespace sb = shardbound;
using sb::relax::gaps;

TEST_CASE_TEMPLATE("gaps are those of the lines", T, float, double) {
  const auto relu = gaps(sb::relax::ReLU{}, T(-2), T(2));
  CHECK(relu.upper == T(1));  // of the chord, at 0
  CHECK(relu.point == 0);
  CHECK(gaps(sb::relax::ReLU{}, T(1), T(2)).upper == 0);
  CHECK(gaps(sb::relax::ReLU{}, T(1), T(2)).lower == 0);
  // A square's chord over [1, 3] is 4 z - 3: 1 above it in the middle, where the tangent meets it.
  const auto square = gaps(sb::relax::Square{}, T(1), T(3));
  CHECK(square.upper == doctest::Approx(1));
  CHECK(square.point == doctest::Approx(2).epsilon(0.2));
}

TEST_CASE_TEMPLATE("points are inside, and halves have smaller gaps together than the whole", F,
                   sb::relax::Sigmoid, sb::relax::Tanh, sb::relax::Exp, sb::relax::Gelu) {
  const F f;
  for (const auto& [l, u] :
       {std::pair{-3.0, 3.0}, {-1.0, 2.0}, {0.5, 4.0}, {-6.0, -0.25}, {-0.01, 0.01}}) {
    const auto whole = gaps(f, l, u);
    CHECK(whole.lower + whole.upper > 0);
    CHECK(whole.point > l);
    CHECK(whole.point < u);
    const auto below = gaps(f, l, whole.point), above = gaps(f, whole.point, u);
    CHECK(below.lower + below.upper < whole.lower + whole.upper);
    CHECK(above.lower + above.upper < whole.lower + whole.upper);
  }
}

TEST_CASE("where an activation is not defined, gaps are not finite or nothing") {
  const auto log = gaps(sb::relax::Log{}, -1.0, 2.0);
  const double sum = log.lower + log.upper;
  CHECK((sum == 0 || !std::isfinite(sum)));
}
