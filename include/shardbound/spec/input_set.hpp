// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Input sets: a box, or a ball of the 2-norm or 1-norm. A ball is also known by its bounding box, which
// serves every consumer of the input but the first linear map (there the dual norm is exact).

#include <shardbound/expr/calls.hpp>
#include <shardbound/spec/property.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

using expr::Norm;

/// x - r, or the next number below it if rounding went up: never above the true difference.
inline double subtract_down(double x, double r) {
  const double difference = x - r, part = difference - x;
  const double lost = (x - (difference - part)) - (r + part);  // exact (Knuth's two-sum)
  return lost < 0 ? std::nextafter(difference, -std::numeric_limits<double>::infinity())
                  : difference;
}

struct InputSet {
  Box box;
  Norm norm = Norm::infinity;
  double radius = 0;  ///< of a ball

  InputSet() = default;
  InputSet(Box set) : box(std::move(set)) {}

  /// All x with ||x - centre|| <= radius in the given norm; its box is rounded outwards. Throws ArgumentError unless radius is
  /// finite and not negative.
  static InputSet ball(const std::vector<double>& centre, double radius, Norm norm) {
    if (!(radius >= 0) || !std::isfinite(radius))
      throw ArgumentError("an input ball has radius " + std::to_string(radius) +
                          " where a finite number of at least 0 belongs");
    InputSet set;
    set.norm = norm;
    set.radius = radius;
    for (double x : centre) {
      set.box.lower.push_back(subtract_down(x, radius));
      set.box.upper.push_back(-subtract_down(-x, radius));
    }
    return set;
  }
};

/// Throws ArgumentError unless every set has `size` coordinates and all are of one norm.
inline void check_sets(std::span<const InputSet> sets, std::int64_t size) {
  for (std::size_t d = 0; d < sets.size(); ++d) {
    check_box(sets[d].box, size, "input set " + std::to_string(d));
    if (sets[d].norm != sets[0].norm)
      throw ArgumentError("input sets of one batch must share their norm");
  }
}

/// The nearest number of type T that is not above (below) x.
template <class T>
T round_down(double x) {
  const T near = static_cast<T>(x);
  return static_cast<double>(near) <= x ? near
                                        : std::nextafter(near, -std::numeric_limits<T>::infinity());
}
template <class T>
T round_up(double x) {
  return -round_down<T>(-x);
}

}  // namespace shardbound::inline v0
