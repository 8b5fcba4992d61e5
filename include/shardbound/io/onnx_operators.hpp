// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's operators that are layers, joins, or nothing but another shape; those that
// apply a constant to every feature are in onnx_elementwise.hpp. One function per family.

#include <shardbound/io/onnx_scope.hpp>
#include <shardbound/layer/activation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// A constant as a parameter of this many stored rows and columns.
inline ParameterSource parameter(const OnnxScope& scope, const OnnxTensor& tensor,
                                 std::int64_t rows, std::int64_t columns) {
  if (!is_float(tensor.type))
    scope.fail("its constant '" + tensor.name + "' holds numbers of type " +
               onnx_type_name(tensor.type) + "; float and double are supported");
  ParameterSource source;
  source.name = tensor.name;
  source.rows = rows, source.columns = columns;
  source.element = tensor.type == OnnxType::float32 ? ParameterSource::Element::float32
                                                    : ParameterSource::Element::float64;
  source.offset = tensor.offset;
  source.values = tensor.numbers;
  return source;
}

/// Gemm: x B or x B^T, plus C; x is [1, K].
inline void gemm(OnnxScope& scope) {
  scope.want_operands(2, 3);
  const OnnxValue& x = scope.variable(0);
  const OnnxTensor& weight = scope.constant(1);
  const OnnxShape& weight_shape = scope.operand(1).shape;
  if (scope.integer("transA", 0) != 0) scope.fail("transA = 1 is not supported");
  if (scope.number("alpha", 1) != 1)
    scope.fail("alpha = " + std::to_string(scope.number("alpha", 1)) + " is not supported; 1 is");
  if (scope.has(2) && scope.number("beta", 1) != 1)
    scope.fail("beta = " + std::to_string(scope.number("beta", 1)) + " is not supported; 1 is");
  const std::int64_t trans = scope.integer("transB", 0);
  if (trans != 0 && trans != 1) scope.fail("transB = " + std::to_string(trans) + " has no meaning");
  if (x.shape.size() != 2 || x.shape[0] != 1 || weight_shape.size() != 2)
    scope.fail("operands of shapes " + to_string(x.shape) + " and " + to_string(weight_shape) +
               " are not supported; [1, K] and a matrix are");
  const std::int64_t inner = weight_shape[trans == 1 ? 1 : 0];
  const std::int64_t outer = weight_shape[trans == 1 ? 0 : 1];
  if (inner != x.shape[1])
    scope.fail("its weight '" + weight.name + "' of shape " + to_string(weight_shape) + " wants " +
               std::to_string(inner) + " features; " + std::to_string(x.shape[1]) + " arrive");

  Step step;
  step.kind = Step::Kind::linear;
  step.weight = parameter(scope, weight, weight_shape[0], weight_shape[1]);
  step.weight.transposed = trans == 0;
  if (scope.has(2)) {
    const OnnxTensor& bias = scope.constant(2);
    const OnnxShape& bias_shape = scope.operand(2).shape;
    const auto sum = broadcast(bias_shape, {1, outer});
    if (!sum || extent(*sum) != outer || sum->size() > 2)
      scope.fail("its bias '" + bias.name + "' of shape " + to_string(bias_shape) +
                 " does not fit " + std::to_string(outer) + " outputs");
    step.bias = parameter(scope, bias, outer, 1);
    if (bias.elements != outer) {
      step.bias.values.assign(static_cast<std::size_t>(outer), read_numbers(scope.file(), bias)[0]);
      step.bias.offset = -1;
    }
  }
  scope.give_layer(std::move(step), {x.layer}, {1, outer});
}

/// MatMul: x B, where x has one row; the product acts on its last axis.
inline void mat_mul(OnnxScope& scope) {
  scope.want_operands(2, 2);
  if (scope.operand(0).constant)
    scope.fail("a constant on the left is not supported; x times a constant matrix is");
  const OnnxValue& x = scope.variable(0);
  const OnnxTensor& weight = scope.constant(1);
  const OnnxShape& weight_shape = scope.operand(1).shape;
  if (x.shape.empty() || weight_shape.size() != 2)
    scope.fail("operands of shapes " + to_string(x.shape) + " and " + to_string(weight_shape) +
               " are not supported; a row and a matrix are");
  if (extent(x.shape, 0, x.shape.size() - 1) != 1)
    scope.fail("it acts on the last axis only, and its operand of shape " + to_string(x.shape) +
               " has more than one row; that is not supported");
  if (weight_shape[0] != x.shape.back())
    scope.fail("its weight '" + weight.name + "' of shape " + to_string(weight_shape) + " wants " +
               std::to_string(weight_shape[0]) + " features; " + std::to_string(x.shape.back()) +
               " arrive");
  Step step;
  step.kind = Step::Kind::linear;
  step.weight = parameter(scope, weight, weight_shape[0], weight_shape[1]);
  step.weight.transposed = true;
  OnnxShape shape = x.shape;
  shape.back() = weight_shape[1];
  scope.give_layer(std::move(step), {x.layer}, std::move(shape));
}

/// An activation of the library, its numbers from attributes; those left out are the functor's own, as
/// the floats that files hold.
template <Relaxation F>
void activation(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue& x = scope.variable(0);
  Step step;
  step.kind = Step::Kind::activation;
  step.activation = F::name;
  if constexpr (relax::coefficient_count < F >> 0)
    for (const auto& coefficient : F::coefficients) {
      const double own = static_cast<float>(F{}.*coefficient.member);
      const std::string attribute(coefficient.onnx);
      const double number = attribute.empty() ? own : scope.number(attribute, own);
      const std::string wrong = relax::refusal<double>(coefficient, attribute, number);
      if (!wrong.empty()) scope.fail(wrong);
      step.coefficients.push_back(number);
    }
  scope.give_layer(std::move(step), {x.layer}, x.shape);
}

