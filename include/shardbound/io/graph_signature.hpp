// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What an ONNX file says of its inputs and outputs, before anything of it is lowered.

#include <shardbound/io/wanted.hpp>

#include <string>
#include <vector>

namespace shardbound::inline v0::io {

/// A graph's inputs, constants left out, and its outputs, in the file's order, each with its name, type and shape, in
/// which open extents are -1.
struct GraphSignature {
  std::vector<OnnxValueInfo> inputs, outputs;
};

/// Reads nothing but the graph. Throws FormatError if the file is damaged.
inline GraphSignature graph_signature(const InputFile& file) {
  const OnnxGraph graph = read_onnx_graph(file);
  return {graph_inputs(graph), graph.outputs};
}
inline GraphSignature graph_signature(const std::string& path) {
  return graph_signature(InputFile(path));
}

}  // namespace shardbound::inline v0::io
