// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The error function, S-shaped (relax/s_shaped.hpp).

#include <shardbound/relax/s_shaped.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

/// exp(-x^2), accurate relative to its own size: what x * x is rounded by would show there.
template <class T>
constexpr T bell(T x) {
  constexpr T nothing_left = T(30);
  if (!(std::abs(x) < nothing_left)) return x == x ? T(0) : x;
  const T square = x * x, rest = std::fma(x, x, -square);
  return std::exp(-square) * (T(1) - rest);
}

struct Erf {
  static constexpr std::string_view name = "Erf";
  static constexpr bool stands_alone = true;
  static constexpr double steepest = 1.1283791670955128;  // 2 / sqrt(pi), rounded up

  template <class T>
  static constexpr T value(T x) {
    return std::erf(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    return T(1.1283791670955126) * bell(x);
  }
  template <class T>
  static constexpr T second_derivative(T x) {
    return T(-2) * x * derivative(x);
  }
};

}  // namespace curve

using Erf = SShaped<curve::Erf>;

}  // namespace shardbound::inline v0::relax
