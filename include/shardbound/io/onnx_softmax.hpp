// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's Softmax: over one axis, or before opset 13 over all axes from one on.

#include <shardbound/io/onnx_indices.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// The order of axes in which this one is the last.
inline std::vector<std::size_t> order_with_last(std::size_t rank, std::size_t last) {
  std::vector<std::size_t> order;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (axis != last) order.push_back(axis);
  order.push_back(last);
  return order;
}

/// The order that undoes another one.
inline std::vector<std::size_t> inverse(const std::vector<std::size_t>& order) {
  std::vector<std::size_t> out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[order[i]] = i;
  return out;
}

}  // namespace detail

inline void softmax(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.variable(0);
  if (x.shape.empty()) scope.fail("a scalar has no axis");
  const bool flattens = scope.opset() < 13;
  const std::size_t axis = scope.axis(scope.integer("axis", flattens ? 1 : -1), x.shape.size());
  if (flattens) {
    const std::int64_t run = extent(x.shape, axis, x.shape.size());
    return scope.give(over_runs(scope, Step::Kind::softmax, x, run, x.shape));
  }
  const auto order = detail::order_with_last(x.shape.size(), axis);
  const OnnxValue turned = permuted(scope, x, order);
  const OnnxValue y = over_runs(scope, Step::Kind::softmax, turned, x.shape[axis], turned.shape);
  scope.give(permuted(scope, y, detail::inverse(order)));
}

}  // namespace shardbound::inline v0::io::onnx_rules
