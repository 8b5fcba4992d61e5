// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The policies of a network whose layers are known at run time only.

#include <shardbound/sharding/policy.hpp>

#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// How the weights of a network that is opened are kept: one policy for all layers with a matrix, or those of
/// RowCol in turn, and others for some of them.
struct Policies {
  enum class Of { every_layer, rows_and_columns };

  WeightCut cut = WeightCut::whole;
  Of of = Of::every_layer;
  /// Of layers by the name of their operator or tensor in the file, or by the number of their node.
  std::vector<std::pair<std::string, WeightCut>> layers{};
};

}  // namespace shardbound::inline v0
