// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's operators that choose and order elements: what they give is a selection of
// their operand's elements, be it a constant or features of a layer.

#include <shardbound/io/onnx_operators.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// Elements of a result that is about to be written down index by index.
inline std::int64_t bounded(const OnnxScope& scope, const OnnxShape& shape) {
  if (shape.size() > 64) scope.fail("a result of more than 64 axes is not supported");
  const std::int64_t elements =
      count_elements(shape, [&](const std::string& what) { scope.fail("its result " + what); });
  if (elements > OnnxScope::spread_limit)
    scope.fail("a result of shape " + to_string(shape) + " is too large");
  return elements;
}

/// Elements first + index * step of a tensor, over all indices of `shape`.
inline OnnxValue strided(OnnxScope& scope, const OnnxValue& x, OnnxShape shape, std::int64_t first,
                         const std::vector<std::int64_t>& step) {
  std::vector<std::int64_t> chosen;
  chosen.reserve(static_cast<std::size_t>(bounded(scope, shape)));
  walk(shape, first, step, [&](std::int64_t element) { chosen.push_back(element); });
  return scope.selected(x, std::move(shape), chosen);
}

/// The axes of a tensor in another order.
inline OnnxValue permuted(OnnxScope& scope, const OnnxValue& x,
                          const std::vector<std::size_t>& order) {
  const auto own = strides(x.shape);
  OnnxShape shape;
  std::vector<std::int64_t> step;
  for (const std::size_t axis : order) shape.push_back(x.shape[axis]), step.push_back(own[axis]);
  return strided(scope, x, std::move(shape), 0, step);
}

inline void transpose(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.operand(0);
  std::vector<std::size_t> order(x.shape.size());
  std::iota(order.rbegin(), order.rend(), std::size_t{0});
  if (const auto* perm = scope.attribute_of("perm", OnnxAttribute::Kind::integers)) {
    std::vector<bool> seen(order.size());
    if (perm->integers.size() != order.size())
      scope.fail("its perm " + to_string(perm->integers) + " does not order the axes of " +
                 to_string(x.shape));
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = scope.axis(perm->integers[i], order.size());
      if (seen[order[i]]) scope.fail("its perm names axis " + std::to_string(order[i]) + " twice");
      seen[order[i]] = true;
    }
  }
  scope.give(permuted(scope, x, order));
}

/// Slice: on some axes, elements from a start to an end in steps; as attributes before opset 10.
inline void slice(OnnxScope& scope) {
  scope.want_operands(1, 5);
  const OnnxValue x = scope.operand(0);
  const auto starts = scope.integers("starts", 1), ends = scope.integers("ends", 2);
  const auto axes = scope.integers("axes", 3), steps = scope.integers("steps", 4);
  if (!starts || !ends) scope.fail("it has no starts or no ends");
  const std::size_t count = starts->size();
  if (ends->size() != count || (axes && axes->size() != count) ||
      (steps && steps->size() != count) || (!axes && count > x.shape.size()))
    scope.fail("its starts, ends, axes and steps do not belong together");
  OnnxShape shape = x.shape;
  std::vector<std::int64_t> step = strides(x.shape);
  std::vector<bool> sliced(shape.size());
  std::int64_t first = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t axis = axes ? scope.axis((*axes)[i], shape.size()) : i;
    if (sliced[axis]) scope.fail("axis " + std::to_string(axis) + " is sliced twice");
    sliced[axis] = true;
    const std::int64_t size = x.shape[axis];
    // Whatever leads out of the tensor in one step is as good as any that does.
    const std::int64_t far = std::max(size, std::int64_t{1});
    const std::int64_t stride = steps ? std::clamp((*steps)[i], -far, far) : 1;
    if (stride == 0) scope.fail("a step of 0 has no meaning");
    if (size == 0) continue;
    const auto clamped = [&](std::int64_t index, std::int64_t least, std::int64_t most) {
      return std::clamp(index < 0 ? index + size : index, least, most);
    };
    // Backwards, a start before the tensor is its first element, an end there is before it.
    const bool forwards = stride > 0;
    const std::int64_t start = clamped((*starts)[i], 0, forwards ? size : size - 1);
    const std::int64_t end =
        forwards ? clamped((*ends)[i], 0, size) : clamped((*ends)[i], -1, size - 1);
    const std::int64_t length = forwards ? end - start : start - end;
    const std::int64_t jump = stride > 0 ? stride : -stride;
    shape[axis] = length > 0 ? (length + jump - 1) / jump : 0;
    first += start * step[axis];
    step[axis] *= stride;
  }
  scope.give(strided(scope, x, std::move(shape), first, step));
}

