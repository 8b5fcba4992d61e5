// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// From a model to a plan that is written at run time, and the policies of its layers.

#include <shardbound/io/load.hpp>
#include <shardbound/network/planned_network.hpp>
#include <shardbound/sharding/policies.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

namespace io {

namespace detail {

/// The number of a step's activation in the list that networks are opened with.
template <class... F>
int number_of_activation(Functions<F...>, const Model& model, const Step& step) {
  const std::string_view names[] = {F::name...};
  const auto* const found = std::find(std::begin(names), std::end(names), step.activation);
  if (found == std::end(names))
    throw ArgumentError(model.file + ": node '" + step.node +
                        "': this program was built without the activation " + step.activation);
  return static_cast<int>(found - std::begin(names));
}

/// A product's map; elsewhere, that of what a layer reads, if it keeps it.
inline Shape shape_of(const LayerGraph::Layer& layer, const RuntimePlan& plan) {
  const auto features = static_cast<index_t>(layer.step.features);
  if (layer.step.geometry.out_channels > 0) return out_shape(layer.step.geometry);
  if (layer.step.kind != Step::Kind::scale_shift && layer.step.kind != Step::Kind::activation &&
      layer.step.kind != Step::Kind::residual)
    return Shape{features};
  const Shape& first = plan.nodes[static_cast<std::size_t>(layer.operands.front())].shape;
  for (const std::int32_t operand : layer.operands)
    if (!(plan.nodes[static_cast<std::size_t>(operand)].shape == first)) return Shape{features};
  return first;
}

/// The map that those who read the input see, if they all see the same; flat features otherwise.
inline Shape input_shape(const Model& model) {
  Shape found;
  for (const auto& [step, place, operands] : model.graph.layers)
    for (const std::int32_t operand : operands) {
      if (operand != 0 || step.geometry.out_channels == 0) continue;
      const Shape seen = in_shape(step.geometry);
      if (found.rank > 0 && !(found == seen)) return Shape{model.inputs};
      found = seen;
    }
  return found.rank > 0 ? found : Shape{model.inputs};
}

inline void cut_layers(RuntimePlan& plan, const Model& model, const Policies& policies) {
  const auto nodes = plan.written();
  for (Node& node : nodes)
    if (node.kind == NodeKind::product) node.cut = policies.cut;
  if (policies.of == Policies::Of::rows_and_columns) cut_rows_and_columns(nodes, plan.edges());
  for (const auto& [name, cut] : policies.layers) {
    bool found = false;
    for (std::size_t v = 1; v < nodes.size(); ++v) {
      const Step& step = model.graph.layers[v].step;
      if (name != step.node && name != step.tensor && name != std::to_string(v)) continue;
      if (nodes[v].kind != NodeKind::product)
        throw ArgumentError(model.file + ": layer '" + name +
                            "' has no matrix, so that no policy can be chosen for it");
      nodes[v].cut = cut;
      found = true;
    }
    if (!found)
      throw ArgumentError(model.file + ": there is no layer '" + name +
                          "' to choose a policy for. Fix: name it as `info` does");
  }
}

}  // namespace detail

/// The plan of a model, activations numbered as in `List`. Throws ArgumentError on policies for layers that are not
/// there.
template <class List = KnownFunctions>
RuntimePlan plan_of(const Model& model, const Policies& policies = {}) {
  std::size_t edges = 0;
  for (const auto& layer : model.graph.layers) edges += layer.operands.size();
  RuntimePlan plan(model.graph.layers.size(), edges);
  plan.begin(detail::input_shape(model));
  for (std::int32_t v = 1; v < model.graph.size(); ++v) {
    const auto& layer = model.graph.layers[static_cast<std::size_t>(v)];
    Node node;
    if (layer.step.kind == Step::Kind::activation)
      node = activation_node(List{}, detail::number_of_activation(List{}, model, layer.step));
    if (layer.step.kind == Step::Kind::scale_shift) node.operation = operation::scaled;
    node.kind = detail::node_kind(layer.step);
    node.shape = detail::shape_of(layer, plan);
    node.geometry = layer.step.geometry;
    node.run = layer.step.run;
    node.repeats = detail::repeats_of(layer.step);
    plan.push(node, layer.operands);
  }
  detail::cut_layers(plan, model, policies);
  plan.fold();
  return plan;
}

}  // namespace io

}  // namespace shardbound::inline v0
