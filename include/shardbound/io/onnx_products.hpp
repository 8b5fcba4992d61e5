// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's matrix products, of which one factor is a constant: one row or one column of
// features times a matrix is a layer whose matrix stays in the file; several rows, or a stack of
// matrices, are one larger matrix that is made while reading.

#include <shardbound/io/onnx_indices.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// A linear layer before it is added: whoever uses it may still give it a bias.
struct Product {
  Step step;
  std::int32_t operand = 0;
  OnnxShape shape;
};

/// The extents of a product as numpy's: of the last two axes, the others broadcast; vectors gain an axis and
/// lose it again.
struct ProductShape {
  OnnxShape left, right;  ///< of two axes or more
  OnnxShape batch, shape;
  std::int64_t rows = 0, inner = 0, columns = 0;
};

inline ProductShape product_shape(const OnnxScope& scope, const OnnxValue& left,
                                  const OnnxValue& right) {
  ProductShape out;
  out.left = left.shape, out.right = right.shape;
  if (out.left.empty() || out.right.empty())
    scope.fail("operands of shapes " + to_string(out.left) + " and " + to_string(out.right) +
               " are not supported; a scalar is neither row nor matrix");
  if (left.shape.size() == 1) out.left.insert(out.left.begin(), 1);
  if (right.shape.size() == 1) out.right.push_back(1);
  out.rows = out.left[out.left.size() - 2], out.columns = out.right.back();
  out.inner = out.left.back();
  const std::int64_t other = out.right[out.right.size() - 2];
  if (other != out.inner) {
    const OnnxValue& weight = left.constant ? left : right;
    scope.fail("its weight '" + weight.constant->name + "' of shape " + to_string(weight.shape) +
               " wants " + std::to_string(left.constant ? out.inner : other) + " features; " +
               std::to_string(left.constant ? other : out.inner) + " arrive");
  }
  out.batch = broadcast_shape(scope, {out.left.begin(), out.left.end() - 2},
                              {out.right.begin(), out.right.end() - 2});
  out.shape = out.batch;
  if (left.shape.size() > 1) out.shape.push_back(out.rows);
  if (right.shape.size() > 1) out.shape.push_back(out.columns);
  count_elements(out.shape, [&](const std::string& what) { scope.fail("its result " + what); });
  return out;
}

/// Elements from one matrix of a factor to the next, on each axis of the product's stack.
inline std::vector<std::int64_t> stack_strides(const OnnxShape& factor, const OnnxShape& batch) {
  const auto own = strides(factor);
  std::vector<std::int64_t> step(batch.size(), 0);
  const std::size_t missing = batch.size() - (factor.size() - 2);
  for (std::size_t axis = 0; axis + 2 < factor.size(); ++axis)
    if (factor[axis] != 1) step[axis + missing] = own[axis];
  return step;
}

/// The matrix from all of x to all of the product, where the constant is used for several rows or columns of x.
inline ParameterSource made_product(OnnxScope& scope, const OnnxValue& left, const OnnxValue& right,
                                    const ProductShape& p) {
  const OnnxTensor& constant = left.constant ? *left.constant : *right.constant;
  want_exact(scope, constant);
  if (extent(p.shape) == 0)
    scope.fail("a result of shape " + to_string(p.shape) + " is not supported");
  const std::int64_t features = left.constant ? right.features() : left.features();
  ParameterSource matrix = scope.made_matrix(extent(p.shape), features);
  const auto weight = read_numbers(constant);
  std::vector<std::int64_t> left_at, right_at;
  walk(p.batch, 0, stack_strides(p.left, p.batch), [&](std::int64_t at) { left_at.push_back(at); });
  walk(p.batch, 0, stack_strides(p.right, p.batch),
       [&](std::int64_t at) { right_at.push_back(at); });
  std::size_t row = 0;
  for (std::size_t stack = 0; stack < left_at.size(); ++stack)
    for (std::int64_t i = 0; i < p.rows; ++i)
      for (std::int64_t j = 0; j < p.columns; ++j, ++row)
        for (std::int64_t k = 0; k < p.inner; ++k) {
          const std::int64_t in_left = left_at[stack] + i * p.inner + k;
          const std::int64_t in_right = right_at[stack] + k * p.columns + j;
          const auto number = static_cast<std::size_t>(left.constant ? in_left : in_right);
          const auto column = static_cast<std::size_t>(left.constant ? in_right : in_left);
          matrix.values[row * static_cast<std::size_t>(features) + column] = weight[number];
        }
  return matrix;
}

/// left times right, of which exactly one is a constant.
inline Product product(OnnxScope& scope, const OnnxValue& left, const OnnxValue& right) {
  ProductShape p = product_shape(scope, left, right);
  const OnnxValue& x = left.constant ? right : left;
  Product out;
  out.step.kind = Step::Kind::linear;
  if (extent(p.batch) == 1 && !left.constant && p.rows == 1) {
    out.step.weight = parameter(scope, *right.constant, p.inner, p.columns);
    out.step.weight.transposed = true;
  } else if (extent(p.batch) == 1 && left.constant && p.columns == 1) {
    out.step.weight = parameter(scope, *left.constant, p.rows, p.inner);
  } else {
    out.step.weight = made_product(scope, left, right, p);
  }
  out.operand = scope.layer_of(x);
  out.shape = std::move(p.shape);
  return out;
}

