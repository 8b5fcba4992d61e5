// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's operators that apply a constant to every feature, all written as
// y = scale x + shift in double, with how far off these are where a double cannot hold them; and the sum
// of two tensors that both depend on the input.

#include <shardbound/io/folded.hpp>
#include <shardbound/io/onnx_operators.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// What a constant is to each element of `shape`, to which it broadcasts; row-major.
inline std::vector<double> spread(OnnxScope& scope, const OnnxValue& constant,
                                  const OnnxShape& shape) {
  const std::int64_t features = extent(shape);
  scope.count_spread(features);
  std::vector<double> numbers = read_numbers(scope.file(), *constant.constant);
  if (static_cast<std::int64_t>(numbers.size()) == features) return numbers;
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(features));

  // Walks over the result; `from` follows in the constant, standing still on axes of extent one.
  const std::size_t rank = shape.size(), missing = rank - constant.shape.size();
  std::vector<std::int64_t> index(rank, 0), step(rank, 0);
  std::int64_t stride = 1, from = 0;
  for (std::size_t axis = rank; axis-- > missing;) {
    const std::int64_t own = constant.shape[axis - missing];
    step[axis] = own == 1 ? 0 : stride;
    stride *= own;
  }
  for (std::int64_t feature = 0; feature < features; ++feature) {
    out.push_back(numbers[static_cast<std::size_t>(from)]);
    for (std::size_t axis = rank; axis-- > 0;) {
      from += step[axis];
      if (++index[axis] < shape[axis]) break;
      from -= step[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/// The shape of an operation on x and a constant that leaves the number of features alone.
inline OnnxShape shape_with(const OnnxScope& scope, const OnnxValue& x, const OnnxShape& other) {
  const auto shape = broadcast(x.shape, other);
  if (!shape)
    scope.fail("operands of shapes " + to_string(x.shape) + " and " + to_string(other) +
               " do not fit together");
  if (extent(*shape) != x.features())
    scope.fail("an operand of shape " + to_string(other) + " would enlarge " + to_string(x.shape) +
               ", which is not supported");
  return *shape;
}

inline void give_scale_shift(OnnxScope& scope, const OnnxValue& x, OnnxShape shape,
                             std::vector<double> scale, std::vector<double> shift,
                             ParameterSource bias = {}) {
  Step step;
  step.kind = Step::Kind::scale_shift;
  step.scale = std::move(scale), step.shift = std::move(shift), step.bias = std::move(bias);
  scope.give_layer(std::move(step), {x.layer}, std::move(shape));
}

/// y = scale x + shift for numbers that a double may hold but nearly.
inline void give_scale_shift(OnnxScope& scope, const OnnxValue& x, OnnxShape shape,
                             const std::vector<Approximation>& scale,
                             const std::vector<Approximation>& shift) {
  Step step;
  step.kind = Step::Kind::scale_shift;
  step.scale.resize(scale.size()), step.shift.resize(shift.size());
  for (std::size_t feature = 0; feature < scale.size(); ++feature) {
    detail::put_number(step.scale, step.scale_error, feature, scale[feature]);
    detail::put_number(step.shift, step.shift_error, feature, shift[feature]);
  }
  scope.give_layer(std::move(step), {x.layer}, std::move(shape));
}

/// x + y with both depending on the input: two branches that meet.
inline void sum(OnnxScope& scope) {
  const OnnxValue &x = scope.variable(0), &y = scope.variable(1);
  OnnxShape shape = shape_with(scope, x, y.shape);
  shape_with(scope, y, x.shape);
  Step step;
  step.kind = Step::Kind::residual;
  scope.give_layer(std::move(step), {x.layer, y.layer}, std::move(shape));
}

/// Add, Sub, Mul, Div with a constant on either side, as far as the result is affine.
inline void arithmetic(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const std::string& op = scope.node().op_type;
  const bool left = scope.operand(0).constant != nullptr;
  if (!left && !scope.operand(1).constant) {
    if (op == "Add") return sum(scope);
    scope.fail("two operands that both depend on the network's input are not supported");
  }
  const OnnxValue& x = scope.variable(left ? 1 : 0);
  const OnnxValue& constant = scope.operand(left ? 0 : 1);
  OnnxShape shape = shape_with(scope, x, constant.shape);
  if (op == "Div" && left) scope.fail("a constant divided by a tensor is not supported");
  scope.count_spread(x.features());
  std::vector<double> numbers = spread(scope, constant, shape);
  const std::size_t features = numbers.size();
  const auto all = [&](double number) { return std::vector<double>(features, number); };

  if (op == "Add") {
    ParameterSource bias = parameter(scope, *constant.constant, x.features(), 1);
    if (constant.constant->elements != x.features()) {
      bias.offset = -1;
      bias.values = numbers;
    }
    give_scale_shift(scope, x, std::move(shape), all(1), std::move(numbers), std::move(bias));
  } else if (op == "Sub") {
    if (!left)
      for (double& number : numbers) number = -number;
    give_scale_shift(scope, x, std::move(shape), all(left ? -1 : 1), std::move(numbers));
  } else if (op == "Mul") {
    give_scale_shift(scope, x, std::move(shape), std::move(numbers), all(0));
  } else {
    std::vector<Approximation> inverse;
    for (std::size_t feature = 0; feature < features; ++feature) {
      if (numbers[feature] == 0)
        scope.fail("feature " + std::to_string(feature) + " is divided by zero");
      inverse.push_back(reciprocal(numbers[feature]));
    }
    give_scale_shift(scope, x, std::move(shape), inverse, std::vector<Approximation>(features));
  }
}

inline void negate(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue& x = scope.variable(0);
  scope.count_spread(x.features());
  const auto features = static_cast<std::size_t>(x.features());
  give_scale_shift(scope, x, x.shape, std::vector<double>(features, -1),
                   std::vector<double>(features, 0));
}

/// BatchNormalization as at inference: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, one
/// of each a channel, which is axis 1.
inline void batch_normalization(OnnxScope& scope) {
  scope.want_operands(5, 5);
  const OnnxValue& x = scope.variable(0);
  if (scope.integer("training_mode", 0) != 0) scope.fail("a training mode is not supported");
  if (scope.integer("spatial", 1) != 1) scope.fail("spatial = 0 is not supported");
  if (x.shape.size() < 2 || x.shape[0] != 1)
    scope.fail("an operand of shape " + to_string(x.shape) + " is not supported; [1, C, ...] is");
  std::vector<double> of[4];  // gamma, beta, mean, variance
  for (std::size_t index = 0; index < 4; ++index) {
    const OnnxTensor& tensor = scope.constant(index + 1);
    if (tensor.elements != x.shape[1])
      scope.fail("its constant '" + tensor.name + "' has " + std::to_string(tensor.elements) +
                 " numbers for " + std::to_string(x.shape[1]) + " channels");
    of[index] = read_numbers(scope.file(), tensor);
  }
  const double epsilon = scope.number("epsilon", static_cast<double>(1e-5f));
  scope.count_spread(2 * x.features());
  const std::int64_t positions = extent(x.shape, 2, x.shape.size());
  std::vector<Approximation> scale, shift;
  for (std::size_t channel = 0; channel < of[0].size(); ++channel) {
    if (!(of[3][channel] + epsilon > 0) || std::isinf(of[3][channel]))
      scope.fail("channel " + std::to_string(channel) +
                 " has a variance that is not positive and finite");
    const Approximation factor = by_deviation(of[0][channel], of[3][channel], epsilon);
    Folded offset(0 - of[2][channel]);
    offset *= factor;
    offset += {of[1][channel], 0};
    scale.insert(scale.end(), static_cast<std::size_t>(positions), factor);
    shift.insert(shift.end(), static_cast<std::size_t>(positions), offset.rounded());
  }
  give_scale_shift(scope, x, x.shape, scale, shift);
}

}  // namespace shardbound::inline v0::io::onnx_rules
