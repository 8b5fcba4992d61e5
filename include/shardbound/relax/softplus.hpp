// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Softplus, log(1 + e^z): convex, with the tangent at the midpoint below.

#include <shardbound/relax/bent.hpp>
#include <shardbound/relax/s_shaped.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Softplus {
  static constexpr bool frees_upper = false;

  template <class T>
  static constexpr T value(T x) {
    return (x > T(0) ? x : T(0)) + std::log1p(std::exp(x > T(0) ? -x : x));
  }
  template <class T>
  static constexpr T derivative(T x) {
    return Sigmoid::value(x);
  }
  template <class T>
  static constexpr T second_derivative(T x) {
    return Sigmoid::derivative(x);
  }
  template <class T>
  static constexpr Interval<T> range(T l, T u) {
    return rising(value(l), value(u));
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
    return {l, u, midpoint(l, u)};
  }
};

}  // namespace curve

struct Softplus : Bent<curve::Softplus> {
  static constexpr std::string_view name = "Softplus", onnx = "Softplus";
  static constexpr bool stands_alone = true;
  static constexpr bool free_line_holds_everywhere = true;
  constexpr double lipschitz() const { return 1; }
};

}  // namespace shardbound::inline v0::relax
