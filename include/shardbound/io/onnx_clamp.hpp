// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's operators that are ReLU in other words: a maximum or minimum with a constant, a
// clip, a slope for negative numbers; and maxima and minima of tensors. All of them are exact.

#include <shardbound/io/onnx_concat.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

using Bounds = std::vector<Approximation>;

inline Bounds negated(Bounds numbers) {
  for (Approximation& number : numbers) number.value = -number.value;
  return numbers;
}
inline Bounds all(const Bounds& like, double number) { return Bounds(like.size(), {number, 0}); }

inline bool are_zero(const Bounds& bounds) {
  return std::all_of(bounds.begin(), bounds.end(),
                     [](const Approximation& one) { return one.value == 0; });
}

/// Bounds next to which x would be lost in x - c; most of them are never reached.
inline bool are_far(const Bounds& bounds) {
  return std::any_of(bounds.begin(), bounds.end(),
                     [](const Approximation& one) { return std::abs(one.value) >= 1e30; });
}

/// max(x, c) = x + 2 relu(c / 2 - x / 2) if sign is 1, min(x, c) = x - 2 relu(x / 2 - c / 2) if it is -1: where the
/// bound is never reached the ReLU is stably 0, and x is left as it is. Halves, as c - x may be beyond the numbers.
inline OnnxValue kept_within(OnnxScope& scope, const OnnxValue& x, Bounds c, double sign) {
  for (Approximation& number : c) {
    const double half = number.value / 2;
    number = {sign * half, 2 * half == number.value ? 0 : io::detail::smallest};
  }
  const OnnxValue beyond = activated(scope, scaled(scope, x, all(c, -sign / 2), c), "ReLU");
  return sum_of(scope, x, scaled(scope, beyond, {2 * sign, 0}));
}

/// max(x, c) = relu(x - c) + c
inline OnnxValue at_least(OnnxScope& scope, const OnnxValue& x, const Bounds& c) {
  if (are_zero(c)) return activated(scope, x, "ReLU");
  if (are_far(c)) return kept_within(scope, x, c, 1);
  const OnnxValue above = scaled(scope, x, all(c, 1), negated(c));
  return scaled(scope, activated(scope, above, "ReLU"), all(c, 1), c);
}

/// min(x, c) = c - relu(c - x)
inline OnnxValue at_most(OnnxScope& scope, const OnnxValue& x, const Bounds& c) {
  if (are_far(c)) return kept_within(scope, x, c, -1);
  const OnnxValue below = scaled(scope, x, all(c, -1), c);
  return scaled(scope, activated(scope, below, "ReLU"), all(c, -1), c);
}

inline void want_bounds(const OnnxScope& scope, const OnnxTensor& tensor) {
  want_exact(scope, tensor);
  for (const double number : read_numbers(tensor))
    if (!std::isfinite(number)) scope.fail("its constant '" + tensor.name + "' is not finite");
}

/// The largest of several tensors of one shape, feature by feature: all of a feature are gathered side by side.
inline OnnxValue largest(OnnxScope& scope, const std::vector<OnnxValue>& operands) {
  if (operands.size() == 1) return operands.front();
  const auto run = static_cast<std::int64_t>(operands.size());
  Joined join;
  join.shape = operands.front().shape;
  join.shape.push_back(run);
  const std::int64_t elements = count_elements(
      join.shape, [&](const std::string& what) { scope.fail("its result " + what); });
  scope.count_spread(elements);
  for (std::int64_t element = 0; element < elements / run; ++element)
    for (std::size_t operand = 0; operand < operands.size(); ++operand)
      join.operand.push_back(operand), join.element.push_back(element);
  const OnnxValue side_by_side = gathered(scope, operands, std::move(join));
  return over_runs(scope, Step::Kind::maximum, side_by_side, run, operands.front().shape);
}

}  // namespace detail

