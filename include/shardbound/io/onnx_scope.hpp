// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the rule of one ONNX operator sees while a graph is lowered: its operands, each a constant
// or a tensor that depends on the input, with exact shapes; its attributes; and where its result
// goes. Shapes are those of a batch of one, so an operator is understood exactly or refused.

#include <shardbound/io/onnx_graph.hpp>
#include <shardbound/io/layer_graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

using OnnxShape = std::vector<std::int64_t>;

/// "[1, 784]"
inline std::string to_string(const OnnxShape& shape) {
  std::string out = "[";
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    out += (axis ? ", " : "") + std::to_string(shape[axis]);
  return out + "]";
}

/// The product of shape[first .. last).
inline std::int64_t extent(const OnnxShape& shape, std::size_t first, std::size_t last) {
  std::int64_t product = 1;
  for (std::size_t axis = first; axis < last; ++axis) product *= shape[axis];
  return product;
}

inline std::int64_t extent(const OnnxShape& shape) { return extent(shape, 0, shape.size()); }

/// The shape that two shapes broadcast to, or nothing if they do not.
inline std::optional<OnnxShape> broadcast(const OnnxShape& a, const OnnxShape& b) {
  OnnxShape out(std::max(a.size(), b.size()), 1);
  for (std::size_t back = 1; back <= out.size(); ++back) {
    const std::int64_t in_a = back <= a.size() ? a[a.size() - back] : 1;
    const std::int64_t in_b = back <= b.size() ? b[b.size() - back] : 1;
    if (in_a != in_b && in_a != 1 && in_b != 1) return std::nullopt;
    out[out.size() - back] = in_a == 1 ? in_b : in_a;
  }
  return out;
}

/// A tensor of the graph: a constant, or the output of a layer.
struct OnnxValue {
  OnnxShape shape;
  const OnnxTensor* constant = nullptr;
  std::int32_t layer = -1;

  std::int64_t features() const { return extent(shape); }
};

/// The state of a lowering, and the node that is being lowered.
class OnnxScope {
 public:
  /// More features than any network has; keeps a hostile shape from eating the memory.
  static constexpr std::int64_t feature_limit = std::int64_t{1} << 24;

  /// The same for constants that are spread over the features, all nodes together.
  static constexpr std::int64_t spread_limit = 4 * feature_limit;

  explicit OnnxScope(const InputFile& file) : file_(&file) {
    layers_.file = file.name();
    layers_.layers.resize(1);
  }

  // --- between nodes

  void define(const std::string& name, OnnxValue value) {
    if (!values_.emplace(name, std::move(value)).second)
      throw FormatError(file_->name() + ": tensor '" + name + "' is defined twice");
  }

