// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file after reading: its layers, any directed acyclic graph of them. A plan may be made of it at run
// time, the generator prints it as a type if it has one, and the loader streams its parameters.

#include <shardbound/io/layer_graph.hpp>

#include <cstdint>
#include <string>

namespace shardbound::inline v0::io {

/// A whole network, from an input of `inputs` elements to the last of its layers, which are arranged.
struct Model {
  std::string file;
  std::string input_tensor;
  std::int64_t inputs = 0;
  LayerGraph graph;

  std::int64_t outputs() const {
    return graph.size() <= 1 ? inputs : graph.layers.back().step.features;
  }
};

}  // namespace shardbound::inline v0::io
