// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What half-spaces leave of a box: each bounds every coordinate that it is about, given where the others can be. The
// box that is left holds every point of the old one that is in all half-spaces.

#include <shardbound/core/directed.hpp>
#include <shardbound/spec/property.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// sum of coefficient * x[coordinate] <= rhs, no coefficient 0.
struct HalfSpace {
  std::vector<std::pair<std::size_t, double>> coefficients;
  double rhs = 0;
};

namespace detail {

// Tightens by one half-space; whether anything changed.
inline bool tighten(Box& box, const HalfSpace& half) {
  const auto& terms = half.coefficients;
  const auto least = [&](std::size_t i) {
    const auto& [coordinate, factor] = terms[i];
    return multiply_down(factor, factor > 0 ? box.lower[coordinate] : box.upper[coordinate]);
  };
  // What all terms from i on are at least; those before i are summed on the way.
  std::vector<double> behind(terms.size() + 1, 0);
  for (std::size_t i = terms.size(); i-- > 0;) behind[i] = add_down(least(i), behind[i + 1]);
  double before = 0;
  bool changed = false;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto& [coordinate, factor] = terms[i];
    const double own = least(i);
    const double room = add_up(half.rhs, -add_down(before, behind[i + 1]));  // for factor * x
    before = add_down(before, own);
    if (!(room < std::numeric_limits<double>::infinity())) continue;
    if (factor > 0) {
      const double most = divide_up(room, factor);
      if (most < box.upper[coordinate]) box.upper[coordinate] = most, changed = true;
    } else {
      const double at_least = divide_down(room, factor);
      if (at_least > box.lower[coordinate]) box.lower[coordinate] = at_least, changed = true;
    }
    if (box.lower[coordinate] > box.upper[coordinate]) return true;
  }
  return changed;
}

}  // namespace detail

/// Tightens `box`, whose sides may be infinite, a few times round. False if it is empty then: no point of it is in all
/// half-spaces.
inline bool tighten(Box& box, std::span<const HalfSpace> halves) {
  constexpr int rounds = 8;
  for (int round = 0; round < rounds; ++round) {
    bool changed = false;
    for (const HalfSpace& half : halves) {
      changed = detail::tighten(box, half) || changed;
      for (const auto& [coordinate, factor] : half.coefficients)
        if (box.lower[coordinate] > box.upper[coordinate]) return false;
    }
    if (!changed) break;
  }
  return true;
}

}  // namespace shardbound::inline v0
