// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// From an ONNX graph to io::Model: which operators exist, what is read of a graph, in which order.
// Shapes are followed exactly for a batch of one; whatever is not understood exactly is refused
// with one sentence that names the file, the node and the operator.

#include <shardbound/io/model.hpp>
#include <shardbound/io/onnx_elementwise.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

class OnnxLowering {
 public:
  OnnxLowering(const InputFile& file, const OnnxGraph& graph)
      : file_(&file), graph_(&graph), scope_(file) {}

  Model model() {
    if (graph_->opset < 7)
      fail("operators of opset " + std::to_string(graph_->opset) +
           " are not supported; 7 and later "
           "are");
    if (graph_->outputs.size() != 1)
      fail("has " + std::to_string(graph_->outputs.size()) + " outputs; exactly one is supported");
    Model model;
    model.file = file_->name();
    define_initializers();
    define_input(model);
    const OnnxValueInfo& output = graph_->outputs.front();
    for (const OnnxNode* node : needed_for(output.name)) lower(*node);

    const OnnxValue* result = scope_.find(output.name);
    if (!result) fail("its output '" + output.name + "' is not computed by any node");
    if (result->constant) fail("its output '" + output.name + "' does not depend on its input");
    check_output(output, *result);
    model.graph = arranged(scope_.take_layers(), result->layer);
    if (model.graph.size() <= 1) fail("holds no layer: its output is its input");
    return model;
  }

 private:
  void define_initializers() {
    for (const OnnxTensor& tensor : graph_->initializers) {
      if (tensor.name.empty()) fail("holds an initializer without a name");
      scope_.define(tensor.name, {tensor.shape, &tensor, -1});
    }
  }

  void define_input(Model& model) {
    const OnnxValueInfo* input = nullptr;
    for (const OnnxValueInfo& candidate : graph_->inputs) {
      if (scope_.find(candidate.name)) continue;  // an initializer, listed once more
      if (input)
        fail("has more than one input ('" + input->name + "', '" + candidate.name +
             "'); exactly one is supported");
      input = &candidate;
    }
    if (!input) fail("has no input");
    const std::string who = "input '" + input->name + "' ";
    if (!is_float(input->type))
      fail(who + "holds numbers of type " + onnx_type_name(input->type) +
           "; float and double are supported");
    if (!input->has_shape) fail(who + "has no shape");
    OnnxShape shape = input->shape;
    if (shape.size() < 2)
      fail(who + "has the shape " + to_string(shape) +
           "; a batch axis and at least one more are "
           "needed");
    if (shape[0] == OnnxValueInfo::open) shape[0] = 1;
    if (shape[0] != 1)
      fail(who + "has a fixed batch of " + std::to_string(shape[0]) +
           "; 1 or an open one is "
           "supported");
    for (std::size_t axis = 1; axis < shape.size(); ++axis)
      if (shape[axis] == OnnxValueInfo::open)
        fail(who + "has an open extent on axis " + std::to_string(axis) +
             "; only the batch axis, 0, may be open");
    model.input_tensor = input->name;
    model.inputs = count_elements(shape, [&](const std::string& what) { fail(who + what); });
    if (model.inputs < 1 || model.inputs > OnnxScope::feature_limit)
      fail(who + "has the shape " + to_string(shape) + "; 1 to " +
           std::to_string(OnnxScope::feature_limit) + " elements are supported");
    scope_.define(input->name, {std::move(shape), nullptr, 0});
  }

  // The nodes that the output depends on, in file order, by walking back from it.
  std::vector<const OnnxNode*> needed_for(const std::string& output) {
    std::unordered_map<std::string_view, const OnnxNode*> producer;
    for (const OnnxNode& node : graph_->nodes)
      for (const std::string& name : node.outputs)
        if (!name.empty() && !producer.emplace(name, &node).second)
          fail("tensor '" + name + "' is computed by two nodes");
    std::unordered_set<const OnnxNode*> seen;
    std::vector<const OnnxNode*> needed;
    const auto want = [&](const std::string& name) {
      const auto found = producer.find(name);
      if (found != producer.end() && seen.insert(found->second).second)
        needed.push_back(found->second);
    };
    want(output);
    for (std::size_t next = 0; next < needed.size(); ++next) {
      const OnnxNode* node = needed[next];
      for (const std::string& name : node->inputs) want(name);
    }
    std::sort(needed.begin(), needed.end(),
              [](const OnnxNode* a, const OnnxNode* b) { return a->index < b->index; });
    return needed;
  }

