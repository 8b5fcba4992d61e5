// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Flatten: (channels, height, width) becomes (N), row-major. It moves no number and makes no node.

#include <shardbound/layer/layer.hpp>

namespace shardbound::inline v0 {

/// Follows anything.
struct Flatten {
  static constexpr bool is_reshape = true;
  static constexpr Shape output(Shape in) { return in.flattened(); }
  template <Shape>
  static constexpr void check() {}
};

}  // namespace shardbound::inline v0
