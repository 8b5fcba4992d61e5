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
  CHECK(sb::relax::split_point(sb::relax::ReLU{}, T(-2), T(3)) == 0);
  CHECK(gaps(sb::relax::ReLU{}, T(1), T(2)).upper == 0);
  CHECK(gaps(sb::relax::ReLU{}, T(1), T(2)).lower == 0);
  // A square's chord over [1, 3] is 4 z - 3: 1 above it in the middle, where the tangent meets it.
  const auto square = gaps(sb::relax::Square{}, T(1), T(3));
  CHECK(square.upper == doctest::Approx(1));
  CHECK(sb::relax::split_point(sb::relax::Square{}, T(1), T(3)) == 2);
}

TEST_CASE_TEMPLATE("points are inside, and no quarter leaves smaller gaps", F, sb::relax::Sigmoid,
                   sb::relax::Tanh, sb::relax::Exp, sb::relax::Gelu) {
  const F f;
  for (const auto& [l, u] :
       {std::pair{-3.0, 3.0}, {-1.0, 2.0}, {0.5, 4.0}, {-6.0, -0.25}, {-0.01, 0.01}}) {
    CHECK(gaps(f, l, u).sum() > 0);
    const auto left = [&](double point) {
      return gaps(f, l, point).sum() + gaps(f, point, u).sum();
    };
    const double point = sb::relax::split_point(f, l, u);
    CHECK(point > l);
    CHECK(point < u);
    for (const double share : {0.25, 0.5, 0.75}) CHECK(left(point) <= left(l + (u - l) * share));
  }
}

TEST_CASE("where an activation is not defined, gaps are not finite or nothing") {
  const auto log = gaps(sb::relax::Log{}, -1.0, 2.0);
  const double sum = log.lower + log.upper;
  CHECK((sum == 0 || !std::isfinite(sum)));
}
