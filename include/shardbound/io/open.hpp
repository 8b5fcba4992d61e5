// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// onnx::open: a network from a file, without a type. Its plan is made of the file's layers at run time; bounds are
// those of the type that a person would have written, bit by bit.

#include <shardbound/io/load.hpp>
#include <shardbound/io/onnx_lower.hpp>
#include <shardbound/network/planned_network.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
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

namespace io {

namespace detail {

/// The number of an activation in the list that networks are opened with.
template <class... F>
int number_of_activation(Functions<F...>, std::string_view name) {
  const std::string_view names[] = {F::name...};
  return static_cast<int>(std::find(std::begin(names), std::end(names), name) - std::begin(names));
}

inline void cut_layers(RuntimePlan& plan, const Model& model, const Policies& policies) {
  const auto nodes = plan.written();
  for (Node& node : nodes)
    if (node.kind == NodeKind::product) node.cut = policies.cut;
  if (policies.of == Policies::Of::rows_and_columns)
    cut_rows_and_columns(nodes, plan.edges());
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
  plan.begin(Shape{model.inputs});
  for (std::int32_t v = 1; v < model.graph.size(); ++v) {
    const auto& layer = model.graph.layers[static_cast<std::size_t>(v)];
    Node node;
    node.kind = detail::node_kind(layer.step);
    node.shape = Shape{layer.step.features};
    if (layer.step.kind == Step::Kind::scale_shift) node.operation = operation::scaled;
    if (layer.step.kind == Step::Kind::activation)
      node.operation = detail::number_of_activation(List{}, layer.step.activation);
    plan.push(node, layer.operands);
  }
  detail::cut_layers(plan, model, policies);
  plan.fold();
  return plan;
}

}  // namespace io

namespace onnx {

/// A network from a file. What is said of Network holds; it stays where it was made.
template <class T = double, class Backend = EigenBackend, class List = KnownFunctions>
class OpenNetwork : public PlannedNetwork<T, Backend, List> {
 public:
  OpenNetwork(const io::InputFile& file, const io::Model& model, AnyCommunicator communicator,
              const Policies& policies, std::unique_ptr<Backend> backend)
      : PlannedNetwork<T, Backend, List>(io::plan_of<List>(model, policies),
                                         std::move(communicator), std::move(backend)) {
    io::load(*this, file, model);
  }
};

/// Opens `path` (.onnx or .onnx.gz) on this rank of a communicator; every rank keeps what is its own. Throws
/// FormatError, one sentence that names file and node, and ArgumentError on policies for layers that are not there.
template <class T = double, class Backend = EigenBackend>
OpenNetwork<T, Backend> open(const std::string& path, AnyCommunicator communicator = {},
                             const Policies& policies = {}, int threads = 1) {
  const io::InputFile file(path);
  return OpenNetwork<T, Backend>(file, io::read_onnx(file), std::move(communicator), policies,
                                 std::make_unique<Backend>(threads));
}

}  // namespace onnx
}  // namespace shardbound::inline v0
