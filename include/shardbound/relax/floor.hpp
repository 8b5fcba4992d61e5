// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The largest whole number up to z: its lines are constants.

#include <shardbound/relax/line.hpp>

#include <cmath>
#include <limits>
#include <string_view>

namespace shardbound::inline v0::relax {

struct Floor {
  static constexpr std::string_view name = "Floor", onnx = "Floor";

  /// It jumps at whole numbers.
  template <class T>
  constexpr T lipschitz(T l, T u) const {
    return stable(l, u) ? T(0) : std::numeric_limits<T>::infinity();
  }
  template <class T>
  constexpr T value(T x) const {
    return std::floor(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {std::floor(l), std::floor(u)};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    return l == u || std::floor(l) == std::floor(u);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    return {{T(0), std::floor(l)}, {T(0), std::floor(u)}};
  }
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    if (e == T(0)) return {T(0), T(0)};
    const auto wide = widened(l, u, e);
    return {std::floor(l) - std::floor(wide.lower), std::floor(wide.upper) - std::floor(u)};
  }
};

}  // namespace shardbound::inline v0::relax
