// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// |z|, convex. Upper line: the chord from (l, -l) to (u, u). Lower line: z or -z, whichever leaves the smaller
// area, and 0 if they tie. It may be alpha z with any -1 <= alpha <= 1 (alpha-CROWN, 2011.13824).

#include <shardbound/relax/line.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {

struct Abs {
  static constexpr std::string_view name = "Abs", onnx = "Abs";
  static constexpr bool stands_alone = true;
  static constexpr bool lower_through_origin = true;
  static constexpr bool frees_upper = false, free_line_holds_everywhere = true;
  constexpr double lipschitz() const { return 1; }

  template <class T>
  constexpr T value(T x) const {
    return std::abs(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    const T low = std::abs(l), high = std::abs(u), most = low > high ? low : high;
    if (!stable(l, u)) return {T(0), most};
    return {low > high ? high : low, most};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    return l >= T(0) || u <= T(0);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (l >= T(0)) return {{T(1), T(0)}, {T(1), T(0)}};
    if (u <= T(0)) return {{T(-1), T(0)}, {T(-1), T(0)}};
    const T slope = chord_slope(l, u);
    return {{lower_slope(slope), T(0)}, {slope, -l - slope * l}};
  }
  // z and -z are below the function everywhere; above it, only the chord's ends matter.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    if (l >= T(0)) return {T(0), l < e ? 2 * (e - l) : T(0)};
    if (u <= T(0)) return {T(0), -u < e ? 2 * (e + u) : T(0)};
    return {T(0), (T(1) + std::abs(chord_slope(l, u))) * e};
  }

  template <class T>
  constexpr Freedoms<T> freedom(T l, T u) const {
    if (stable(l, u)) return {};
    return {{T(-1), T(1), lower_slope(chord_slope(l, u))}, {}};
  }
  template <class T>
  static constexpr Line<T> at(T alpha) {
    return {alpha, T(0)};
  }
  template <class T>
  static constexpr T at_gradient(T, T z) {
    return z;
  }
  template <class T>
  constexpr T derivative(T x) const {
    return x > T(0) ? T(1) : T(-1);
  }
  template <class T>
  constexpr Line<T> side(T sign) const {
    return {sign > T(0) ? T(1) : T(-1), T(0)};
  }

 private:
  template <class T>
  static constexpr T chord_slope(T l, T u) {
    return (u + l) / (u - l);
  }
  template <class T>
  static constexpr T lower_slope(T chord) {
    return chord > tie_margin<T> ? T(1) : chord < -tie_margin<T> ? T(-1) : T(0);
  }
};

}  // namespace shardbound::inline v0::relax
