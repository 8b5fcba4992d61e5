// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Linear<Out, Policy>: z = W x + b with W of shape (Out, N). Parameters: weight (out x in, row-major)
// and bias (out). Rules: interval |W| r around W c (1810.12715); pull_back A -> A W with constant A b
// (1811.00866); push_forward x -> W x + b.

#include <shardbound/layer/layer.hpp>

namespace shardbound::inline v0 {

/// Follows flat features. `Policy`, a ShardingPolicy, says how W is shared by ranks; with one rank all
/// are alike.
template <index_t Out, class Policy = Replicated>
struct Linear {
  static constexpr bool is_reshape = false;
  static constexpr NodeKind kind = NodeKind::product;
  static constexpr WeightCut cut = [] {
    if constexpr (ShardingPolicy<Policy>)
      return Policy::cut;
    else
      return WeightCut::whole;
  }();
  static constexpr Shape output(Shape) { return Shape{Out}; }

  template <Shape In>
  static constexpr void check() {
    static_assert(ShardingPolicy<Policy>,
                  "shardbound::Linear: its second argument is not a sharding policy. Fix: write "
                  "Replicated, FullySharded, RowSharded or ColSharded, or nothing.");
    static_assert(Out > 0,
                  "shardbound::Linear: it must have at least one output. Fix: write Linear<N> with "
                  "the number of rows of its matrix.");
    static_assert(FlatFeatures<In>,
                  "shardbound::Linear: it follows a feature map, not flat features. Fix: put "
                  "Flatten between them.");
  }
};

}  // namespace shardbound::inline v0
