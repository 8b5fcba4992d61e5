// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's sums, means, maxima and minima over axes: what belongs to one result is gathered in a
// row, then summed up or compared; a mean charges what one over the count misses.

#include <shardbound/io/onnx_indices.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// Which axes are gone: an order of axes in which they are the last, and what is left.
struct Reduction {
  std::vector<std::size_t> order;
  std::int64_t run = 1;  ///< elements that make one of the result
  OnnxShape shape;       ///< of the result
};

inline Reduction reduction(const OnnxScope& scope, const OnnxValue& x) {
  const std::int64_t keep = scope.integer("keepdims", 1);
  const auto axes = scope.integers("axes", 1);
  if (keep != 0 && keep != 1) scope.fail("keepdims = " + std::to_string(keep) + " has no meaning");
  const bool none = !axes || axes->empty();
  const bool all = none && scope.integer("noop_with_empty_axes", 0) == 0;
  std::vector<bool> gone(x.shape.size(), all);
  if (!none)
    for (const std::int64_t axis : *axes) gone[scope.axis(axis, gone.size())] = true;
  Reduction out;
  for (std::size_t axis = 0; axis < gone.size(); ++axis) {
    if (!gone[axis]) out.order.push_back(axis);
    if (gone[axis]) out.run *= x.shape[axis];
    if (!gone[axis] || keep == 1) out.shape.push_back(gone[axis] ? 1 : x.shape[axis]);
  }
  for (std::size_t axis = 0; axis < gone.size(); ++axis)
    if (gone[axis]) out.order.push_back(axis);
  if (out.run < 1) scope.fail("an operand of shape " + to_string(x.shape) + " is not supported");
  return out;
}

}  // namespace detail

/// ReduceSum, ReduceMean, ReduceMax and ReduceMin over any axes, kept with an extent of one or dropped.
inline void reduce(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue x = scope.variable(0);
  const auto [order, run, shape] = detail::reduction(scope, x);
  if (run == 1) return scope.give_same(x, shape);
  OnnxValue y = permuted(scope, x, order);
  const std::string& op = scope.node().op_type;
  if (op == "ReduceMax" || op == "ReduceMin") {
    if (op == "ReduceMin") y = scaled(scope, y, {-1, 0});
    y = over_runs(scope, Step::Kind::maximum, y, run, shape);
    if (op == "ReduceMin") y = scaled(scope, y, {-1, 0});
  } else {
    y = over_runs(scope, Step::Kind::sum, y, run, shape);
    if (op == "ReduceMean") y = scaled(scope, y, reciprocal(static_cast<double>(run)));
  }
  scope.give(std::move(y));
}

}  // namespace shardbound::inline v0::io::onnx_rules
