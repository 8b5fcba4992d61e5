// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Input<784> or Input<3, 32, 32>: where a network begins, batch axis left out.

#include <shardbound/layer/layer.hpp>

namespace shardbound::inline v0 {

/// Extents are positive; at most four of them. Always the first layer of a network.
template <index_t... Extents>
struct Input {
  static constexpr bool is_reshape = false;
  static constexpr NodeKind kind = NodeKind::input;
  static constexpr bool countable =
      sizeof...(Extents) >= 1 && sizeof...(Extents) <= Shape::max_rank;
  static constexpr Shape shape = [] {
    if constexpr (countable && ((Extents > 0) && ...))
      return Shape{Extents...};
    else
      return Shape{1};
  }();
  static constexpr Shape output(Shape) { return shape; }

  /// Asked of the first layer.
  static constexpr bool check_extents() {
    static_assert(countable,
                  "shardbound::Input: it takes one to four extents. Fix: name the input's extents "
                  "without the batch axis, as in Input<784> or Input<3, 32, 32>.");
    static_assert(((Extents > 0) && ...),
                  "shardbound::Input: every extent must be positive. Fix: name the input's extents "
                  "without the batch axis, as in Input<784> or Input<3, 32, 32>.");
    return true;
  }
  /// Asked only of an Input that is not the first layer.
  template <Shape In>
  static constexpr void check() {
    static_assert(In.rank < 0,
                  "shardbound::Input: it stands after other layers. Fix: write it once, as the "
                  "first layer of the network.");
  }
};

}  // namespace shardbound::inline v0
