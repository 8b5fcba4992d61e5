// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the rule of one ONNX operator sees while a graph is lowered: its operands, each a constant
// or a tensor that depends on the input, with exact shapes; its attributes; and where its result
// goes. An operator is understood exactly or refused.

#include <shardbound/io/layer_graph.hpp>
#include <shardbound/io/onnx_graph.hpp>
#include <shardbound/io/onnx_shape.hpp>
#include <shardbound/io/onnx_value.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// The state of a lowering, and the node that is being lowered.
class OnnxScope {
 public:
  /// More features than any network has; keeps a hostile shape from eating the memory.
  static constexpr std::int64_t feature_limit = std::int64_t{1} << 24;

  /// The same for numbers that are made while reading, all nodes together: constants that are folded or spread over
  /// the features, maps, matrices.
  static constexpr std::int64_t spread_limit = 4 * feature_limit;

  /// The newest version of ONNX's operators whose meaning the reader knows.
  static constexpr std::int64_t newest_opset = 23;

  explicit OnnxScope(std::shared_ptr<const InputFile> file, std::int64_t opset = newest_opset)
      : file_(std::move(file)), opset_(opset) {
    layers_.file = file_->name();
    layers_.layers.resize(1);
  }

  // --- between nodes

  void define(const std::string& name, OnnxValue value) {
    value.tensor = name;
    if (!values_.emplace(name, std::move(value)).second)
      throw format_error(file_->name(), "tensor '" + name + "' is defined twice");
  }