/// Max and Min of any number of tensors and constants.
inline void extremum(OnnxScope& scope) {
  scope.want_operands(1, std::size_t{1} << 16);
  const bool most = scope.node().op_type == "Max";
  OnnxShape shape = scope.operand(0).shape;
  const std::size_t count = scope.node().inputs.size();
  for (std::size_t index = 1; index < count; ++index)
    shape = broadcast_shape(scope, shape, scope.operand(index).shape);
  std::vector<OnnxValue> operands;
  for (std::size_t index = 0; index < count; ++index)
    if (const OnnxValue& one = scope.operand(index); !one.constant)
      operands.push_back(stretched(scope, one, shape));
  if (operands.empty())
    scope.fail("operand '" + scope.operand(0).tensor +
               "' is a constant where only a tensor that depends on the network's input is "
               "supported");
  const bool several = operands.size() > 1;
  if (several && !most)
    for (OnnxValue& one : operands) one = scaled(scope, one, {-1, 0});
  OnnxValue y = detail::largest(scope, operands);
  if (several && !most) y = scaled(scope, y, {-1, 0});
  for (std::size_t index = 0; index < count; ++index) {
    const OnnxValue constant = scope.operand(index);
    if (!constant.constant) continue;
    detail::want_bounds(scope, *constant.constant);
    const detail::Bounds bounds = spread(scope, constant, shape);
    y = most ? detail::at_least(scope, y, bounds) : detail::at_most(scope, y, bounds);
  }
  scope.give(std::move(y));
}

/// Clip between two constants, either of which may be left out or infinite.
inline void clip(OnnxScope& scope) {
  scope.want_operands(1, 3);
  const OnnxValue x = scope.variable(0);
  const double infinity = std::numeric_limits<double>::infinity();
  // As an attribute before opset 11, then as an operand.
  const auto bound = [&](const char* name, std::size_t index, double otherwise) {
    double number = scope.number(name, otherwise);
    if (scope.has(index)) {
      if (scope.node().find(name)) scope.fail_twice(name);
      const OnnxTensor& tensor = scope.constant(index);
      want_exact(scope, tensor);
      if (tensor.elements != 1)
        scope.fail("its bound '" + tensor.name + "' has " + std::to_string(tensor.elements) +
                   " numbers; one is wanted");
      number = read_numbers(tensor)[0];
    }
    if (std::isnan(number)) scope.fail(std::string(name) + " is not a number");
    return number;
  };
  const double least = bound("min", 1, -infinity), most = bound("max", 2, infinity);
  if (least > most || least == infinity || most == -infinity)
    scope.fail("a clip from " + std::to_string(least) + " to " + std::to_string(most) +
               " has no meaning");
  scope.check_spread(2 * x.features());
  const auto features = static_cast<std::size_t>(x.features());
  OnnxValue y = x;
  if (least != -infinity) y = detail::at_least(scope, y, detail::Bounds(features, {least, 0}));
  if (most != infinity) y = detail::at_most(scope, y, detail::Bounds(features, {most, 0}));
  scope.give(std::move(y));
}

/// PRelu: x, or slope x where that is negative. One slope from 0 to 1 is a LeakyReLU; others are
/// relu(x) - slope relu(-x).
inline void p_relu(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue x = scope.variable(0);
  const OnnxValue slope = scope.operand(1);
  detail::want_bounds(scope, scope.constant(1));
  if (broadcast_shape(scope, x.shape, slope.shape) != x.shape)
    scope.fail("its slope of shape " + to_string(slope.shape) + " does not fit " +
               to_string(x.shape));
  const detail::Bounds slopes = spread(scope, slope, x.shape);
  const double first = slopes.front().value;
  const bool one = std::all_of(slopes.begin(), slopes.end(),
                               [&](const Approximation& other) { return other.value == first; });
  if (one && first == 0) return scope.give(activated(scope, x, "ReLU"));
  if (one && first > 0 && first <= 1) return scope.give(activated(scope, x, "LeakyReLU", {first}));
  const OnnxValue positive = activated(scope, x, "ReLU");
  const OnnxValue negative = activated(scope, scaled(scope, x, {-1, 0}), "ReLU");
  scope.give(sum_of(scope, positive,
                    scaled(scope, negative, detail::negated(slopes), detail::all(slopes, 0))));
}

}  // namespace shardbound::inline v0::io::onnx_rules
