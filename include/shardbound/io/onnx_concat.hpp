// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's Concat: constants are a constant; features of layers are joined whole and then put in order, with
// the constants among them where they belong.

#include <shardbound/io/onnx_operators.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// Of a join on an axis: for every element of the result, in which operand it lies, and where.
struct Joined {
  OnnxShape shape;
  std::vector<std::size_t> operand;
  std::vector<std::int64_t> element;
};

inline Joined joined(OnnxScope& scope, const std::vector<OnnxValue>& operands) {
  Joined out;
  out.shape = operands.front().shape;
  if (!scope.node().find("axis")) scope.fail("it has no axis");
  const std::size_t axis = scope.axis(scope.integer("axis", 0), out.shape.size());
  out.shape[axis] = 0;
  for (std::size_t index = 0; index < operands.size(); ++index) {
    OnnxShape rest = operands[index].shape;
    if (axis < rest.size()) rest[axis] = out.shape[axis];
    if (rest != out.shape)
      scope.fail("operand " + std::to_string(index) + " of shape " +
                 to_string(operands[index].shape) +
                 " does not match the others on the axes that are not joined");
    if (__builtin_add_overflow(out.shape[axis], operands[index].shape[axis], &out.shape[axis]))
      scope.fail("its result has more than 2^60 elements");
  }
  const std::int64_t elements =
      count_elements(out.shape, [&](const std::string& what) { scope.fail("its result " + what); });
  scope.count_spread(elements);
  std::vector<std::pair<std::size_t, std::int64_t>> runs;  // of elements that follow one another
  for (std::size_t index = 0; index < operands.size(); ++index)
    if (const auto run = extent(operands[index].shape, axis, out.shape.size()); run > 0)
      runs.emplace_back(index, run);
  const std::int64_t before = runs.empty() ? 0 : extent(out.shape, 0, axis);
  for (std::int64_t outer = 0; outer < before; ++outer)
    for (const auto& [index, run] : runs) {
      for (std::int64_t i = 0; i < run; ++i) {
        out.operand.push_back(index);
        out.element.push_back(outer * run + i);
      }
    }
  return out;
}

inline OnnxValue join_constants(OnnxScope& scope, const std::vector<OnnxValue>& operands) {
  Joined join = joined(scope, operands);
  const bool whole = is_whole(operands.front().constant->type);
  std::vector<std::vector<std::int64_t>> integers;
  std::vector<std::vector<Approximation>> numbers;
  OnnxTensor made;
  for (const OnnxValue& operand : operands) {
    made.rounds |= operand.constant->rounds;
    if (is_whole(operand.constant->type) != whole) scope.fail("its operands are of several types");
    if (whole)
      integers.push_back(read_integers(*operand.constant, OnnxScope::spread_limit));
    else
      numbers.push_back(read_approximations(*operand.constant));
  }
  made.type = operands.front().constant->type;
  made.integers.resize(whole ? join.element.size() : 0);
  made.numbers.resize(whole ? 0 : join.element.size());
  for (std::size_t i = 0; i < join.element.size(); ++i) {
    const auto element = static_cast<std::size_t>(join.element[i]);
    if (whole)
      made.integers[i] = integers[join.operand[i]][element];
    else
      io::detail::put_number(made.numbers, made.errors, i, numbers[join.operand[i]][element]);
  }
  return scope.made_constant(std::move(made), std::move(join.shape));
}

/// The layers that operands are features of, each once, or as often as it is read if all are read whole.
inline std::vector<std::int32_t> layers_of(const std::vector<OnnxValue>& operands, bool once) {
  std::vector<std::int32_t> layers;
  for (const OnnxValue& operand : operands)
    if (!operand.constant &&
        (!once || std::find(layers.begin(), layers.end(), operand.layer) == layers.end()))
      layers.push_back(operand.layer);
  return layers;
}

/// The elements that a join names: layers are joined as they are, then put in order. A constant, if no operand depends
/// on the input.
inline OnnxValue gathered(OnnxScope& scope, const std::vector<OnnxValue>& operands, Joined join) {
  const auto layers = layers_of(operands, true);
  std::vector<std::int64_t> first(operands.size(), 0);  // where each operand's layer begins
  std::int64_t features = 0;
  for (const std::int32_t layer : layers) {
    for (std::size_t index = 0; index < operands.size(); ++index)
      if (!operands[index].constant && operands[index].layer == layer) first[index] = features;
    features += scope.features_of(layer);
  }
  std::int32_t base = layers.empty() ? 0 : layers.front();
  if (layers.size() > 1) {
    Step step;
    step.kind = Step::Kind::concat;
    base = scope.add_layer(std::move(step), layers, {features}).layer;
  }
  std::vector<std::vector<double>> constants(operands.size());
  for (std::size_t index = 0; index < operands.size(); ++index) {
    if (!operands[index].constant) continue;
    want_exact(scope, *operands[index].constant);
    constants[index] = read_numbers(*operands[index].constant);
  }
  IndexMap map;
  map.from.resize(join.element.size());
  map.fill.resize(join.element.size());
  for (std::size_t i = 0; i < join.element.size(); ++i) {
    const OnnxValue& operand = operands[join.operand[i]];
    const auto element = static_cast<std::size_t>(join.element[i]);
    map.from[i] = operand.map ? operand.map->from[element] : static_cast<std::int32_t>(element);
    if (operand.map) map.fill[i] = operand.map->number(element);
    if (operand.constant)
      map.from[i] = IndexMap::constant, map.fill[i] = constants[join.operand[i]][element];
    if (map.from[i] != IndexMap::constant)
      map.from[i] += static_cast<std::int32_t>(first[join.operand[i]]);
  }
  return scope.mapped(std::move(map), base, std::move(join.shape));
}

}  // namespace detail

inline void concat(OnnxScope& scope) {
  scope.want_operands(1, std::size_t{1} << 16);
  std::vector<OnnxValue> operands;
  for (std::size_t index = 0; index < scope.node().inputs.size(); ++index)
    operands.push_back(scope.operand(index));
  const auto is_constant = [](const OnnxValue& value) { return value.constant != nullptr; };
  if (std::all_of(operands.begin(), operands.end(), is_constant))
    return scope.give(detail::join_constants(scope, operands));
  auto join = detail::joined(scope, operands);
  const bool in_order = std::is_sorted(join.operand.begin(), join.operand.end());
  const bool whole = in_order && std::none_of(operands.begin(), operands.end(),
                                              [](const auto& x) { return x.constant || x.map; });
  if (!whole || operands.size() == 1)
    return scope.give(detail::gathered(scope, operands, std::move(join)));
  Step step;
  step.kind = Step::Kind::concat;
  scope.give_layer(std::move(step), detail::layers_of(operands, false), std::move(join.shape));
}

}  // namespace shardbound::inline v0::io::onnx_rules