  const OnnxValue* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }

  /// The network's input has this many elements.
  void set_inputs(std::int64_t features) { layers_.layers.front().step.features = features; }

  /// A tensor of this shape whose elements are those of the network's input from `first` on.
  OnnxValue some_of_input(std::int64_t first, OnnxShape shape) const {
    OnnxValue out{std::move(shape), nullptr, 0};
    if (out.features() == features_of(0)) return out;
    IndexMap map = identity_map(out.features());
    for (std::int32_t& from : map.from) from += static_cast<std::int32_t>(first);
    out.map = std::make_shared<const IndexMap>(std::move(map));
    return out;
  }

  void enter(const OnnxNode& node) {
    node_ = &node;
    first_layer_ = layers_.size();
  }

  LayerGraph take_layers() { return std::move(layers_); }

  // --- inside a node

  const OnnxNode& node() const { return *node_; }

  /// The version of ONNX's operators that the file is written in.
  std::int64_t opset() const { return opset_; }

  /// "node 'conv1' (Conv)", or by its index if it has no name.
  std::string place() const { return "node '" + node_name() + "' (" + node_->op_type + ")"; }

  [[noreturn]] void fail(const std::string& sentence) const {
    throw format_error(file_->name(), place() + ": " + sentence);
  }

  bool has(std::size_t operand) const {
    return operand < node_->inputs.size() && !node_->inputs[operand].empty();
  }

  const OnnxValue& operand(std::size_t operand) const {
    if (!has(operand)) fail("operand " + std::to_string(operand) + " is missing");
    const OnnxValue* value = find(node_->inputs[operand]);
    if (!value)
      fail("its operand '" + node_->inputs[operand] +
           "' is not computed by any node, or is an output of one that is not supported");
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

  std::string text(const std::string& attribute, const std::string& otherwise) const {
    const auto* found = attribute_of(attribute, OnnxAttribute::Kind::text);
    return found ? found->text : otherwise;
  }

  /// Complains that something is said by an attribute and by an operand.
  [[noreturn]] void fail_twice(const std::string& attribute) const {
    fail("'" + attribute + "' is given twice, as an attribute and as an operand");
  }

  /// A list of integers: the attribute or the constant operand, or nothing. Both are refused.
  std::optional<std::vector<std::int64_t>> integers(const std::string& attribute,
                                                    std::size_t operand) const {
    if (const auto* found = attribute_of(attribute, OnnxAttribute::Kind::integers)) {
      if (has(operand)) fail_twice(attribute);
      return found->integers;
    }
    if (!has(operand)) return std::nullopt;
    return read_integers(constant(operand));
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

  /// Throws if so many numbers more would be too many.
  void check_spread(std::int64_t numbers) const {
    if (numbers > spread_limit - spread_)
      fail("constants spread over more than " + std::to_string(spread_limit) +
           " features, and what else is made while reading, are not supported");
  }

  /// Counts numbers that are about to be made.
  void count_spread(std::int64_t numbers) {
    check_spread(numbers);
    spread_ += numbers;
  }

  std::int64_t features_of(std::int32_t layer) const {
    return layers_.layers[index(layer)].step.features;
  }

  /// A matrix of zeros to fill in, out x in.
  ParameterSource made_matrix(std::int64_t out, std::int64_t in) {
    ParameterSource matrix = io::made_matrix(out, in, file_->name() + ": " + printable(place()));
    count_spread(out * in);
    return matrix;
  }

  /// Whether a tensor is a layer's features in another order, so that what works feature by feature may as well be
  /// applied to the layer: products then find the order that they left.
  bool is_reordered(const OnnxValue& value) const {
    return value.map && value.map->is_permutation(features_of(value.layer));
  }

  /// The layer that outputs a tensor: its own, or one that is made to gather its features, or numbers where what was
  /// chosen of a tensor turned out to be a constant.
  std::int32_t layer_of(const OnnxValue& value) {
    if (value.constant)
      return layer_of(
          as_features(value, feature_limit, [&](const std::string& what) { fail(what); }));
    if (!value.map) return value.layer;
    std::int32_t& made = made_for_maps_.of(value.layer, value.map);
    if (made == MadeForMaps::none) {
      count_spread(static_cast<std::int64_t>(value.map->size()));
      Step step = gathering(*value.map);
      step.tensor = value.tensor;
      made = append(std::move(step), {value.layer});
    }
    return made;
  }

  /// A new layer that outputs a tensor of this shape.
  OnnxValue add_layer(Step step, std::vector<std::int32_t> operands, OnnxShape shape) {
    step.features = checked_features(shape);
    const std::int32_t layer = append(std::move(step), std::move(operands));
    return {std::move(shape), nullptr, layer};
  }

  /// Those elements of a tensor that `chosen` names, in its order, as a tensor of this shape; -1: the number `fill`.
  OnnxValue selected(const OnnxValue& value, OnnxShape shape,
                     const std::vector<std::int64_t>& chosen, double fill = 0) {
    if (value.constant) return selected_constant(value, std::move(shape), chosen, fill);
    checked_features(shape);
    count_spread(static_cast<std::int64_t>(chosen.size()));
    const IndexMap own = value.map ? IndexMap{} : identity_map(features_of(value.layer));
    return mapped(composed(value.map ? *value.map : own, chosen, fill), value.layer,
                  std::move(shape));
  }

  /// A tensor that a map describes: its layer if it is all of that, a constant if it reads nothing of it.
  OnnxValue mapped(IndexMap map, std::int32_t layer, OnnxShape shape) {
    if (map.is_constant()) {
      OnnxTensor numbers;
      numbers.type = OnnxType::float64;
      map.fill.resize(map.size());  // where it is empty, all are 0
      numbers.numbers = std::move(map.fill);
      numbers.rounds = true;  // it is not known here whether they do
      return made_constant(std::move(numbers), std::move(shape));
    }
    OnnxValue out{std::move(shape), nullptr, layer};
    if (!map.is_identity(features_of(layer)))
      out.map = std::make_shared<const IndexMap>(std::move(map));
    return out;
  }

  /// A constant that was computed; its numbers are there.
  OnnxValue made_constant(OnnxTensor tensor, OnnxShape shape) {
    tensor.elements =
        count_elements(shape, [&](const std::string& what) { fail("its result " + what); });
    tensor.shape = shape;
    tensor.file = file_;
    tensor.offset = -1;
    tensor.name = node_->outputs.empty() ? "" : node_->outputs.front();
    count_spread(tensor.elements);
    return {std::move(shape), &made_.emplace_back(std::move(tensor))};
  }

  /// A result of the node: its output of this number.
  void give(OnnxValue value, std::size_t output = 0) {
    if (output >= node_->outputs.size() || node_->outputs[output].empty()) {
      if (output == 0) fail("its output has no name");
      return;  // one that is left out
    }
    const std::string& name = node_->outputs[output];
    if (!value.constant && !value.map && value.layer >= first_layer_) {
      std::string& tensor = layers_.layers[index(value.layer)].step.tensor;
      if (tensor.empty()) tensor = printable(name);
    }
    define(name, std::move(value));
  }

  /// The result is an operand with another shape: no layer of its own.
  void give_same(const OnnxValue& value, OnnxShape shape) {
    OnnxValue same = value;
    same.shape = std::move(shape);
    give(std::move(same));
  }

  /// The result is what a new layer outputs, of this shape.
  void give_layer(Step step, std::vector<std::int32_t> operands, OnnxShape shape) {
    give(add_layer(std::move(step), std::move(operands), std::move(shape)));
  }

 private:
  std::string node_name() const {
    return node_->name.empty() ? "#" + std::to_string(node_->index) : node_->name;
  }

  static std::size_t index(std::int32_t layer) { return static_cast<std::size_t>(layer); }

  std::int32_t append(Step step, std::vector<std::int32_t> operands) {
    step.node = printable(node_name());
    step.tensor = printable(std::move(step.tensor));
    layers_.layers.push_back({std::move(step), printable(place()), std::move(operands)});
    return layers_.size() - 1;
  }

  std::int64_t checked_features(const OnnxShape& shape) const {
    const std::int64_t features =
        count_elements(shape, [&](const std::string& sentence) { fail("its result " + sentence); });
    if (features < 1 || features > feature_limit)
      fail("a result of shape " + to_string(shape) + " is not supported; 1 to " +
           std::to_string(feature_limit) + " features are");
    return features;
  }

  OnnxValue selected_constant(const OnnxValue& value, OnnxShape shape,
                              const std::vector<std::int64_t>& chosen, double fill) {
    check_spread(static_cast<std::int64_t>(chosen.size()));
    OnnxTensor out;
    out.type = value.constant->type;
    out.rounds = value.constant->rounds;
    const auto choose = [&](const auto& numbers, auto& into, auto otherwise) {
      into.reserve(chosen.size());
      for (const std::int64_t element : chosen)
        into.push_back(element < 0 ? otherwise : numbers[static_cast<std::size_t>(element)]);
    };
    if (is_whole(out.type)) {
      if (fill != 0) fail("integers filled up with anything but 0 are not supported");
      choose(read_integers(*value.constant, spread_limit), out.integers, std::int64_t{0});
    } else {
      choose(read_numbers(*value.constant), out.numbers, fill);
      if (!value.constant->errors.empty()) choose(value.constant->errors, out.errors, 0.0);
    }
    return made_constant(std::move(out), std::move(shape));
  }

  std::shared_ptr<const InputFile> file_;
  std::int64_t opset_;
  const OnnxNode* node_ = nullptr;
  std::unordered_map<std::string, OnnxValue> values_;
  std::deque<OnnxTensor> made_;  // stays put while it grows; values point into it
  MadeForMaps made_for_maps_;
  LayerGraph layers_;
  std::int32_t first_layer_ = 0;  // of the node
  std::int64_t spread_ = 0;
};

/// A rule: what an operator means, or why it is refused.
using OnnxRule = void (*)(OnnxScope&);

/// An operator that a program knows besides those of the library.
struct OnnxOperator {
  std::string_view type;  ///< as nodes name it
  OnnxRule rule;
};

}  // namespace shardbound::inline v0::io
