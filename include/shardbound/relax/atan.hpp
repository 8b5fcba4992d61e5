// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The arctangent, S-shaped (relax/s_shaped.hpp).

#include <shardbound/relax/s_shaped.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Atan {
  static constexpr std::string_view name = "Atan";
  static constexpr bool stands_alone = true;
  static constexpr double steepest = 1;

  template <class T>
  static constexpr T value(T x) {
    return std::atan(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    return T(1) / (T(1) + x * x);
  }
  template <class T>
  static constexpr T second_derivative(T x) {
    const T slope = derivative(x);
    return T(-2) * (x * slope) * slope;
  }
};

}  // namespace curve

using Atan = SShaped<curve::Atan>;

}  // namespace shardbound::inline v0::relax
