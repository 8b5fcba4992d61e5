// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The sign of z: -1, 0 or 1. Lines are constants, except where zero is an end of [l, u]: there the line that turns
// about (0, 0) encloses less, unless the interval is so short that it would stand upright.

#include <shardbound/relax/line.hpp>

#include <limits>
#include <string_view>

namespace shardbound::inline v0::relax {

struct Sign {
  static constexpr std::string_view name = "Sign", onnx = "Sign";

  /// It jumps at zero.
  template <class T>
  constexpr T lipschitz(T l, T u) const {
    return l > T(0) || u < T(0) ? T(0) : std::numeric_limits<T>::infinity();
  }
  template <class T>
  constexpr T value(T x) const {
    return x > T(0) ? T(1) : x < T(0) ? T(-1) : x;  // NaN must stay NaN
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {value(l), value(u)};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    return l > T(0) || u < T(0) || l == u;
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    LinePair<T> pair{{T(0), value(l)}, {T(0), value(u)}};
    if (l == T(0) && u > T(0)) pair.lower = {gentle(u), T(0)};
    if (l < T(0) && u == T(0)) pair.upper = {gentle(-l), T(0)};
    return pair;
  }
  // A constant is passed where z passes zero, by the jump; the line about (0, 0) by that and by what it rises.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    if (e == T(0)) return {T(0), T(0)};
    const T under = u < T(0) ? T(-1)
                    : l > e  ? T(1)
                             : T(-1);  // the least and the greatest of it within e
    const T over = l > T(0) ? T(1) : -u > e ? T(-1) : T(1);
    Interval<T> past{value(l) - under, over - value(u)};
    if (l == T(0) && u > T(0)) past.lower = T(1) + gentle(u) * e;
    if (l < T(0) && u == T(0)) past.upper = T(1) + gentle(-l) * e;
    return past;
  }

 private:
  template <class T>
  static constexpr T gentle(T width) {
    constexpr T least = T(1e-8);
    return T(1) / (width > least ? width : least);
  }
};

}  // namespace shardbound::inline v0::relax