  const OnnxValue* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }

  void enter(const OnnxNode& node) { node_ = &node; }

  LayerGraph take_layers() { return std::move(layers_); }

  // --- inside a node

  const InputFile& file() const { return *file_; }
  const OnnxNode& node() const { return *node_; }

  /// "node 'conv1' (Conv)", or by its index if it has no name.
  std::string place() const { return "node '" + node_name() + "' (" + node_->op_type + ")"; }

  [[noreturn]] void fail(const std::string& sentence) const {
    throw FormatError(file_->name() + ": " + place() + ": " + sentence);
  }

  bool has(std::size_t operand) const {
    return operand < node_->inputs.size() && !node_->inputs[operand].empty();
  }

  const OnnxValue& operand(std::size_t operand) const {
    if (!has(operand)) fail("operand " + std::to_string(operand) + " is missing");
    const OnnxValue* value = find(node_->inputs[operand]);
    if (!value)
      fail("its operand '" + node_->inputs[operand] +
           "' is not the first output of a node before "
           "it: the graph has a cycle, is not sorted, or is incomplete");
    return *value;
  }

  /// An operand that depends on the network's input.
  const OnnxValue& variable(std::size_t index) const {
    const OnnxValue& value = operand(index);
    if (value.constant)
      fail("operand '" + node_->inputs[index] +
           "' is a constant where only a tensor that depends on "
           "the network's input is supported");
    return value;
  }

  /// An operand that is a constant of the file.
  const OnnxTensor& constant(std::size_t index) const {
    const OnnxValue& value = operand(index);
    if (!value.constant)
      fail("operand '" + node_->inputs[index] +
           "' depends on the network's input where only a "
           "constant is supported");
    return *value.constant;
  }

  void want_operands(std::size_t least, std::size_t most) const {
    const std::size_t count = node_->inputs.size();
    if (count < least || count > most)
      fail("has " + std::to_string(count) + " operands where " + std::to_string(least) +
           (least == most ? "" : " to " + std::to_string(most)) + " are wanted");
  }

  std::int64_t integer(const std::string& attribute, std::int64_t otherwise) const {
    const auto* found = attribute_of(attribute, OnnxAttribute::Kind::integer);
    return found ? found->integer : otherwise;
  }

  double number(const std::string& attribute, double otherwise) const {
    const auto* found = attribute_of(attribute, OnnxAttribute::Kind::float32);
    return found ? found->number : otherwise;
  }

  /// A list of integers: the attribute if it is there, else the constant operand, else nothing.
  std::optional<std::vector<std::int64_t>> integers(const std::string& attribute,
                                                    std::size_t operand) const {
    if (const auto* found = attribute_of(attribute, OnnxAttribute::Kind::integers))
      return found->integers;
    if (!has(operand)) return std::nullopt;
    return read_integers(*file_, constant(operand));
  }

  /// Its attribute of this kind, or nothing; throws if it is of another kind.
  const OnnxAttribute* attribute_of(const std::string& name, OnnxAttribute::Kind kind) const {
    const auto* found = node_->find(name);
    if (found && found->kind != kind) fail("its attribute '" + name + "' has the wrong type");
    return found;
  }

  /// An axis of a tensor of `rank` axes, counted from the end if negative.
  std::size_t axis(std::int64_t axis, std::size_t rank) const {
    const auto axes = static_cast<std::int64_t>(rank);
    if (axis < -axes || axis >= axes)
      fail("axis " + std::to_string(axis) + " does not exist in a tensor of " +
           std::to_string(axes) + " axes");
    return static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
  }

  /// Counts numbers that are about to be spread over features.
  void count_spread(std::int64_t features) {
    spread_ += features;
    if (spread_ > spread_limit)
      fail("constants spread over more than " + std::to_string(spread_limit) +
           " features are not supported");
  }

  /// The result is an operand with another shape: no layer of its own.
  void give_same(const OnnxValue& value, OnnxShape shape) {
    OnnxValue same = value;
    same.shape = std::move(shape);
    give(std::move(same));
  }

  /// The result is a constant.
  void give_constant(const OnnxTensor& tensor) { give({tensor.shape, &tensor, -1}); }

  /// The result is what a new layer outputs, of this shape.
  void give_layer(Step step, std::vector<std::int32_t> operands, OnnxShape shape) {
    const std::int64_t features =
        count_elements(shape, [&](const std::string& sentence) { fail("its result " + sentence); });
    if (features < 1 || features > feature_limit)
      fail("a result of shape " + to_string(shape) + " is not supported; 1 to " +
           std::to_string(feature_limit) + " features are");
    step.node = node_name();
    step.tensor = node_->outputs.empty() ? "" : node_->outputs.front();
    step.features = features;
    layers_.layers.push_back({std::move(step), place(), std::move(operands)});
    give({std::move(shape), nullptr, layers_.size() - 1});
  }

 private:
  std::string node_name() const {
    return node_->name.empty() ? "#" + std::to_string(node_->index) : node_->name;
  }

  void give(OnnxValue value) {
    if (node_->outputs.empty() || node_->outputs.front().empty()) fail("its output has no name");
    define(node_->outputs.front(), std::move(value));
  }

  const InputFile* file_;
  const OnnxNode* node_ = nullptr;
  std::unordered_map<std::string, OnnxValue> values_;
  LayerGraph layers_;
  std::int64_t spread_ = 0;
};

/// A rule: what an operator means, or why it is refused.
using OnnxRule = void (*)(OnnxScope&);

}  // namespace shardbound::inline v0::io
