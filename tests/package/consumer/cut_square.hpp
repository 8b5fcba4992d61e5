// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// An activation of the consumer's own: a square, cut off so that its slope stays below 2.

#include <shardbound/layer/activation.hpp>

#include <string_view>

struct CutSquare {
  static constexpr std::string_view name = "CutSquare", onnx = "CutSquare";
  constexpr double lipschitz() const { return 2; }

  template <class T>
  constexpr T value(T z) const {
    return z > T(1) ? T(2) * z - T(1) : z < T(-1) ? T(-2) * z - T(1) : z * z;
  }
  template <class T>
  constexpr shardbound::Interval<T> range(T l, T u) const {
    const T a = value(l), b = value(u);
    return {l <= T(0) && u >= T(0) ? T(0) : a < b ? a : b, a < b ? b : a};
  }
  // It is convex: 0 bounds it from below, and the chord from above.
  template <class T>
  constexpr shardbound::LinePair<T> line(T l, T u) const {
    if (!(u - l > T(1e-6))) return {{T(0), T(0)}, {T(0), range(l, u).upper}};
    const T chord = (value(u) - value(l)) / (u - l);
    return {{T(0), T(0)}, {chord, value(l) - chord * l}};
  }
};