  static std::map<std::string_view, OnnxRule> all_rules() {
    namespace rules = onnx_rules;
    std::map<std::string_view, OnnxRule> all = {
        {"Add", rules::arithmetic},    {"BatchNormalization", rules::batch_normalization},
        {"Cast", rules::identity},     {"Concat", rules::concat},
        {"Div", rules::arithmetic},    {"Dropout", rules::identity},
        {"Flatten", rules::flatten},   {"Gemm", rules::gemm},
        {"Identity", rules::identity}, {"MatMul", rules::mat_mul},
        {"Mul", rules::arithmetic},    {"Neg", rules::negate},
        {"Reshape", rules::reshape},   {"Squeeze", rules::squeeze},
        {"Sub", rules::arithmetic},    {"Unsqueeze", rules::unsqueeze}};
    for_each_known_activation([&]<class F>(const F&) {
      if constexpr (requires { F::onnx; }) all.emplace(F::onnx, rules::activation<F>);
    });
    return all;
  }

  void lower(const OnnxNode& node) {
    static const auto known = all_rules();
    scope_.enter(node);
    if (!node.domain.empty() && node.domain != "ai.onnx")
      scope_.fail("operators of the domain '" + node.domain + "' are not supported");
    if (node.op_type == "Constant") return constant(node);
    const auto rule = known.find(node.op_type);
    if (rule == known.end())
      scope_.fail(
          "this operator is not supported; fully connected layers, activations, arithmetic with "
          "constants, sums, concatenations and changes of shape are");
    rule->second(scope_);
  }

  // Constant: the tensor that one of its attributes holds.
  void constant(const OnnxNode& node) {
    using Kind = OnnxAttribute::Kind;
    OnnxTensor made;
    made.name = node.outputs.empty() ? "" : node.outputs.front();
    const auto size = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
    if (const auto* tensor = scope_.attribute_of("value", Kind::tensor)) {
      made = tensor->tensor;
      if (made.name.empty() && !node.outputs.empty()) made.name = node.outputs.front();
    } else if (const auto* number = scope_.attribute_of("value_float", Kind::float32)) {
      made.type = OnnxType::float64, made.elements = 1, made.numbers = {number->number};
    } else if (const auto* numbers = scope_.attribute_of("value_floats", Kind::floats)) {
      made.type = OnnxType::float64, made.numbers = numbers->numbers;
      made.shape = {made.elements = size(made.numbers)};
    } else if (const auto* integer = scope_.attribute_of("value_int", Kind::integer)) {
      made.type = OnnxType::int64, made.elements = 1, made.integers = {integer->integer};
    } else if (const auto* integers = scope_.attribute_of("value_ints", Kind::integers)) {
      made.type = OnnxType::int64, made.integers = integers->integers;
      made.shape = {made.elements = size(made.integers)};
    } else {
      scope_.fail("it holds no tensor of numbers");
    }
    scope_.give_constant(made_.emplace_back(std::move(made)));
  }

  void check_output(const OnnxValueInfo& output, const OnnxValue& result) const {
    const auto open = std::find(output.shape.begin(), output.shape.end(), OnnxValueInfo::open);
    if (!output.has_shape || open != output.shape.end()) return;
    const std::int64_t said = count_elements(output.shape, [&](const std::string& what) {
      fail("output '" + output.name + "' " + what);
    });
    if (said != result.features())
      fail("output '" + output.name + "' is said to have the shape " + to_string(output.shape) +
           ", but its nodes compute " + to_string(result.shape));
  }

  [[noreturn]] void fail(const std::string& sentence) const {
    throw FormatError(file_->name() + ": " + sentence);
  }

  const InputFile* file_;
  const OnnxGraph* graph_;
  std::deque<OnnxTensor> made_;  // stays put while it grows; constants point into it
  OnnxScope scope_;
};

}  // namespace detail

/// Lowers a graph that was read from this file.
inline Model lower_onnx(const InputFile& file, const OnnxGraph& graph) {
  return detail::OnnxLowering(file, graph).model();
}

/// Reads a network from an ONNX file, of which the parameters stay in the file. Throws FormatError
/// with one sentence naming file, node and operator for whatever is damaged or not supported.
inline Model read_onnx(const InputFile& file) { return lower_onnx(file, read_onnx_graph(file)); }
inline Model read_onnx(const std::string& path) { return read_onnx(InputFile(path)); }

}  // namespace shardbound::inline v0::io
