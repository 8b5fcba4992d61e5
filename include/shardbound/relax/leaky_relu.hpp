// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// LeakyReLU, z for z > 0 and a z below, 0 <= a <= 1: convex, so the chord bounds it from above and
// either branch from below, or alpha z, a <= alpha <= 1 (alpha-CROWN, 2011.13824). The slope `a` is
// state: a network file brings its own.

#include <shardbound/relax/coefficients.hpp>
#include <shardbound/relax/free_slope.hpp>

#include <string_view>

namespace shardbound::inline v0::relax {

struct LeakyReLU {
  double negative_slope = 0.01;

  static constexpr std::string_view name = "LeakyReLU", onnx = "LeakyRelu";
  static constexpr bool lower_through_origin = true, free_line_holds_everywhere = true;
  using FreeLine = FreeSlope;
  static constexpr NamedCoefficient<LeakyReLU> coefficients[] = {
      {"negative_slope", &LeakyReLU::negative_slope, 0, 1, "alpha"}};
  constexpr double lipschitz() const { return 1; }

  template <class T>
  constexpr T value(T x) const {
    return x > T(0) ? x : static_cast<T>(negative_slope) * x;
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {value(l), value(u)};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    return l >= T(0) || u <= T(0);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    const T a = static_cast<T>(negative_slope);
    if (l >= T(0)) return {{T(1), T(0)}, {T(1), T(0)}};
    if (u <= T(0)) return {{a, T(0)}, {a, T(0)}};
    const T slope = chord_slope(l, u), lower = lower_slope(slope);
    if (vanishing(slope)) return {{lower, T(0)}, {T(0), u}};
    return {{lower, T(0)}, {slope, a * l - l * slope}};
  }
  // Either branch is below the function everywhere; above it, only the chord's ends matter.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    const T a = static_cast<T>(negative_slope);
    if (l >= T(0)) return {T(0), l < e ? (T(1) - a) * (e - l) : T(0)};
    if (u <= T(0)) return {T(0), -u < e ? (T(1) - a) * (e + u) : T(0)};
    const T slope = chord_slope(l, u);
    return {T(0), (slope - a > T(1) - slope ? slope - a : T(1) - slope) * e};
  }

  template <class T>
  constexpr Freedoms<T> freedom(T l, T u) const {
    if (stable(l, u)) return {};
    return {{static_cast<T>(negative_slope), T(1), lower_slope(chord_slope(l, u))}, {}};
  }
  template <class T>
  constexpr T derivative(T x) const {
    return x > T(0) ? T(1) : static_cast<T>(negative_slope);
  }
  template <class T>
  constexpr Line<T> side(T sign) const {
    return {sign > T(0) ? T(1) : static_cast<T>(negative_slope), T(0)};
  }

 private:
  template <class T>
  constexpr T chord_slope(T l, T u) const {
    return (u - static_cast<T>(negative_slope) * l) / (u - l);
  }
  template <class T>
  constexpr T lower_slope(T chord) const {
    return chord > T(0.5) + tie_margin<T> ? T(1) : static_cast<T>(negative_slope);
  }
};

}  // namespace shardbound::inline v0::relax
