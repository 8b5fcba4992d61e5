// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ReLU, max(z, 0). Upper line: the chord from (l, 0) to (u, u). Lower line: z or 0, whichever leaves
// the smaller area (CROWN's adaptive choice, 1811.00866), the tie going to 0.

#include <shardbound/relax/line.hpp>

#include <string_view>

namespace shardbound::inline v0::relax {

struct ReLU {
  static constexpr std::string_view name = "ReLU", onnx = "Relu";
  static constexpr bool lower_through_origin = true;
  constexpr double lipschitz() const { return 1; }

  template <class T>
  constexpr T value(T x) const {
    return x > T(0) ? x : x - x;  // not plain 0: NaN must stay NaN
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {l > T(0) ? l : T(0), u > T(0) ? u : T(0)};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    return l >= T(0) || u <= T(0);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (l >= T(0)) return {{T(1), T(0)}, {T(1), T(0)}};
    if (u <= T(0)) return {{T(0), T(0)}, {T(0), T(0)}};
    const T slope = u / (u - l);
    const T lower = slope > T(0.5) + tie_margin<T> ? T(1) : T(0);
    if (vanishing(slope)) return {{lower, T(0)}, {T(0), u}};
    return {{lower, T(0)}, {slope, -l * slope}};
  }
  // z and 0 are below the function everywhere; above it, only the chord's ends matter.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    if (l >= T(0)) return {T(0), l < e ? e - l : T(0)};
    if (u <= T(0)) return {T(0), -u < e ? e + u : T(0)};
    const T slope = u / (u - l);
    return {T(0), (slope > T(0.5) ? slope : T(1) - slope) * e};
  }
};

}  // namespace shardbound::inline v0::relax
