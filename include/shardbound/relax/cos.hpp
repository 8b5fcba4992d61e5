// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The cosine, periodic (relax/periodic.hpp).

#include <shardbound/relax/periodic.hpp>

#include <cmath>
#include <string_view>

namespace shardbound::inline v0::relax {
namespace curve {

struct Cos {
  static constexpr std::string_view name = "Cos";
  static constexpr double peak = 0;

  template <class T>
  static constexpr T value(T x) {
    return std::cos(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    return -std::sin(x);
  }
};

}  // namespace curve

using Cos = Periodic<curve::Cos>;

}  // namespace shardbound::inline v0::relax