/// Gather: along an axis, those that constant indices name.
inline void gather(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue x = scope.operand(0);
  const auto indices = read_integers(scope.constant(1), OnnxScope::feature_limit);
  const OnnxShape& inner = scope.operand(1).shape;
  const std::size_t axis = scope.axis(scope.integer("axis", 0), x.shape.size());
  OnnxShape shape(x.shape.begin(), x.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), inner.begin(), inner.end());
  shape.insert(shape.end(), x.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.shape.end());
  std::vector<std::int64_t> chosen;
  const std::int64_t elements = bounded(scope, shape);
  chosen.reserve(static_cast<std::size_t>(elements));
  const std::int64_t size = x.shape[axis];
  const std::int64_t before = elements == 0 ? 0 : extent(x.shape, 0, axis);
  const std::int64_t behind = extent(x.shape, axis + 1, x.shape.size());
  for (const std::int64_t index : indices)
    if (index < -size || index >= size)
      scope.fail("index " + std::to_string(index) + " does not exist on an axis of " +
                 std::to_string(size));
  for (std::int64_t outer = 0; outer < before; ++outer)
    for (const std::int64_t index : indices)
      for (std::int64_t last = 0; last < behind; ++last)
        chosen.push_back((outer * size + (index < 0 ? index + size : index)) * behind + last);
  scope.give(scope.selected(x, std::move(shape), chosen));
}

/// The sizes of the parts that Split cuts an axis into.
inline std::vector<std::int64_t> split_sizes(const OnnxScope& scope, std::int64_t size) {
  if (auto said = scope.integers("split", 1)) {
    if (scope.node().find("num_outputs"))
      scope.fail("its parts are given twice, by their sizes and by their number");
    std::int64_t left = size;
    for (const std::int64_t part : *said) {
      if (part < 0 || part > left) left = -1;
      if (left < 0) break;
      left -= part;
    }
    if (left != 0 || said->size() != scope.node().outputs.size())
      scope.fail("an axis of " + std::to_string(size) + " cannot be split into " +
                 to_string(*said) + " for " + std::to_string(scope.node().outputs.size()) +
                 " outputs");
    return *said;
  }
  const auto parts = static_cast<std::int64_t>(scope.node().outputs.size());
  const std::int64_t wanted = scope.integer("num_outputs", parts);
  if (parts < 1 || wanted != parts || (!scope.node().find("num_outputs") && size % parts != 0))
    scope.fail("an axis of " + std::to_string(size) + " cannot be split evenly into " +
               std::to_string(wanted) + " for " + std::to_string(parts) + " outputs");
  const std::int64_t most = (size + parts - 1) / parts;
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(parts), most);
  sizes.back() = size - most * (parts - 1);
  if (sizes.back() < 0)
    scope.fail("an axis of " + std::to_string(size) + " has no " + std::to_string(parts) +
               " parts");
  return sizes;
}

inline void split(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue x = scope.operand(0);
  const std::size_t axis = scope.axis(scope.integer("axis", 0), x.shape.size());
  const auto step = strides(x.shape);
  std::int64_t first = 0;
  std::size_t output = 0;
  for (const std::int64_t size : split_sizes(scope, x.shape[axis])) {
    OnnxShape shape = x.shape;
    shape[axis] = size;
    if (!scope.node().outputs[output].empty())
      scope.give(strided(scope, x, std::move(shape), first * step[axis], step), output);
    first += size;
    ++output;
  }
}

/// Expand to a constant shape, which broadcasts both ways.
inline void expand(OnnxScope& scope) {
  scope.want_operands(2, 2);
  const OnnxValue x = scope.operand(0);
  const OnnxShape wanted = read_integers(scope.constant(1));
  for (const std::int64_t one : wanted)
    if (one < 1) scope.fail("a shape of " + to_string(wanted) + " is not supported");
  const OnnxShape shape = broadcast_shape(scope, x.shape, wanted);
  bounded(scope, shape);
  scope.give(stretched(scope, x, shape));
}

/// Flatten: two axes, those before `axis` and those after.
inline void flatten(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = scope.operand(0);
  const std::int64_t wanted = scope.integer("axis", 1);
  const std::size_t rank = x.shape.size();
  const std::size_t axis =
      wanted == static_cast<std::int64_t>(rank) ? rank : scope.axis(wanted, rank);
  scope.give_same(x, {extent(x.shape, 0, axis), extent(x.shape, axis, rank)});
}

/// Reshape to a constant shape: 0 keeps an extent, one -1 takes what is left.
inline void reshape(OnnxScope& scope) {
  scope.want_operands(1, 2);
  const OnnxValue x = scope.operand(0);
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
  const OnnxValue x = scope.operand(0);
  const auto axes = scope.integers("axes", 1);
  if (axes && axes->empty()) scope.fail("a list of no axes is not supported");
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
  const OnnxValue x = scope.operand(0);
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

}  // namespace shardbound::inline v0::io::onnx_rules
