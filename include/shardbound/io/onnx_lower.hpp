// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// From an ONNX graph to io::Model: which operators exist, what is read of a graph, in which order.
// Shapes are followed exactly, open batch axes being one; whatever is not understood exactly is refused
// with one sentence that names the file, the node and the operator.

#include <shardbound/io/model.hpp>
#include <shardbound/io/onnx_attributes.hpp>
#include <shardbound/io/onnx_external.hpp>
#include <shardbound/io/onnx_order.hpp>
#include <shardbound/io/onnx_rules.hpp>
#include <shardbound/io/wanted.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// The first and the last version of ONNX's operators whose meaning the reader knows.
inline constexpr std::int64_t first_opset = 7, last_opset = OnnxScope::newest_opset;

namespace detail {

class OnnxLowering {
 public:
  OnnxLowering(std::shared_ptr<const InputFile> file, const OnnxGraph& graph, const Wanted& wanted)
      : file_(std::move(file)), graph_(&graph), wanted_(&wanted), scope_(file_, graph.opset) {}

  Model model() {
    if (graph_->opset < first_opset || graph_->opset > last_opset)
      fail("operators of opset " + std::to_string(graph_->opset) + " are not supported; " +
           std::to_string(first_opset) + " to " + std::to_string(last_opset) + " are");
    const auto names = observed_tensors(*graph_, *wanted_, file_->name());
    OnnxOrder order(*graph_, file_->name());
    const auto nodes = order.needed_for(names);
    Model model;
    model.file = file_->name();
    for (const OnnxTensor& tensor : graph_->initializers) {
      if (tensor.name.empty()) fail("holds an initializer without a name");
      scope_.define(tensor.name, {tensor.shape, &tensor});
    }
    define_inputs(nodes, names, model);
    for (const OnnxNode* node : nodes) lower(*node);
    const std::int32_t last = observe(names, model);
    model.graph = arranged(scope_.take_layers(), last);
    if (model.graph.size() == 1) keep_identity(model);
    return model;
  }

 private:
  // The elements of all inputs, one input after the other.
  void define_inputs(const std::vector<const OnnxNode*>& nodes,
                     const std::vector<std::string>& names, Model& model) {
    std::unordered_set<std::string_view> read(names.begin(), names.end());
    for (const OnnxNode* node : nodes) read.insert(node->inputs.begin(), node->inputs.end());
    const std::vector<OnnxValueInfo> inputs = graph_inputs(*graph_);
    // A network that reads nothing still has an input.
    if (std::none_of(inputs.begin(), inputs.end(),
                     [&](const OnnxValueInfo& input) { return read.contains(input.name); }))
      for (const OnnxValueInfo& input : inputs) read.insert(input.name);
    std::int64_t all = 0;
    for (const OnnxValueInfo& input : inputs) {
      ModelTensor tensor{input.name, input.type, {}, input.shape, 0};
      const bool is_read = read.contains(input.name);
      if (is_read || wanted_->inputs > 0) {
        const std::string wrong = refusal(input);
        if (is_read && !wrong.empty()) fail("input '" + input.name + "' " + wrong);
        tensor.shape = instantiated(input.shape);
        all = wrong.empty() && all >= 0 ? all + tensor.features() : -1;
      }
      model.input_tensors.push_back(std::move(tensor));
    }
    if (model.input_tensors.empty()) fail("has no input");
    if (wanted_->inputs <= 0 || all != wanted_->inputs)
      std::erase_if(model.input_tensors,
                    [&](const ModelTensor& tensor) { return !read.contains(tensor.name); });
    for (ModelTensor& tensor : model.input_tensors) {
      tensor.first = model.inputs;
      model.inputs += tensor.features();
      if (model.inputs > OnnxScope::feature_limit)
        fail("has inputs of more than " + std::to_string(OnnxScope::feature_limit) + " elements");
    }
    scope_.set_inputs(model.inputs);
    for (const ModelTensor& tensor : model.input_tensors)
      scope_.define(tensor.name, scope_.some_of_input(tensor.first, tensor.shape));
  }

