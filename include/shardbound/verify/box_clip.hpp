// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Clips a box to a half-space that holds every point of interest in it (Clip-and-Verify, 2512.11087, relaxed clipping):
// each coordinate is left what the others, at their best, leave to it. Where a row's linear lower bound over a box stays
// below the row's threshold is such a half-space, so that what is cut off needs no more refuting. All of it is rounded so
// that nothing is cut off that belongs there.

#include <shardbound/core/directed.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// Points x with coefficients (N) . x + constant - slack <= threshold.
struct RowBelow {
  std::span<const double> coefficients;
  double constant = 0, slack = 0, threshold = 0;
};

/// Makes a box, which must be finite, smaller while it keeps its points in the half-space. Says whether it may have any;
/// if not, the box is as it was. A half-space that is not finite cuts nothing off.
inline bool clip(Box& box, const RowBelow& row) {
  const std::size_t n = row.coefficients.size();
  const auto least_term = [&](std::size_t i, auto multiply) {
    const double a = row.coefficients[i];
    return a == 0 ? 0 : multiply(a, a > 0 ? box.lower[i] : box.upper[i]);
  };
  // The left side less the right one, at its least over the box.
  double least = add_down(add_down(row.constant, -row.slack), -row.threshold);
  for (std::size_t i = 0; i < n; ++i) least = add_down(least, least_term(i, multiply_down));
  if (!std::isfinite(least)) return true;
  if (least > 0) return false;
  for (std::size_t i = 0; i < n; ++i) {
    const double a = row.coefficients[i];
    if (a == 0 || box.lower[i] == box.upper[i]) continue;
    // a x_i is at most what the others leave: minus the least of all terms but its own.
    const double left = -add_down(least, -least_term(i, multiply_up));
    if (!std::isfinite(left)) continue;
    // Its own term is at least what `least` says of it, so that no end passes the other but by rounding.
    if (a > 0)
      box.upper[i] = std::max(box.lower[i], std::min(box.upper[i], divide_up(left, a)));
    else
      box.lower[i] = std::min(box.upper[i], std::max(box.lower[i], divide_down(left, a)));
  }
  return true;
}

/// Makes `hull` hold another box too.
inline void widen(Box& hull, const Box& other) {
  for (std::size_t i = 0; i < hull.lower.size(); ++i) {
    hull.lower[i] = std::min(hull.lower[i], other.lower[i]);
    hull.upper[i] = std::max(hull.upper[i], other.upper[i]);
  }
}

}  // namespace shardbound::inline v0
