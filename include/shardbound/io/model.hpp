// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file after reading: its layers, any directed acyclic graph of them, and which of the file's
// tensors its input and output consist of. A plan may be made of it at run time, the generator prints it
// as a type if it has one, and the loader streams its parameters.

#include <shardbound/io/layer_graph.hpp>
#include <shardbound/io/onnx_type.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0::io {

/// One of the tensors that the input or output of a network consists of, row-major, one after the other.
struct ModelTensor {
  std::string name;
  OnnxType type = OnnxType::none;   ///< of a tensor that the file says nothing of: none
  std::vector<std::int64_t> shape;  ///< as it is computed with: open axes are 1
  std::vector<std::int64_t>
      declared;            ///< as in the file: open axes are -1; empty if nothing is said
  std::int64_t first = 0;  ///< of its elements, in the whole input or output

  std::int64_t features() const {
    std::int64_t product = 1;
    for (const std::int64_t extent : shape) product *= extent;
    return product;
  }
};

/// A whole network, from an input of `inputs` elements to the last of its layers, which are arranged.
struct Model {
  std::string file;
  std::int64_t inputs = 0;
  std::vector<ModelTensor> input_tensors, output_tensors;
  LayerGraph graph;

  std::int64_t outputs() const {
    return graph.size() <= 1 ? inputs : graph.layers.back().step.features;
  }

  /// What its input is called: "x", or "x, z" of several tensors.
  std::string input_name() const {
    std::string names;
    for (const ModelTensor& tensor : input_tensors)
      names += (names.empty() ? "" : ", ") + tensor.name;
    return names;
  }
};

}  // namespace shardbound::inline v0::io
