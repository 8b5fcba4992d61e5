// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's sums and means over axes: a small matrix of zeros and ones that is made while
// reading, and for a mean what one over the count misses.

#include <shardbound/io/onnx_operators.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// ReduceSum and ReduceMean over any axes, kept with an extent of one or dropped.
inline void reduce(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue x = scope.variable(0);
  const std::int64_t keep = scope.integer("keepdims", 1);
  const auto axes = scope.integers("axes", 1);
  if (keep != 0 && keep != 1) scope.fail("keepdims = " + std::to_string(keep) + " has no meaning");
  const bool none = !axes || axes->empty();
  if (none && scope.integer("noop_with_empty_axes", 0) != 0) return scope.give_same(x, x.shape);
  std::vector<bool> gone(x.shape.size(), none);
  if (!none)
    for (const std::int64_t axis : *axes) gone[scope.axis(axis, gone.size())] = true;

  OnnxShape kept, shape;  // with extents of one where summed, and as it is given
  for (std::size_t axis = 0; axis < gone.size(); ++axis) {
    kept.push_back(gone[axis] ? 1 : x.shape[axis]);
    if (!gone[axis] || keep == 1) shape.push_back(kept.back());
  }
  const std::int64_t features = x.features(), count = features / extent(kept);
  if (count == 1) return scope.give_same(x, std::move(shape));
  Step step;
  step.kind = Step::Kind::linear;
  step.weight = scope.made_matrix(extent(kept), features);
  std::int64_t feature = 0;
  for (const std::int64_t row : spread_indices(kept, x.shape))
    step.weight.values[static_cast<std::size_t>(row * features + feature++)] = 1;
  const std::int32_t layer = scope.layer_of(x);
  OnnxValue y = scope.add_layer(std::move(step), {layer}, std::move(shape));
  if (scope.node().op_type == "ReduceMean")
    y = scaled(scope, y, reciprocal(static_cast<double>(count)));
  scope.give(std::move(y));
}

}  // namespace shardbound::inline v0::io::onnx_rules
