// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's matrix products. Of features with a constant they are layers whose matrix stays in the
// file: dense ones of one row or one column, and of several a convolution over them whose windows see one position.
// Products of two tensors that depend on the input are sums of products of features.

#include <shardbound/io/onnx_elementwise.hpp>
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
  OnnxShape shape;                   ///< of the product
  OnnxShape layer_shape;             ///< of what the layer outputs,
  std::vector<std::size_t> order{};  ///< whose axes in this order are the product's

  /// One row or column: the layer outputs the product as it is.
  bool is_single() const { return step.geometry.in_channels == 0; }
  OnnxValue added(OnnxScope& scope) {
    OnnxValue y = scope.add_layer(std::move(step), {operand}, layer_shape);
    y = permuted(scope, y, order);
    y.shape = shape;
    return y;
  }
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
  if (other != out.inner && !left.constant && !right.constant)
    scope.fail("operands of shapes " + to_string(left.shape) + " and " + to_string(right.shape) +
               " do not fit together");
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

/// The same, of the matrices of each factor, one after the other.
inline std::vector<std::int64_t> stacked(const OnnxShape& factor, const OnnxShape& batch) {
  std::vector<std::int64_t> at;
  walk(batch, 0, stack_strides(factor, batch), [&](std::int64_t first) { at.push_back(first); });
  return at;
}

/// The matrices of the constant factor, each out x in, one below the other: the file's own, or made of them where they
/// are turned round or several.
inline ParameterSource stacked_matrices(OnnxScope& scope, const OnnxValue& constant, Side side,
                                        const ProductShape& p, std::int64_t stack) {
  const bool left = side == Side::left;
  const std::int64_t out = left ? p.rows : p.columns;
  if (stack == 1) {
    ParameterSource source =
        parameter(scope, *constant.constant, left ? out : p.inner, left ? p.inner : out);
    source.transposed = !left;
    return source;
  }
  if (left && constant.features() == stack * out * p.inner)
    return parameter(scope, *constant.constant, stack * out, p.inner);
  want_exact(scope, *constant.constant);
  ParameterSource matrix = scope.made_matrix(stack * out, p.inner);
  const auto numbers = read_numbers(*constant.constant);
  std::size_t element = 0;
  for (const std::int64_t first : stacked(left ? p.left : p.right, p.batch))
    for (std::int64_t o = 0; o < out; ++o)
      for (std::int64_t k = 0; k < p.inner; ++k)
        matrix.values[element++] =
            numbers[static_cast<std::size_t>(first + (left ? o * p.inner + k : k * p.columns + o))];
  return matrix;
}

