// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Sums along a row: eight partial sums, each over every eighth number, then a fixed tree. The order is
// that of the columns alone, so a row's bits depend on nothing but the row.

#include <shardbound/core/shape.hpp>

namespace shardbound::inline v0::detail {

template <class T>
struct LaneSums {
  T lane[lanes] = {};

  constexpr T total() const {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  }
};

}  // namespace shardbound::inline v0::detail
