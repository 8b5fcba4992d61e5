// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The square root, concave, of inputs from zero: the tangent at the midpoint bounds it from above. An interval
// that reaches below zero tells nothing.

#include <shardbound/relax/bent.hpp>

#include <cmath>
#include <limits>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Sqrt {
  static constexpr bool frees_upper = true;

  template <class T>
  static constexpr T value(T x) {
    return std::sqrt(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    return T(0.5) / std::sqrt(x + T(0));  // upright at zero, whatever its sign
  }
  template <class T>
  static constexpr T second_derivative(T x) {
    return T(-0.25) / std::sqrt(x) / x;
  }
  template <class T>
  static constexpr Interval<T> range(T l, T u) {
    return {std::sqrt(l), std::sqrt(u)};
  }
  template <class T>
  static constexpr bool contains(T l, T u) {
    return l >= T(0) && u >= l;
  }
  template <class T>
  static constexpr bool is_convex(T, T) {
    return false;
  }
  // Far below the midpoint a tangent is so steep that it tells only about l, and at zero it is no line.
  template <class T>
  static constexpr Freedom<T> touching(T l, T u) {
    const T middle = midpoint(l, u), steep = middle / 1024;
    return {l > steep ? l : steep, u, middle};
  }
};

}  // namespace curve

struct Sqrt : Bent<curve::Sqrt> {
  static constexpr std::string_view name = "Sqrt", onnx = "Sqrt";
  static constexpr bool stands_alone = true;

  template <class T>
  constexpr T lipschitz(T l, T) const {
    return l >= T(0) ? curve::Sqrt::derivative(l) : std::numeric_limits<T>::infinity();
  }
};

}  // namespace shardbound::inline v0::relax
