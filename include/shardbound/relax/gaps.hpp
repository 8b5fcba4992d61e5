// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where to split the input of an activation that curves: where lines over both halves are nearest to it (GenBaB, 2405.21063,
// looks for such points too). Bounds decide what is gained by it, so that a few points do to judge by.

#include <shardbound/relax/line.hpp>

#include <algorithm>

namespace shardbound::inline v0::relax {

/// How far lines over [l, u] are from an activation, below and above it: at most, where that is looked at.
template <class T>
struct Gaps {
  T lower = 0, upper = 0;

  constexpr T sum() const { return lower + upper; }
};
template <Relaxation F, class T>
constexpr Gaps<T> gaps(const F& f, T l, T u) {
  constexpr int parts = 8;
  const auto own = lines(f, l, u);
  Gaps<T> gaps;
  for (int i = 1; i < parts; ++i) {
    const T z = l + (u - l) * (T(i) / T(parts)), y = f.value(z);
    gaps.lower = std::max(gaps.lower, y - (own.lower.slope * z + own.lower.intercept));
    gaps.upper = std::max(gaps.upper, own.upper.slope * z + own.upper.intercept - y);
  }
  return gaps;
}

/// Between l and u, where both halves have the smallest gaps: 0, if that is well inside, or a quarter of the interval.
template <Relaxation F, class T>
constexpr T split_point(const F& f, T l, T u) {
  const auto at = [&](T share) { return l + (u - l) * share; };
  const T points[4] = {at(T(0.5)), at(T(0.25)), at(T(0.75)), T(0)};
  const bool has_zero = T(0) > at(T(0.125)) && T(0) < at(T(0.875));
  T best = points[0], least = 0;
  for (int i = 0; i < (has_zero ? 4 : 3); ++i) {
    const T left = gaps(f, l, points[i]).sum() + gaps(f, points[i], u).sum();
    if (i > 0 && !(left < least)) continue;
    least = left;
    best = points[i];
  }
  return best;
}

}  // namespace shardbound::inline v0::relax
