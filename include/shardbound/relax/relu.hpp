// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ReLU, max(z, 0). Upper line: the chord from (l, 0) to (u, u). Lower line: z or 0, whichever leaves
// the smaller area (CROWN's adaptive choice, 1811.00866), the tie going to 0. It may
// be alpha z with any 0 <= alpha <= 1 (alpha-CROWN, 2011.13824).

#include <shardbound/relax/free_slope.hpp>

#include <string_view>

namespace shardbound::inline v0::relax {

struct ReLU {
  static constexpr std::string_view name = "ReLU", onnx = "Relu";
  static constexpr bool lower_through_origin = true, free_line_holds_everywhere = true;
  using FreeLine = FreeSlope;
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
    const T slope = chord_slope(l, u), lower = lower_slope(slope);
    if (vanishing(slope)) return {{lower, T(0)}, {T(0), u}};
    return {{lower, T(0)}, {slope, -l * slope}};
  }
  // z and 0 are below the function everywhere; above it, only the chord's ends matter.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    if (l >= T(0)) return {T(0), l < e ? e - l : T(0)};
    if (u <= T(0)) return {T(0), -u < e ? e + u : T(0)};
    const T slope = chord_slope(l, u);
    return {T(0), (slope > T(0.5) ? slope : T(1) - slope) * e};
  }

  template <class T>
  constexpr Freedoms<T> freedom(T l, T u) const {
    if (stable(l, u)) return {};
    return {{T(0), T(1), lower_slope(chord_slope(l, u))}, {}};
  }
  template <class T>
  constexpr T derivative(T x) const {
    return x > T(0) ? T(1) : T(0);
  }
  template <class T>
  constexpr Line<T> side(T sign) const {
    return {sign > T(0) ? T(1) : T(0), T(0)};
  }

 private:
  template <class T>
  static constexpr T chord_slope(T l, T u) {
    return u / (u - l);
  }
  template <class T>
  static constexpr T lower_slope(T chord) {
    return chord > T(0.5) + tie_margin<T> ? T(1) : T(0);
  }
};

}  // namespace shardbound::inline v0::relax
