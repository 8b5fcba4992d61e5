// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's Pad: elements around a tensor, each a constant or an element of the tensor itself. Negative pads cut.

#include <shardbound/io/onnx_indices.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// For each axis of a result, which index of x each of its indices is; -1: none, its elements are `fill`.
inline OnnxValue picked(OnnxScope& scope, const OnnxValue& x,
                        const std::vector<std::vector<std::int64_t>>& index_of, double fill = 0) {
  OnnxShape shape;
  for (const auto& axis : index_of) shape.push_back(static_cast<std::int64_t>(axis.size()));
  std::vector<std::int64_t> chosen = {0};
  chosen.reserve(static_cast<std::size_t>(bounded(scope, shape)));
  const auto own = strides(x.shape);
  for (std::size_t axis = 0; axis < index_of.size(); ++axis) {
    std::vector<std::int64_t> finer;
    finer.reserve(chosen.size() * index_of[axis].size());
    for (const std::int64_t before : chosen)
      for (const std::int64_t index : index_of[axis])
        finer.push_back(before < 0 || index < 0 ? -1 : before + index * own[axis]);
    chosen = std::move(finer);
  }
  return scope.selected(x, std::move(shape), chosen, fill);
}

namespace detail {

/// The index on an axis of `size` that one before its beginning or behind its end is.
inline std::int64_t index_inside(std::int64_t index, std::int64_t size, const std::string& mode) {
  if (index >= 0 && index < size) return index;
  if (mode == "edge") return std::clamp(index, std::int64_t{0}, size - 1);
  if (mode == "wrap") return (index % size + size) % size;
  if (mode == "reflect") {
    const std::int64_t period = std::max(2 * (size - 1), std::int64_t{1});
    const std::int64_t at = (index % period + period) % period;
    return at < size ? at : period - at;
  }
  return -1;
}

/// How many elements go before and behind each axis.
inline std::vector<std::int64_t> pads_of(const OnnxScope& scope, std::size_t rank) {
  const auto pads = scope.integers("pads", 1);
  if (!pads) scope.fail("it has no pads");
  std::vector<std::size_t> axes;
  if (scope.has(3)) {
    for (const std::int64_t axis : read_integers(scope.constant(3)))
      axes.push_back(scope.axis(axis, rank));
  } else {
    for (std::size_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  if (pads->size() != 2 * axes.size())
    scope.fail("its pads " + to_string(*pads) + " are not two for each of " +
               std::to_string(axes.size()) + " axes");
  std::vector<std::int64_t> all(2 * rank, 0);
  std::vector<bool> padded(rank);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (padded[axes[i]]) scope.fail("axis " + std::to_string(axes[i]) + " is padded twice");
    padded[axes[i]] = true;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const std::int64_t pad = (*pads)[i + side * axes.size()];
      if (pad > OnnxScope::feature_limit || pad < -OnnxScope::feature_limit)
        scope.fail("a pad of " + std::to_string(pad) + " is not supported");
      all[axes[i] + side * rank] = pad;
    }
  }
  return all;
}

/// As an attribute before opset 11, then as an operand.
inline double fill_of(const OnnxScope& scope) {
  double fill = scope.number("value", 0);
  if (scope.has(2)) {
    if (scope.node().find("value")) scope.fail_twice("value");
    const OnnxTensor& tensor = scope.constant(2);
    if (tensor.elements != 1)
      scope.fail("its constant '" + tensor.name + "' has " + std::to_string(tensor.elements) +
                 " numbers; one is wanted");
    if (is_whole(tensor.type)) {
      if (read_integers(tensor)[0] != 0)
        scope.fail("its constant '" + tensor.name + "' holds numbers of type " +
                   onnx_type_name(tensor.type) + "; float and double are supported");
    } else {
      want_exact(scope, tensor);
      fill = read_numbers(tensor)[0];
    }
  }
  if (!std::isfinite(fill)) scope.fail("a padding that is not finite is not supported");
  return fill;
}

}  // namespace detail

inline void pad(OnnxScope& scope) {
  scope.want_operands(1, 4);
  const OnnxValue x = scope.operand(0);
  const std::string mode = scope.text("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    scope.fail("mode = '" + mode + "' is not known");
  const std::size_t rank = x.shape.size();
  const auto pads = detail::pads_of(scope, rank);
  OnnxShape shape;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t before = pads[axis], behind = pads[axis + rank];
    shape.push_back(x.shape[axis] + before + behind);
    if (shape.back() < 1 || x.shape[axis] < 1)
      scope.fail("an axis of " + std::to_string(x.shape[axis]) + " with pads of " +
                 std::to_string(before) + " and " + std::to_string(behind) + " is not supported");
    // Whether what is cut off is still reflected or goes round, runtimes do not agree on.
    if ((before < 0 || behind < 0) && (mode == "reflect" || mode == "wrap"))
      scope.fail("pads of " + std::to_string(before) + " and " + std::to_string(behind) +
                 " with mode = '" + mode + "' are not supported; those that cut nothing are");
  }
  bounded(scope, shape);
  std::vector<std::vector<std::int64_t>> index_of(rank);
  for (std::size_t axis = 0; axis < rank; ++axis)
    for (std::int64_t i = 0; i < shape[axis]; ++i)
      index_of[axis].push_back(detail::index_inside(i - pads[axis], x.shape[axis], mode));
  scope.give(picked(scope, x, index_of, mode == "constant" ? detail::fill_of(scope) : 0));
}

}  // namespace shardbound::inline v0::io::onnx_rules