  // Why a tensor cannot be an input; empty if it can.
  static std::string refusal(const OnnxValueInfo& input) {
    if (input.type != OnnxType::float32 && input.type != OnnxType::float64)
      return "holds numbers of type " + onnx_type_name(input.type) +
             "; float and double are supported";
    if (!input.has_shape) return "has no shape";
    const OnnxShape shape = instantiated(input.shape);
    for (std::size_t axis = 1; axis < shape.size(); ++axis)
      if (shape[axis] == OnnxValueInfo::open)
        return "has an open extent on axis " + std::to_string(axis) +
               "; only the batch axis, 0, may be open";
    std::string wrong;
    const std::int64_t features =
        count_elements(shape, [&](const std::string& what) { wrong = what; });
    if (wrong.empty() && (features < 1 || features > OnnxScope::feature_limit))
      wrong = "has the shape " + to_string(shape) + "; 1 to " +
              std::to_string(OnnxScope::feature_limit) + " elements are supported";
    return wrong;
  }

  void lower(const OnnxNode& node) {
    static const auto of_layers = onnx_rules_of_layers(), of_constants = onnx_rules_of_constants();
    scope_.enter(node);
    if (!node.domain.empty() && node.domain != "ai.onnx")
      scope_.fail("operators of the domain '" + node.domain + "' are not supported");
    check_attributes(scope_);
    if (node.op_type == "Constant") return constant(node);
    const auto folded = of_constants.find(node.op_type);
    if (folded != of_constants.end() && all_constant(node)) return folded->second(scope_);
    const auto rule = of_layers.find(node.op_type);
    if (rule != of_layers.end()) return rule->second(scope_);
    for (const OnnxOperator& own : wanted_->operators)
      if (own.type == node.op_type) return own.rule(scope_);
    scope_.fail(
        folded != of_constants.end()
            ? "this operator is supported where its operands are constants"
            : "this operator is not supported; fully connected layers, convolutions, pools, "
              "arithmetic, concatenations, choices of elements and of activations " +
                  onnx_activation_names() + " are");
  }

