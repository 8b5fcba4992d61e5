// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ScaleShift: y = scale * x + shift, one scale and one shift a feature - normalisation, folded batch
// normalisation, constants that a file adds or divides by. Parameters: scale (N) and shift (N),
// replicated.

#include <shardbound/layer/layer.hpp>

namespace shardbound::inline v0 {

/// Follows features of any shape and keeps it.
struct ScaleShift {
  static constexpr bool is_reshape = false;
  static constexpr NodeKind kind = NodeKind::pointwise;
  static constexpr Shape output(Shape in) { return in; }
  template <Shape>
  static constexpr void check() {}
};

}  // namespace shardbound::inline v0