/// left times right, of which exactly one is a constant: a dense layer, or a convolution whose windows see one
/// position. Channels are what is summed over; positions are the rows of x, or its columns if the constant stands on
/// the left. A stack of matrices has more channels where x is one matrix, and is as many groups where x is a stack.
/// `weight`: the constant's matrix, if it is not the constant as it is stored.
inline Product product(OnnxScope& scope, const OnnxValue& left, const OnnxValue& right,
                       ParameterSource weight = {}) {
  const ProductShape p = product_shape(scope, left, right);
  const Side side = left.constant ? Side::left : Side::right;
  const bool is_left = side == Side::left;
  if (extent(p.shape) < 1)
    scope.fail("a result of shape " + to_string(p.shape) + " is not supported");
  const OnnxShape& constant_shape = is_left ? p.left : p.right;
  const OnnxShape& x_shape = is_left ? p.right : p.left;
  const std::int64_t stack = extent(p.batch);
  const std::int64_t matrices =
      extent(constant_shape, 0, constant_shape.size() - 2) == 1 ? 1 : stack;
  const std::int64_t stacked_x = extent(x_shape, 0, x_shape.size() - 2) == 1 ? 1 : stack;
  const std::int64_t out = is_left ? p.rows : p.columns, seen = is_left ? p.columns : p.rows;

  // x as [stack, in, positions], or as [in, stack, positions] where all of it meets one matrix
  OnnxValue x = is_left ? right : left;
  x.shape = x_shape;
  OnnxShape whole = p.batch;
  if (stacked_x > 1)
    whole.insert(whole.end(), x_shape.end() - 2, x_shape.end()), x = stretched(scope, x, whole);
  x.shape = {stacked_x, is_left ? p.inner : seen, is_left ? seen : p.inner};
  const bool shared = matrices == 1;
  x = permuted(
      scope, x,
      is_left ? (shared ? std::vector<std::size_t>{1, 0, 2} : std::vector<std::size_t>{0, 1, 2})
              : (shared ? std::vector<std::size_t>{2, 0, 1} : std::vector<std::size_t>{0, 2, 1}));

  Product made;
  made.shape = p.shape;
  made.step.kind = Step::Kind::linear;
  made.step.weight = weight.empty()
                         ? stacked_matrices(scope, is_left ? left : right, side, p, matrices)
                         : std::move(weight);
  Geometry geometry = Geometry::dense(p.inner, out * matrices);
  if (shared) {
    geometry.columns.in = geometry.columns.out = stacked_x * seen;
    made.layer_shape = {out, stacked_x, seen};
    made.order = is_left ? std::vector<std::size_t>{1, 0, 2} : std::vector<std::size_t>{1, 2, 0};
  } else {
    geometry.groups = stacked_x;
    geometry.in_channels *= stacked_x;
    geometry.columns.in = geometry.columns.out = seen;
    made.layer_shape = {stack, out, seen};
    made.order = is_left ? std::vector<std::size_t>{0, 1, 2} : std::vector<std::size_t>{0, 2, 1};
  }
  if (!geometry.is_dense()) made.step.geometry = geometry;
  made.operand = scope.layer_of(x);
  return made;
}

/// All pairs of elements that meet in a product, those of one sum after the other.
struct Pairs {
  OnnxValue left, right;
  ProductShape shape;
};

inline Pairs pairs_of(OnnxScope& scope, const OnnxValue& left, const OnnxValue& right) {
  ProductShape p = product_shape(scope, left, right);
  OnnxShape pairs = p.batch;
  pairs.insert(pairs.end(), {p.rows, p.columns, p.inner});
  auto in_left = stack_strides(p.left, p.batch), in_right = stack_strides(p.right, p.batch);
  in_left.insert(in_left.end(), {p.inner, 0, 1});
  in_right.insert(in_right.end(), {0, 1, p.columns});
  return {strided(scope, left, pairs, 0, in_left), strided(scope, right, pairs, 0, in_right),
          std::move(p)};
}

inline OnnxValue summed(OnnxScope& scope, OnnxValue products, const ProductShape& p) {
  if (p.inner > 1) return over_runs(scope, Step::Kind::sum, products, p.inner, p.shape);
  products.shape = p.shape;
  return products;
}

/// left times right, both depending on the input: all pairs that meet are multiplied, then summed up.
inline OnnxValue variable_product(OnnxScope& scope, const OnnxValue& left, const OnnxValue& right) {
  const Pairs pairs = pairs_of(scope, left, right);
  return summed(scope, product_of(scope, pairs.left, pairs.right), pairs.shape);
}

