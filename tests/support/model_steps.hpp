// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A model's layers as a tree, and a tree's as a graph.

#include <shardbound/io/model.hpp>
#include <shardbound/io/series_parallel.hpp>

#include <utility>
#include <vector>

namespace shardbound_test {

inline shardbound::io::Steps steps_of(const shardbound::io::Model& model) {
  return shardbound::io::series_parallel(model.graph);
}

/// Appends steps behind layer `input`; returns the layer that they end in.
inline std::int32_t append_layers(const shardbound::io::Steps& steps, std::int32_t input,
                                  shardbound::io::LayerGraph& graph) {
  for (const auto& step : steps) {
    std::vector<std::int32_t> operands = {input};
    if (!step.branches.empty()) operands.clear();
    for (const auto& branch : step.branches)
      operands.push_back(append_layers(branch, input, graph));
    graph.layers.push_back({step, "node '" + step.node + "'", std::move(operands)});
    graph.layers.back().step.branches.clear();
    input = graph.size() - 1;
  }
  return input;
}
inline shardbound::io::LayerGraph graph_of(const shardbound::io::Steps& steps) {
  shardbound::io::LayerGraph graph;
  graph.layers.resize(1);
  append_layers(steps, 0, graph);
  return graph;
}

}  // namespace shardbound_test
