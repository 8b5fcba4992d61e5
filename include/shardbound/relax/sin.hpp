// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The sine, periodic (relax/periodic.hpp).

#include <shardbound/relax/periodic.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Sin {
  static constexpr std::string_view name = "Sin";
  static constexpr double peak = 1.5707963267948966;

  template <class T>
  static constexpr T value(T x) {
    return std::sin(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    return std::cos(x);
  }
};

}  // namespace curve

using Sin = Periodic<curve::Sin>;

}  // namespace shardbound::inline v0::relax
