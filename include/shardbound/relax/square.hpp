// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// z * z, convex. The tangent touches where |z| is least in [l, u]: the line is never below zero at either end
// unless the square is.

#include <shardbound/relax/bent.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Square {
  static constexpr bool frees_upper = false;

  template <class T>
  static constexpr T value(T x) {
    return x * x;
  }
  template <class T>
  static constexpr T derivative(T x) {
    return 2 * x;
  }
  template <class T>
  static constexpr T second_derivative(T) {
    return T(2);
  }
  template <class T>
  static constexpr T nearest_to_zero(T l, T u) {
    return l > T(0) ? l : u < T(0) ? u : T(0);
  }
  template <class T>
  static constexpr Interval<T> range(T l, T u) {
    const T near = value(nearest_to_zero(l, u)), low = value(l), high = value(u);
    return overflowed(near, low > high ? low : high);
  }
  template <class T>
  static constexpr bool contains(T, T) {
    return true;
  }
  template <class T>
  static constexpr bool is_convex(T, T) {
    return true;
  }
  template <class T>
  static constexpr Freedom<T> touching(T l, T u) {
    return {l, u, nearest_to_zero(l, u)};
  }
};

}  // namespace curve

struct Square : Bent<curve::Square> {
  static constexpr std::string_view name = "Square";
  static constexpr bool stands_alone = true;
  static constexpr bool free_line_holds_everywhere = true;

  template <class T>
  constexpr T lipschitz(T l, T u) const {
    const T low = std::abs(l), high = std::abs(u);
    return 2 * (low > high ? low : high);
  }
};

}  // namespace shardbound::inline v0::relax