/// The same where no double holds the constant exactly: pairs are multiplied one by one, each with what its factor is off
/// by.
inline OnnxValue charged_product(OnnxScope& scope, const OnnxValue& left, const OnnxValue& right) {
  const Pairs pairs = pairs_of(scope, left, right);
  const OnnxValue& x = left.constant ? pairs.right : pairs.left;
  const OnnxValue& constant = left.constant ? pairs.left : pairs.right;
  const std::vector<Approximation> factors = read_approximations(*constant.constant);
  return summed(scope, scaled(scope, x, factors, std::vector<Approximation>(factors.size())),
                pairs.shape);
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

/// A factor of Gemm that is a constant stays in its file, turned round or not.
inline Product gemm_product(OnnxScope& scope) {
  const OnnxValue a = scope.operand(0), b = scope.operand(1);
  const bool left = a.constant != nullptr;
  const bool turned = scope.integer(left ? "transA" : "transB", 0) == 1;
  const OnnxValue& weight = left ? a : b;
  const OnnxValue x = left ? gemm_factor(scope, 1, "transB") : gemm_factor(scope, 0, "transA");
  if (!turned || weight.shape.size() != 2) {
    const OnnxValue as_is =
        left ? gemm_factor(scope, 0, "transA") : gemm_factor(scope, 1, "transB");
    return left ? product(scope, as_is, x) : product(scope, x, as_is);
  }
  OnnxValue round = weight;  // by its shape
  std::swap(round.shape[0], round.shape[1]);
  ParameterSource source = parameter(scope, *weight.constant, weight.shape[0], weight.shape[1]);
  source.transposed = left;
  return left ? product(scope, round, x, std::move(source))
              : product(scope, x, round, std::move(source));
}

/// alpha A B + beta C, where A B is there.
inline OnnxValue gemm_sum(OnnxScope& scope, OnnxValue y, double alpha, double beta) {
  if (!scope.has(2) || beta == 0) return alpha == 1 ? y : scaled(scope, y, {alpha, 0});
  const OnnxValue bias = scope.operand(2);
  if (bias.constant && alpha == 1 && beta == 1) return plus(scope, y, bias);
  if (bias.constant) {
    std::vector<Approximation> shift = spread(scope, bias, y.shape);
    for (Approximation& number : shift) {
      Folded folded(number);
      folded *= {beta, 0};
      number = folded.rounded();
    }
    const std::vector<Approximation> scale(shift.size(), {alpha, 0});
    return scaled(scope, y, scale, shift);
  }
  if (alpha != 1) y = scaled(scope, y, {alpha, 0});
  OnnxValue c = stretched(scope, bias, y.shape);
  if (beta != 1) c = scaled(scope, c, {beta, 0});
  return sum_of(scope, y, c);
}

}  // namespace detail

/// Gemm: alpha A B + beta C, A and B turned round or not.
inline void gemm(OnnxScope& scope) {
  scope.want_operands(2, 3);
  const double alpha = scope.number("alpha", 1), beta = scope.number("beta", 1);
  if (!std::isfinite(alpha) || !std::isfinite(beta))
    scope.fail("alpha = " + std::to_string(alpha) + " and beta = " + std::to_string(beta) +
               " are not both finite");
  const OnnxValue a = scope.operand(0), b = scope.operand(1);
  const auto want_bias = [&](const OnnxShape& shape) {
    if (!scope.has(2)) return;
    const OnnxShape& own = scope.operand(2).shape;
    const auto sum = broadcast(own, shape);
    if (!sum || *sum != shape)
      scope.fail("its bias '" + scope.operand(2).tensor + "' of shape " + to_string(own) +
                 " does not fit " + std::to_string(extent(shape)) + " outputs");
  };
  const bool varies = !a.constant && !b.constant;
  const OnnxTensor* constant = a.constant ? a.constant : b.constant;
  if (varies || (is_float(constant->type) && !is_exact(*constant))) {
    const OnnxValue left = detail::gemm_factor(scope, 0, "transA");
    const OnnxValue right = detail::gemm_factor(scope, 1, "transB");
    const OnnxValue y = varies ? detail::variable_product(scope, left, right)
                               : detail::charged_product(scope, left, right);
    want_bias(y.shape);
    return scope.give(detail::gemm_sum(scope, y, alpha, beta));
  }
  detail::Product product = detail::gemm_product(scope);
  want_bias(product.shape);
  const bool biased = scope.has(2) && scope.operand(2).constant;
  if (biased && product.is_single() && alpha == 1 && beta == 1 &&
      is_exact(*scope.operand(2).constant)) {
    product.step.bias = bias_of(scope, scope.operand(2), product.shape);
    return scope.give(product.added(scope));
  }
  scope.give(detail::gemm_sum(scope, product.added(scope), alpha, beta));
}

inline void mat_mul(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue left = scope.operand(0), right = scope.operand(1);
  if (!left.constant && !right.constant)
    return scope.give(detail::variable_product(scope, left, right));
  const OnnxTensor& constant = left.constant ? *left.constant : *right.constant;
  if (is_float(constant.type) && !is_exact(constant))
    return scope.give(detail::charged_product(scope, left, right));
  scope.give(detail::product(scope, left, right).added(scope));
}

}  // namespace shardbound::inline v0::io::onnx_rules