/// A factor of Gemm, turned round if `trans` is set.
inline OnnxValue gemm_factor(OnnxScope& scope, std::size_t index, const std::string& trans) {
  const OnnxValue factor = scope.operand(index);
  const std::int64_t turn = scope.integer(trans, 0);
  if (turn != 0 && turn != 1) scope.fail(trans + " = " + std::to_string(turn) + " has no meaning");
  if (factor.shape.size() != 2)
    scope.fail("operand " + std::to_string(index) + " of shape " + to_string(factor.shape) +
               " is not a matrix");
  return turn == 0 ? factor : permuted(scope, factor, {1, 0});
}

/// A factor of Gemm that is a constant may stay in its file, turned round or not, where the other is a row or column.
inline Product gemm_product(OnnxScope& scope) {
  const OnnxValue a = scope.operand(0), b = scope.operand(1);
  if (!a.constant == !b.constant)
    scope.fail(a.constant ? "operand '" + a.tensor + "' is a constant, and so is the other factor"
                          : "operand '" + b.tensor +
                                "' depends on the network's input, and so does the other factor");
  const bool turned = scope.integer(a.constant ? "transA" : "transB", 0) == 1;
  const OnnxValue& weight = a.constant ? a : b;
  const std::string trans = a.constant ? "transB" : "transA";
  const OnnxValue x = gemm_factor(scope, a.constant ? 1 : 0, trans);
  const bool single = x.shape[a.constant ? 1 : 0] == 1;
  if (!turned || !single || weight.shape.size() != 2)
    return a.constant ? product(scope, gemm_factor(scope, 0, "transA"), x)
                      : product(scope, x, gemm_factor(scope, 1, "transB"));
  // Checked and shaped as the product with the weight turned round, which it is.
  OnnxValue round = weight;
  std::swap(round.shape[0], round.shape[1]);
  ProductShape p = a.constant ? product_shape(scope, round, x) : product_shape(scope, x, round);
  Product out;
  out.step.kind = Step::Kind::linear;
  out.step.weight = parameter(scope, *weight.constant, weight.shape[0], weight.shape[1]);
  out.step.weight.transposed = a.constant != nullptr;
  out.operand = scope.layer_of(x);
  out.shape = std::move(p.shape);
  return out;
}

}  // namespace detail

/// Gemm: alpha A B + beta C, A and B turned round or not.
inline void gemm(OnnxScope& scope) {
  scope.want_operands(2, 3);
  const double alpha = scope.number("alpha", 1), beta = scope.number("beta", 1);
  if (!std::isfinite(alpha) || !std::isfinite(beta))
    scope.fail("alpha = " + std::to_string(alpha) + " and beta = " + std::to_string(beta) +
               " are not both finite");
  detail::Product product = detail::gemm_product(scope);
  const auto add = [&] {
    return scope.add_layer(std::move(product.step), {product.operand}, product.shape);
  };
  const OnnxShape shape = product.shape;
  if (scope.has(2)) {
    const OnnxShape& own = scope.operand(2).shape;
    const auto sum = broadcast(own, shape);
    if (!sum || *sum != shape)
      scope.fail("its bias '" + scope.operand(2).tensor + "' of shape " + to_string(own) +
                 " does not fit " + std::to_string(extent(shape)) + " outputs");
  }
  if (!scope.has(2) || beta == 0) {
    const OnnxValue y = add();
    return scope.give(alpha == 1 ? y : scaled(scope, y, {alpha, 0}));
  }
  const OnnxValue bias = scope.operand(2);
  if (bias.constant) {
    if (alpha == 1 && beta == 1 && is_exact(*bias.constant)) {
      product.step.bias = bias_of(scope, bias, shape);
      return scope.give(add());
    }
    std::vector<Approximation> shift = spread(scope, bias, shape);
    for (Approximation& number : shift) {
      Folded folded(number);
      folded *= {beta, 0};
      number = folded.rounded();
    }
    const std::vector<Approximation> scale(shift.size(), {alpha, 0});
    return scope.give(scaled(scope, add(), scale, shift));
  }
  OnnxValue y = add();
  if (alpha != 1) y = scaled(scope, y, {alpha, 0});
  OnnxValue c = stretched(scope, bias, shape);
  if (beta != 1) c = scaled(scope, c, {beta, 0});
  scope.give(sum_of(scope, y, c));
}

inline void mat_mul(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue left = scope.operand(0), right = scope.operand(1);
  if (!left.constant && !right.constant)
    scope.fail("operand '" + right.tensor + "' depends on the network's input, and so does '" +
               left.tensor + "'; only a product with a constant is supported");
  if (left.constant && right.constant)
    scope.fail("operand '" + left.tensor + "' is a constant, and so is '" + right.tensor +
               "'; a product of constants is not supported");
  detail::Product product = detail::product(scope, left, right);
  scope.give_layer(std::move(product.step), {product.operand}, std::move(product.shape));
}

}  // namespace shardbound::inline v0::io::onnx_rules
