// SPDX-License-Identifier: BSD-3-Clause

// Any bytes as an ONNX file: they lower to a model whose layers fit together and whose parameters can be
// read, whichever of its tensors are observed, or they end in a FormatError. Nothing else may escape, and no
// memory is taken beyond what the bytes account for and the limits on what is made while reading allow.

#include <shardbound/io/generate.hpp>
#include <shardbound/io/onnx_lower.hpp>
#include <shardbound/io/parameter.hpp>
#include <shardbound/io/side_by_side.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

void read_parameters(const shardbound::io::LayerGraph& graph) {
  std::vector<float> row;
  for (const auto& layer : graph.layers)
    for (const auto* source : {&layer.step.weight, &layer.step.bias}) {
      row.resize(static_cast<std::size_t>(source->columns));
      for (std::int64_t first = 0; first < source->rows; ++first)
        shardbound::io::read_parameter(*source, first, 1, row.data());
    }
}

void require(bool holds) {
  if (!holds) std::abort();
}

std::int64_t features(const std::vector<shardbound::io::ModelTensor>& tensors) {
  std::int64_t sum = 0;
  for (const auto& tensor : tensors) {
    require(tensor.first == sum);
    sum += tensor.features();
  }
  return sum;
}

// A model is whole: every layer has the features that its operands and parameters make.
void check(const shardbound::io::Model& model) {
  using Kind = shardbound::io::Step::Kind;
  const auto& layers = model.graph.layers;
  require(layers.size() > 1 && features(model.input_tensors) == model.inputs &&
          features(model.output_tensors) == model.outputs());
  const auto of = [&](std::int32_t layer) {
    return layer == 0 ? model.inputs : layers[static_cast<std::size_t>(layer)].step.features;
  };
  for (std::size_t v = 1; v < layers.size(); ++v) {
    const auto& [step, place, operands] = layers[v];
    require(!operands.empty());
    std::int64_t sum = 0;
    for (const std::int32_t operand : operands) {
      require(operand >= 0 && operand < static_cast<std::int32_t>(v));
      sum += of(operand);
    }
    const std::int64_t in = of(operands.front());
    if (step.kind == Kind::linear && step.geometry.in_channels > 0) {
      const auto& geometry = step.geometry;
      require(geometry.in_features() == in && geometry.out_features() == step.features);
      require((step.weight.transposed ? step.weight.rows : step.weight.columns) ==
              geometry.width());
      require((step.weight.transposed ? step.weight.columns : step.weight.rows) ==
              geometry.out_channels);
      require(geometry.in_channels % geometry.groups == 0 &&
              geometry.out_channels % geometry.groups == 0);
      require(step.bias.empty() || step.bias.rows * step.bias.columns == geometry.out_channels);
    } else if (step.kind == Kind::linear) {
      const auto& weight = step.weight;
      require((weight.transposed ? weight.rows : weight.columns) == in);
      require((weight.transposed ? weight.columns : weight.rows) == step.features);
      require(step.bias.empty() || step.bias.rows * step.bias.columns == step.features);
    } else if (step.kind == Kind::concat) {
      require(sum == step.features);
    } else if (step.kind == Kind::gather) {
      require(static_cast<std::int64_t>(step.indices.size()) == step.features);
      require(step.fill.empty() || step.fill.size() == step.indices.size());
      for (const std::int32_t index : step.indices) require(index >= -1 && index < in);
    } else if (step.kind == Kind::sum || step.kind == Kind::maximum) {
      require(step.run > 0 && in == step.features * step.run);
    } else {
      for (const std::int32_t operand : operands) require(of(operand) == step.features);
      const bool meets = step.kind == Kind::residual || step.kind == Kind::multiply;
      require(operands.size() == (meets ? 2 : 1));
      if (step.kind == Kind::softmax) require(step.run > 0 && in % step.run == 0);
    }
    if (step.kind == Kind::scale_shift)
      require(static_cast<std::int64_t>(step.scale.size()) == step.features &&
              static_cast<std::int64_t>(step.shift.size()) == step.features);
  }
  read_parameters(model.graph);
}

// Runs `action`, which may refuse what it is given.
template <class Action>
void attempt(Action action) {
  try {
    action();
  } catch (const shardbound::FormatError&) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace io = shardbound::io;
  attempt([&] {
    const auto file = std::make_shared<const io::InputFile>(io::InputFile::from_bytes(
        std::string(reinterpret_cast<const char*>(data), size), "fuzz.onnx", 1 << 22));
    const auto graph = io::read_onnx_graph(*file);
    attempt([&] {
      io::Wanted wanted;
      wanted.features = graph.outputs.empty() ? 0 : 4;
      const auto model = io::read_onnx(file, wanted);
      check(model);
      check(io::observing_inputs(io::side_by_side({model, model})));
      static_cast<void>(io::network_header(model));
    });
    attempt([&] {
      io::Wanted wanted;
      for (const auto& node : graph.nodes)
        if (wanted.tensors.size() < 3 && !node.outputs.empty())
          wanted.tensors.push_back(node.outputs.front());
      for (const auto& input : io::graph_inputs(graph))
        wanted.inputs += static_cast<std::int64_t>(input.shape.size()) + 1;
      check(io::read_onnx(file, wanted));
    });
  });
  return 0;
}
