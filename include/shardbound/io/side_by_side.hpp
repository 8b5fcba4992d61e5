// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks made of networks: several that share nothing, side by side in one graph, and one whose output
// also holds its input, so that what is asked of it may compare the two.

#include <shardbound/io/index_map.hpp>
#include <shardbound/io/model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

/// A join of layers, as the last of a graph.
inline void join_layers(LayerGraph& graph, std::vector<std::int32_t> operands,
                        std::int64_t features, const std::string& node) {
  Step step;
  step.kind = Step::Kind::concat;
  step.node = node;
  step.features = features;
  graph.layers.push_back({std::move(step), "node '" + node + "' (Concat)", std::move(operands)});
}

inline void shift_tensors(std::vector<ModelTensor>& tensors, std::int64_t by,
                          std::vector<ModelTensor>& into) {
  for (ModelTensor& tensor : tensors) {
    tensor.first += by;
    into.push_back(std::move(tensor));
  }
}

}  // namespace detail

/// The most inputs of networks that stand side by side.
inline constexpr std::int64_t inputs_limit = std::int64_t{1} << 24;

/// Several networks as one: its input is theirs, one after the other, and so is its output. Names of the tensors of
/// input and output stay as they are in each file; those of layers are preceded by the network's number, as in "1:fc".
/// Throws ArgumentError of no model, FormatError if the networks have more than 2^24 inputs together.
inline Model side_by_side(std::vector<Model> models) {
  if (models.empty()) throw ArgumentError("no network to put side by side");
  if (models.size() == 1) return std::move(models.front());
  Model all;
  for (const Model& model : models) {
    all.file += (all.file.empty() ? "" : ", ") + model.file;
    all.inputs += model.inputs;
  }
  if (all.inputs > inputs_limit)
    throw FormatError(all.file + ": networks of " + std::to_string(all.inputs) +
                      " inputs together are not supported; up to 2^24 are");
  all.graph.file = all.file;
  all.graph.layers.resize(1);
  all.graph.layers.front().step.features = all.inputs;
  std::vector<std::int32_t> ends;
  std::int64_t first = 0, outputs = 0;
  for (std::size_t number = 0; number < models.size(); ++number) {
    Model& model = models[number];
    const std::string prefix = std::to_string(number + 1) + ":";
    IndexMap own = identity_map(model.inputs);
    for (std::int32_t& from : own.from) from += static_cast<std::int32_t>(first);
    Step pick = gathering(own);
    pick.node = prefix + "input";
    pick.tensor = prefix + model.input_name();
    const std::int32_t base = all.graph.size();  // stands for the model's layer 0
    all.graph.layers.push_back({std::move(pick), model.file + ": its input", {0}});
    for (std::size_t v = 1; v < model.graph.layers.size(); ++v) {
      LayerGraph::Layer layer = std::move(model.graph.layers[v]);
      layer.step.node = prefix + layer.step.node;
      if (!layer.step.tensor.empty()) layer.step.tensor = prefix + layer.step.tensor;
      layer.place = model.file + ": " + layer.place;
      for (std::int32_t& operand : layer.operands) operand += base;
      all.graph.layers.push_back(std::move(layer));
    }
    const std::int64_t features = all.graph.layers.back().step.features;
    ends.push_back(all.graph.size() - 1);
    detail::shift_tensors(model.input_tensors, first, all.input_tensors);
    detail::shift_tensors(model.output_tensors, outputs, all.output_tensors);
    first += model.inputs, outputs += features;
  }
  detail::join_layers(all.graph, std::move(ends), outputs, "networks");
  return all;
}

/// A network with its whole input behind its output.
inline Model observing_inputs(Model model) {
  const std::int64_t outputs = model.outputs();
  detail::join_layers(model.graph, {model.graph.size() - 1, 0}, outputs + model.inputs, "inputs");
  std::vector<ModelTensor> inputs = model.input_tensors;
  detail::shift_tensors(inputs, outputs, model.output_tensors);
  return model;
}

}  // namespace shardbound::inline v0::io
