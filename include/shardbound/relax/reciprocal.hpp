// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// 1 / z: convex above zero, concave below, where the tangent at the midpoint is the upper line. An interval that
// holds zero, or touches it, tells nothing.

#include <shardbound/relax/bent.hpp>

#include <limits>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Reciprocal {
  static constexpr bool frees_upper = true;

  template <class T>
  static constexpr T value(T x) {
    return T(1) / x;
  }
  template <class T>
  static constexpr T derivative(T x) {
    return T(-1) / x / x;
  }
  template <class T>
  static constexpr T second_derivative(T x) {
    return T(2) / x / x / x;
  }
  template <class T>
  static constexpr Interval<T> range(T l, T u) {
    return overflowed(T(1) / u, T(1) / l);
  }
  template <class T>
  static constexpr bool contains(T l, T u) {
    return (l > T(0) && u >= l) || (u < T(0) && l <= u);
  }
  template <class T>
  static constexpr bool is_convex(T l, T) {
    return l > T(0);
  }
  // Much nearer to zero than the midpoint a tangent is so steep that it tells only about that end.
  template <class T>
  static constexpr Freedom<T> touching(T l, T u) {
    const T middle = midpoint(l, u), steep = middle / 1024;
    if (l > T(0)) return {l > steep ? l : steep, u, middle};
    return {l, u < steep ? u : steep, middle};
  }
};

}  // namespace curve

struct Reciprocal : Bent<curve::Reciprocal> {
  static constexpr std::string_view name = "Reciprocal", onnx = "Reciprocal";
  static constexpr bool stands_alone = true;

  template <class T>
  constexpr T lipschitz(T l, T u) const {
    if (!curve::Reciprocal::contains(l, u)) return std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::min() - curve::Reciprocal::derivative(l > T(0) ? l : u);
  }
};

}  // namespace shardbound::inline v0::relax
