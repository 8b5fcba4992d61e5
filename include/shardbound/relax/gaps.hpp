// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where to split the input of an activation that curves: where lines over both halves are nearest to it (GenBaB, 2405.21063,
// looks for such points too). Bounds decide what is gained by it, so that a few points do to judge by.

#include <shardbound/relax/line.hpp>

#include <algorithm>

namespace shardbound::inline v0::relax {

/// How far lines over [l, u] are from an activation, below and above it at most, and a point in between where it is best
/// split.
template <class T>
struct Gaps {
  T lower = 0, upper = 0;
  T point = 0;
};

/// The first two of them.
template <Relaxation F, class T>
constexpr Gaps<T> gaps_of_lines(const F& f, T l, T u) {
  constexpr int points = 4;
  const auto own = lines(f, l, u);
  Gaps<T> gaps;
  for (int i = 1; i < points; ++i) {
    const T z = l + (u - l) * (T(i) / T(points)), y = f.value(z);
    gaps.lower = std::max(gaps.lower, y - (own.lower.slope * z + own.lower.intercept));
    gaps.upper = std::max(gaps.upper, own.upper.slope * z + own.upper.intercept - y);
  }
  return gaps;
}

template <Relaxation F, class T>
constexpr Gaps<T> gaps(const F& f, T l, T u) {
  constexpr int points = 8;
  Gaps<T> gaps = gaps_of_lines(f, l, u);
  T least = 0;
  for (int i = 1; i < points; ++i) {
    const T z = l + (u - l) * (T(i) / T(points));
    const auto below = gaps_of_lines(f, l, z), above = gaps_of_lines(f, z, u);
    const T left = below.lower + below.upper + above.lower + above.upper;
    if (i > 1 && !(left < least)) continue;
    least = left;
    gaps.point = z;
  }
  return gaps;
}

}  // namespace shardbound::inline v0::relax