/// Identity, and Dropout and Cast where they change nothing.
inline void identity(OnnxScope& scope) {
  scope.want_operands(1, scope.node().op_type == "Dropout" ? 3 : 1);
  const OnnxValue& x = scope.operand(0);
  if (scope.node().op_type == "Cast") {
    const auto to = static_cast<OnnxType>(scope.integer("to", 0));
    if (!is_float(to) || (x.constant && !is_float(x.constant->type)))
      scope.fail("a cast to " + onnx_type_name(to) + " is not supported; float to float is");
  }
  if (scope.has(2)) scope.fail("a training mode is not supported");
  scope.give_same(x, x.shape);
}

/// Flatten: two axes, those before `axis` and those after.
inline void flatten(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue& x = scope.operand(0);
  const std::int64_t wanted = scope.integer("axis", 1);
  const std::size_t rank = x.shape.size();
  const std::size_t axis =
      wanted == static_cast<std::int64_t>(rank) ? rank : scope.axis(wanted, rank);
  scope.give_same(x, {extent(x.shape, 0, axis), extent(x.shape, axis, rank)});
}

/// Reshape to a constant shape: 0 keeps an extent, one -1 takes what is left.
inline void reshape(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue& x = scope.operand(0);
  const auto wanted = scope.integers("shape", 1);
  if (!wanted) scope.fail("it has no shape");
  const auto fail = [&] {
    scope.fail("a tensor of shape " + to_string(x.shape) + " cannot become " + to_string(*wanted));
  };
  if (wanted->size() > 64) scope.fail("a result of more than 64 axes is not supported");
  OnnxShape shape = *wanted;
  const std::int64_t elements = x.features();
  std::int64_t product = 1;
  std::size_t open = shape.size();
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0 && scope.integer("allowzero", 0) == 0 && axis < x.shape.size())
      shape[axis] = x.shape[axis];
    if (shape[axis] == -1 && open == shape.size()) {
      open = axis;
      continue;
    }
    if (shape[axis] < 1 || shape[axis] > elements / product) fail();
    product *= shape[axis];
  }
  if (open < shape.size()) {
    shape[open] = elements / product;
    product *= shape[open];
  }
  if (product != elements) fail();
  scope.give_same(x, std::move(shape));
}

/// Squeeze drops axes of extent one, Unsqueeze adds some.
inline void squeeze(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue& x = scope.operand(0);
  const auto axes = scope.integers("axes", 1);
  std::vector<bool> drop(x.shape.size());
  if (!axes) {
    for (std::size_t axis = 0; axis < drop.size(); ++axis) drop[axis] = x.shape[axis] == 1;
  } else {
    for (const std::int64_t axis : *axes) drop[scope.axis(axis, drop.size())] = true;
  }
  OnnxShape shape;
  for (std::size_t axis = 0; axis < drop.size(); ++axis) {
    if (!drop[axis])
      shape.push_back(x.shape[axis]);
    else if (x.shape[axis] != 1)
      scope.fail("axis " + std::to_string(axis) + " of shape " + to_string(x.shape) +
                 " is not of extent 1");
  }
  scope.give_same(x, std::move(shape));
}

inline void unsqueeze(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue& x = scope.operand(0);
  const auto axes = scope.integers("axes", 1);
  if (!axes) scope.fail("it has no axes");
  const std::size_t rank = x.shape.size() + axes->size();
  if (rank > 64) scope.fail("a result of more than 64 axes is not supported");
  std::vector<bool> added(rank);
  for (const std::int64_t axis : *axes) {
    if (added[scope.axis(axis, rank)])
      scope.fail("axis " + std::to_string(axis) + " is added twice");
    added[scope.axis(axis, rank)] = true;
  }
  OnnxShape shape;
  auto next = x.shape.begin();
  for (std::size_t axis = 0; axis < rank; ++axis) shape.push_back(added[axis] ? 1 : *next++);
  scope.give_same(x, std::move(shape));
}

/// Concat of tensors that depend on the input, where it is the same as joining their features.
inline void concat(OnnxScope& scope) {
  scope.want_operands(1, std::size_t{1} << 16);
  OnnxShape shape = scope.variable(0).shape;
  if (!scope.node().find("axis")) scope.fail("it has no axis");
  const std::size_t axis = scope.axis(scope.integer("axis", 0), shape.size());
  if (axis == 0 || extent(shape, 0, axis) != 1)
    scope.fail("joining tensors of shape " + to_string(shape) + " on axis " + std::to_string(axis) +
               " is not supported; joining the features of [1, N] tensors is");
  if (scope.node().inputs.size() == 1) return scope.give_same(scope.variable(0), shape);
  std::vector<std::int32_t> operands;
  shape[axis] = 0;
  for (std::size_t index = 0; index < scope.node().inputs.size(); ++index) {
    const OnnxValue& x = scope.variable(index);
    OnnxShape rest = x.shape;
    if (axis < rest.size()) rest[axis] = shape[axis];
    if (rest != shape)
      scope.fail("operand " + std::to_string(index) + " of shape " + to_string(x.shape) +
                 " does not match the others on the axes that are not joined");
    shape[axis] += x.shape[axis];
    operands.push_back(x.layer);
  }
  Step step;
  step.kind = Step::Kind::concat;
  scope.give_layer(std::move(step), std::move(operands), std::move(shape));
}

}  // namespace shardbound::inline v0::io::onnx_rules
