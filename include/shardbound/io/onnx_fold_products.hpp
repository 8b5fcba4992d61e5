// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What else is computed of constants: matrix products, sums over axes and ReLU, as where a network is evaluated at a
// fixed point. In real arithmetic, each number with a bound of what a double misses.

#include <shardbound/io/onnx_products.hpp>
#include <shardbound/io/onnx_reduce.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// Numbers that were computed, as a constant of the file's node.
inline OnnxValue folded_constant(OnnxScope& scope, const std::vector<Approximation>& numbers,
                                 OnnxShape shape) {
  OnnxTensor made;
  made.type = OnnxType::float64;
  made.rounds = true;  // sums in floats are others
  made.numbers.resize(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i].value) || !std::isfinite(numbers[i].error))
      scope.fail("a constant that is not finite cannot be computed with");
    io::detail::put_number(made.numbers, made.errors, i, numbers[i]);
  }
  return scope.made_constant(std::move(made), std::move(shape));
}

/// The numbers of a constant operand, floats or doubles.
inline std::vector<Approximation> numbers_of(const OnnxScope& scope, const OnnxValue& constant) {
  want_float(scope, *constant.constant);
  return read_approximations(*constant.constant);
}

inline std::vector<Approximation> multiplied(OnnxScope& scope, const OnnxValue& left,
                                             const OnnxValue& right, const ProductShape& p) {
  std::int64_t work = 0;
  if (__builtin_mul_overflow(extent(p.shape), std::max(p.inner, std::int64_t{1}), &work))
    work = OnnxScope::spread_limit + 1;
  scope.count_spread(work);
  const auto a = numbers_of(scope, left), b = numbers_of(scope, right);
  const auto in_left = stacked(p.left, p.batch), in_right = stacked(p.right, p.batch);
  std::vector<Approximation> out;
  for (std::size_t stack = 0; stack < in_left.size(); ++stack)
    for (std::int64_t i = 0; i < p.rows; ++i)
      for (std::int64_t j = 0; j < p.columns; ++j) {
        Folded sum(0.0);
        for (std::int64_t k = 0; k < p.inner; ++k) {
          Folded term(a[static_cast<std::size_t>(in_left[stack] + i * p.inner + k)]);
          term *= b[static_cast<std::size_t>(in_right[stack] + k * p.columns + j)];
          sum += term.rounded();
        }
        out.push_back(sum.rounded());
      }
  return out;
}

}  // namespace detail

inline void fold_mat_mul(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue left = scope.operand(0), right = scope.operand(1);
  const auto p = detail::product_shape(scope, left, right);
  if (extent(p.shape) < 1)
    scope.fail("a result of shape " + to_string(p.shape) + " is not supported");
  scope.give(detail::folded_constant(scope, detail::multiplied(scope, left, right, p), p.shape));
}

inline void fold_gemm(OnnxScope& scope) {
  scope.want_operands(2, 3);
  const Approximation alpha{scope.number("alpha", 1), 0}, beta{scope.number("beta", 1), 0};
  const OnnxValue a = detail::gemm_factor(scope, 0, "transA");
  const OnnxValue b = detail::gemm_factor(scope, 1, "transB");
  const auto p = detail::product_shape(scope, a, b);
  auto numbers = detail::multiplied(scope, a, b, p);
  std::vector<Approximation> bias(numbers.size());
  if (scope.has(2)) {
    if (broadcast_shape(scope, scope.operand(2).shape, p.shape) != p.shape)
      scope.fail("its bias of shape " + to_string(scope.operand(2).shape) + " does not fit " +
                 to_string(p.shape));
    bias = spread(scope, scope.operand(2), p.shape);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    Folded product(numbers[i]), added(bias[i]);
    product *= alpha;
    added *= beta;
    product += added.rounded();
    numbers[i] = product.rounded();
  }
  scope.give(detail::folded_constant(scope, numbers, p.shape));
}

/// Relu: what is meant lies on the same side of 0, or is off by no more than before.
inline void fold_relu(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.operand(0);
  auto numbers = detail::numbers_of(scope, x);
  for (Approximation& number : numbers) {
    if (number.value + number.error <= 0) number.error = 0;
    number.value = std::max(number.value, 0.0);
  }
  scope.give(detail::folded_constant(scope, numbers, x.shape));
}

/// ReduceSum and ReduceMean.
inline void fold_sum(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue x = scope.operand(0);
  const detail::Reduction axes = detail::reduction(scope, x);
  const auto numbers = detail::numbers_of(scope, permuted(scope, x, axes.order));
  const auto run = static_cast<std::size_t>(axes.run);
  std::vector<Approximation> sums;
  for (std::size_t first = 0; first < numbers.size(); first += run) {
    Folded sum(0.0);
    for (std::size_t i = first; i < first + run; ++i) sum += numbers[i];
    if (scope.node().op_type == "ReduceMean") sum *= reciprocal(static_cast<double>(axes.run));
    sums.push_back(sum.rounded());
  }
  scope.give(detail::folded_constant(scope, sums, axes.shape));
}

}  // namespace shardbound::inline v0::io::onnx_rules