  bool all_constant(const OnnxNode& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) {
      const OnnxValue* value = scope_.find(name);
      return name.empty() || (value && value->constant);
    });
  }

  // Constant: the tensor that one of its attributes holds.
  void constant(const OnnxNode& node) {
    using Kind = OnnxAttribute::Kind;
    if (node.attributes.size() > 1) scope_.fail("it holds more than one thing");
    OnnxTensor made;
    OnnxShape shape;
    const auto list = [&](const auto& numbers) {
      shape = {static_cast<std::int64_t>(numbers.size())};
    };
    if (const auto* tensor = scope_.attribute_of("value", Kind::tensor))
      return scope_.give({tensor->tensor.shape, &tensor->tensor});
    if (const auto* number = scope_.attribute_of("value_float", Kind::float32)) {
      made.type = OnnxType::float64, made.numbers = {number->number};
    } else if (const auto* numbers = scope_.attribute_of("value_floats", Kind::floats)) {
      made.type = OnnxType::float64, made.numbers = numbers->numbers;
      list(made.numbers);
    } else if (const auto* integer = scope_.attribute_of("value_int", Kind::integer)) {
      made.type = OnnxType::int64, made.integers = {integer->integer};
    } else if (const auto* integers = scope_.attribute_of("value_ints", Kind::integers)) {
      made.type = OnnxType::int64, made.integers = integers->integers;
      list(made.integers);
    } else {
      scope_.fail("it holds no tensor of numbers");
    }
    scope_.give(scope_.made_constant(std::move(made), std::move(shape)));
  }

  // The layer that outputs all observed tensors.
  std::int32_t observe(const std::vector<std::string>& names, Model& model) {
    std::vector<std::int32_t> layers;
    std::int64_t first = 0;
    scope_.enter(joining_);
    for (const std::string& name : names) {
      const OnnxValue* value = scope_.find(name);
      if (!value) fail("its tensor '" + name + "' is neither an input nor computed by any node");
      ModelTensor tensor{name, OnnxType::none, value->shape, {}, first};
      for (const auto* list : {&graph_->inputs, &graph_->outputs})
        for (const OnnxValueInfo& info : *list)
          if (info.name == name) tensor.type = info.type, tensor.declared = info.shape;
      for (const OnnxValueInfo& output : graph_->outputs)
        if (output.name == name) check_output(output, *value);
      first += value->features();
      model.output_tensors.push_back(std::move(tensor));
      const auto refuse = [&](const std::string& what) { fail(what); };
      layers.push_back(scope_.layer_of(
          value->constant ? as_features(*value, OnnxScope::feature_limit, refuse) : *value));
    }
    if (layers.size() == 1) return layers.front();
    Step step;
    step.kind = Step::Kind::concat;
    return scope_.add_layer(std::move(step), layers, {first}).layer;
  }

  // A stale batch extent is no matter, and an open one says nothing; other extents are the file's word.
  void check_output(const OnnxValueInfo& output, const OnnxValue& result) const {
    const OnnxShape& said = output.shape;
    if (!output.has_shape) return;
    if (!said.empty() && std::any_of(said.begin() + 1, said.end(), [](auto e) { return e < 0; }))
      return;
    const std::int64_t elements = count_elements(instantiated(said), [&](const std::string& what) {
      fail("output '" + output.name + "' " + what);
    });
    if (elements == result.features()) return;
    const bool may_be_stale = !said.empty() && (said.size() > 1 || said[0] <= 0);
    if (!may_be_stale || said.size() != result.shape.size() ||
        !std::equal(said.begin() + 1, said.end(), result.shape.begin() + 1))
      fail("output '" + output.name + "' is said to have the shape " + to_string(said) +
           ", but its nodes compute " + to_string(result.shape));
  }

  // A network whose output is its input has one layer that changes nothing.
  static void keep_identity(Model& model) {
    Step step;
    step.kind = Step::Kind::scale_shift;
    step.node = "identity";
    step.tensor = printable(model.output_tensors.front().name);
    step.features = model.inputs;
    step.scale.assign(static_cast<std::size_t>(model.inputs), 1);
    step.shift.assign(static_cast<std::size_t>(model.inputs), 0);
    model.graph.layers.push_back({std::move(step), "the identity", {0}});
  }

  [[noreturn]] void fail(const std::string& sentence) const {
    throw format_error(file_->name(), sentence);
  }

  std::shared_ptr<const InputFile> file_;
  const OnnxGraph* graph_;
  const Wanted* wanted_;
  OnnxScope scope_;
  const OnnxNode joining_{0, "outputs", "Concat", {}, {}, {}, {}};
};

}  // namespace detail

/// Lowers a graph that was read from this file, with the files of its tensors open.
inline Model lower_onnx(std::shared_ptr<const InputFile> file, const OnnxGraph& graph,
                        const Wanted& wanted = {}) {
  return detail::OnnxLowering(std::move(file), graph, wanted).model();
}

/// Reads a network from an ONNX file, of which the parameters stay in the file. Throws FormatError
/// with one sentence naming file, node and operator for whatever is damaged or not supported.
inline Model read_onnx(std::shared_ptr<const InputFile> file, const Wanted& wanted = {}) {
  OnnxGraph graph = read_onnx_graph(*file);
  attach_files(graph, file);
  return lower_onnx(std::move(file), graph, wanted);
}
inline Model read_onnx(InputFile&& file, const Wanted& wanted = {}) {
  return read_onnx(std::make_shared<const InputFile>(std::move(file)), wanted);
}
inline Model read_onnx(const std::string& path, const Wanted& wanted = {}) {
  return read_onnx(InputFile(path), wanted);
}

}  // namespace shardbound::inline v0::io
