// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The exponential, convex. Its tangent touches at the midpoint, or at l + 0.99 if that is nearer to l: there
// the line is still above zero at l, so that what comes after (a logarithm, a quotient) has its sign.

#include <shardbound/relax/bent.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Exp {
  static constexpr bool frees_upper = false;

  template <class T>
  static constexpr T value(T x) {
    return std::exp(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    return std::exp(x);
  }
  template <class T>
  static constexpr T second_derivative(T x) {
    return std::exp(x);
  }
  template <class T>
  static constexpr Interval<T> range(T l, T u) {
    const auto ends = rising(std::exp(l), std::exp(u));
    return overflowed(ends.lower, ends.upper);
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
    const T middle = midpoint(l, u), positive = l + T(0.99);
    return {l, u < positive ? u : positive, middle < positive ? middle : positive};
  }
};

}  // namespace curve

struct Exp : Bent<curve::Exp> {
  static constexpr std::string_view name = "Exp", onnx = "Exp";
  static constexpr bool stands_alone = true;
  static constexpr bool free_line_holds_everywhere = true;

  template <class T>
  constexpr T lipschitz(T, T u) const {
    return std::exp(u);
  }
};

}  // namespace shardbound::inline v0::relax
