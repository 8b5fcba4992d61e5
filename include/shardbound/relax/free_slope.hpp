// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lower lines alpha z, whatever alpha: what an activation that bends at the origin may choose from (alpha-CROWN,
// 2011.13824). Above there is nothing to choose.

#include <shardbound/relax/line.hpp>

namespace shardbound::inline v0::relax {

struct FreeSlope {
  static constexpr bool lower_through_origin = true, frees_upper = false;

  template <class T>
  static constexpr Line<T> at(T alpha) {
    return {alpha, T(0)};
  }
  template <class T>
  static constexpr T at_gradient(T, T z) {
    return z;
  }
};

}  // namespace shardbound::inline v0::relax
