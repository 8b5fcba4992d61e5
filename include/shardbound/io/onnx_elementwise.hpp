// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's operators that apply a constant to every feature, all written as
// y = scale x + shift in double, with how far off these are where a double cannot hold them; sums,
// differences, products and quotients of tensors that depend on the input.

#include <shardbound/io/folded.hpp>
#include <shardbound/io/onnx_operators.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// x + c, where c may become the bias of a layer below and stay in its file.
inline OnnxValue plus(OnnxScope& scope, const OnnxValue& x, const OnnxValue& constant) {
  const auto numbers = spread(scope, constant, x.shape);
  ParameterSource bias;
  if (is_exact(*constant.constant)) bias = bias_of(scope, constant, x.shape);
  return scaled(scope, x, std::vector<Approximation>(numbers.size(), {1, 0}), numbers,
                std::move(bias));
}

/// On which side of an operator its constant stands.
enum class Side { left, right };

/// Add, Sub, Mul, Div with a constant on either side.
inline void with_constant(OnnxScope& scope, const OnnxValue& operand, const OnnxValue& constant,
                          const OnnxShape& shape, Side side) {
  const std::string& op = scope.node().op_type;
  const bool divides = op == "Div" && side == Side::left;
  const OnnxValue x =
      stretched(scope, divides ? activated(scope, operand, "Reciprocal") : operand, shape);
  if (op == "Add") return scope.give(plus(scope, x, constant));
  std::vector<Approximation> numbers = spread(scope, constant, shape);
  const std::vector<Approximation> zeros(numbers.size());
  if (op == "Sub") {
    if (side == Side::right)
      for (Approximation& number : numbers) number.value = -number.value;
    const Approximation sign{side == Side::left ? -1.0 : 1.0, 0};
    return scope.give(scaled(scope, x, std::vector<Approximation>(numbers.size(), sign), numbers));
  }
  if (op == "Div" && !divides) {
    want_exact(scope, *constant.constant);
    for (std::size_t feature = 0; feature < numbers.size(); ++feature) {
      if (numbers[feature].value == 0)
        scope.fail("feature " + std::to_string(feature) + " is divided by zero");
      numbers[feature] = reciprocal(numbers[feature].value);
    }
  }
  scope.give(scaled(scope, x, numbers, zeros));
}

/// Whether two tensors of one shape are the same features of the same layer.
inline bool are_same(const OnnxValue& x, const OnnxValue& y) {
  if (x.layer != y.layer || !x.map != !y.map) return false;
  return !x.map || x.map == y.map || (x.map->from == y.map->from && x.map->fill == y.map->fill);
}

/// x * y, both depending on the input; a square is bounded as one.
inline OnnxValue product_of(OnnxScope& scope, const OnnxValue& x, const OnnxValue& y) {
  return are_same(x, y) ? activated(scope, x, "Square") : met(scope, Step::Kind::multiply, x, y);
}

inline void arithmetic(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const std::string& op = scope.node().op_type;
  const OnnxValue a = scope.operand(0), b = scope.operand(1);
  OnnxShape shape = broadcast_shape(scope, a.shape, b.shape);
  if (a.constant) return with_constant(scope, scope.variable(1), a, shape, Side::left);
  if (b.constant) return with_constant(scope, a, b, shape, Side::right);
  // Of what is stretched, functions of it are taken before.
  const OnnxValue second = op == "Div"   ? activated(scope, b, "Reciprocal")
                           : op == "Sub" ? scaled(scope, b, {-1, 0})
                                         : b;
  const OnnxValue x = stretched(scope, a, shape), y = stretched(scope, second, shape);
  scope.give(op == "Add" || op == "Sub" ? sum_of(scope, x, y) : product_of(scope, x, y));
}

/// Sum of any number of tensors and constants.
inline void sum(OnnxScope& scope) {
  scope.want_operands(1, std::size_t{1} << 16);
  OnnxShape shape = scope.operand(0).shape;
  const std::size_t count = scope.node().inputs.size();
  for (std::size_t index = 1; index < count; ++index)
    shape = broadcast_shape(scope, shape, scope.operand(index).shape);
  OnnxValue total;
  for (std::size_t index = 0; index < count; ++index) {
    const OnnxValue& one = scope.operand(index);
    if (one.constant) continue;
    const OnnxValue x = stretched(scope, one, shape);
    total = total.layer < 0 ? x : sum_of(scope, total, x);
  }
  for (std::size_t index = 0; index < count; ++index)
    if (scope.operand(index).constant) {
      if (total.layer < 0) scope.fail("a sum of constants is not supported");
      total = plus(scope, total, scope.operand(index));
    }
  scope.give(std::move(total));
}

inline void negate(OnnxScope& scope) {
  scope.want_operands(1, 1);
  scope.give(scaled(scope, scope.variable(0), {-1, 0}));
}

/// BatchNormalization as at inference: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, one
/// of each a channel, which is axis 1.
inline void batch_normalization(OnnxScope& scope) {
  scope.want_operands(5, 5);
  const OnnxValue x = scope.variable(0);
  // Before opset 14 a node trains if it outputs what it learns.
  for (std::size_t index = 1; index < scope.node().outputs.size(); ++index)
    if (!scope.node().outputs[index].empty())
      scope.fail("its output '" + scope.node().outputs[index] +
                 "' is one of training, which is not supported");
  if (scope.integer("training_mode", 0) != 0) scope.fail("a training mode is not supported");
  if (scope.integer("spatial", 1) != 1) scope.fail("spatial = 0 is not supported");
  if (x.shape.size() < 2)
    scope.fail("an operand of shape " + to_string(x.shape) + " is not supported; [N, C, ...] is");
  std::vector<double> of[4];  // gamma, beta, mean, variance
  for (std::size_t index = 0; index < 4; ++index) {
    const OnnxTensor& tensor = scope.constant(index + 1);
    if (tensor.elements != x.shape[1])
      scope.fail("its constant '" + tensor.name + "' has " + std::to_string(tensor.elements) +
                 " numbers for " + std::to_string(x.shape[1]) + " channels");
    want_exact(scope, tensor);
    of[index] = read_numbers(tensor);
  }
  const double epsilon = scope.number("epsilon", static_cast<double>(1e-5f));
  const std::int64_t positions = extent(x.shape, 2, x.shape.size());
  std::vector<Approximation> factors, offsets;  // of each channel
  for (std::size_t channel = 0; channel < of[0].size(); ++channel) {
    if (!(of[3][channel] + epsilon > 0) || std::isinf(of[3][channel]))
      scope.fail("channel " + std::to_string(channel) +
                 " has a variance that is not positive and finite");
    factors.push_back(by_deviation(of[0][channel], of[3][channel], epsilon));
    Folded offset(0 - of[2][channel]);
    offset *= factors.back();
    offset += {of[1][channel], 0};
    offsets.push_back(offset.rounded());
  }
  std::vector<Approximation> scale, shift;
  for (std::int64_t batch = 0; batch < x.shape[0]; ++batch)
    for (std::size_t channel = 0; channel < factors.size(); ++channel) {
      scale.insert(scale.end(), static_cast<std::size_t>(positions), factors[channel]);
      shift.insert(shift.end(), static_cast<std::size_t>(positions), offsets[channel]);
    }
  scope.give(scaled(scope, x, scale, shift));
}

}  // namespace shardbound::inline v0::io::onnx_rules
