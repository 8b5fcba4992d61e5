// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which part of a file is wanted as a network: which tensors are observed, and which of the graph's
// inputs belong to the network's input.

#include <shardbound/io/onnx_graph.hpp>
#include <shardbound/io/onnx_scope.hpp>
#include <shardbound/io/onnx_shape.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace shardbound::inline v0::io {

/// What a caller knows of the network that it wants from a file.
struct Wanted {
  /// Graph outputs, tensors inside, or graph inputs that are observed: the network's output is these, one after the
  /// other. Empty: the graph's output.
  std::vector<std::string> tensors{};
  /// Elements of the output, as in a property; decides among several graph outputs where `tensors` is empty: the first
  /// that is said to have so many. 0: not known.
  std::int64_t features = 0;
  /// Elements of the input, as in a property. Graph inputs that no node needs belong to the network's input if all
  /// inputs together have so many elements; else, and if this is 0, they are left out.
  std::int64_t inputs = 0;
  std::vector<OnnxOperator> operators{};  ///< of the caller's own
};

/// The inputs of a graph that are not constants listed once more.
inline std::vector<OnnxValueInfo> graph_inputs(const OnnxGraph& graph) {
  std::unordered_set<std::string> constants;
  for (const OnnxTensor& tensor : graph.initializers) constants.insert(tensor.name);
  std::vector<OnnxValueInfo> out;
  for (const OnnxValueInfo& input : graph.inputs)
    if (!constants.contains(input.name)) out.push_back(input);
  return out;
}

namespace detail {

/// A shape as it is computed with: an open first axis, also written as 0, has an extent of one.
inline OnnxShape instantiated(OnnxShape shape) {
  if (!shape.empty() && shape[0] <= 0) shape[0] = 1;
  return shape;
}

inline bool has_features(const OnnxValueInfo& output, std::int64_t features) {
  const OnnxShape shape = instantiated(output.shape);
  if (!output.has_shape || std::any_of(shape.begin(), shape.end(), [](auto e) { return e < 1; }))
    return false;
  bool beyond = false;
  return count_elements(shape, [&](const std::string&) { beyond = true; }) == features && !beyond;
}

}  // namespace detail

/// The tensors that a network's output consists of. Throws FormatError if the file leaves a choice that `wanted` does
/// not make.
inline std::vector<std::string> observed_tensors(const OnnxGraph& graph, const Wanted& wanted,
                                                 const std::string& file) {
  if (!wanted.tensors.empty()) return wanted.tensors;
  if (graph.outputs.empty()) throw FormatError(file + ": has no output");
  if (graph.outputs.size() == 1) return {graph.outputs.front().name};
  for (const OnnxValueInfo& output : graph.outputs)
    if (wanted.features > 0 && detail::has_features(output, wanted.features)) return {output.name};
  std::string list;
  for (const OnnxValueInfo& output : graph.outputs)
    list += (list.empty() ? "'" : ", '") + output.name + "' " +
            (output.has_shape ? to_string(output.shape) : "of no said shape");
  throw format_error(
      file, "has " + std::to_string(graph.outputs.size()) + " outputs, " + list +
                (wanted.features > 0 ? ", none of " + std::to_string(wanted.features) + " elements"
                                     : "") +
                ". Fix: choose with --output");
}

}  // namespace shardbound::inline v0::io
