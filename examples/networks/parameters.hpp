// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How many numbers a network's matrices and biases are, so that a type can be held against what is said of the
// network it stands for.

#include <shardbound/shardbound.hpp>

/// Those of convolutions and of dense layers; biases included.
template <class Network>
constexpr shardbound::index_t parameters_of() {
  shardbound::index_t sum = 0;
  for (const shardbound::Node& node : shardbound::PlanOf<Network>::view().nodes)
    if (node.kind == shardbound::NodeKind::product)
      sum += node.geometry.out_channels * (node.geometry.width() + 1);
  return sum;
}

/// The features of the last layer.
template <class Network>
constexpr shardbound::index_t outputs_of() {
  const shardbound::PlanView plan = shardbound::PlanOf<Network>::view();
  return plan[plan.output()].features;
}
