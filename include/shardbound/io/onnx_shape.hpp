// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Shapes of ONNX tensors: how many elements, how two broadcast as numpy's do, and which element of a
// smaller tensor each element of a larger one is.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shardbound::inline v0::io {

using OnnxShape = std::vector<std::int64_t>;

/// "[1, 784]"
inline std::string to_string(const OnnxShape& shape) {
  std::string out = "[";
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    out += (axis ? ", " : "") + std::to_string(shape[axis]);
  return out + "]";
}

/// The product of shape[first .. last).
inline std::int64_t extent(const OnnxShape& shape, std::size_t first, std::size_t last) {
  std::int64_t product = 1;
  for (std::size_t axis = first; axis < last; ++axis) product *= shape[axis];
  return product;
}

inline std::int64_t extent(const OnnxShape& shape) { return extent(shape, 0, shape.size()); }

/// The shape that two shapes broadcast to, or nothing if they do not.
inline std::optional<OnnxShape> broadcast(const OnnxShape& a, const OnnxShape& b) {
  OnnxShape out(std::max(a.size(), b.size()), 1);
  for (std::size_t back = 1; back <= out.size(); ++back) {
    const std::int64_t in_a = back <= a.size() ? a[a.size() - back] : 1;
    const std::int64_t in_b = back <= b.size() ? b[b.size() - back] : 1;
    if (in_a != in_b && in_a != 1 && in_b != 1) return std::nullopt;
    out[out.size() - back] = in_a == 1 ? in_b : in_a;
  }
  return out;
}

/// Elements from one index to the next on each axis, row-major.
inline std::vector<std::int64_t> strides(const OnnxShape& shape) {
  std::vector<std::int64_t> out(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) out[axis - 1] = out[axis] * shape[axis];
  return out;
}

/// Calls `visit` with first + sum of index * step over all indices of a shape, row-major.
template <class Visit>
void walk(const OnnxShape& shape, std::int64_t first, const std::vector<std::int64_t>& step,
          Visit visit) {
  const std::int64_t elements = extent(shape);
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t at = first;
  for (std::int64_t element = 0; element < elements; ++element) {
    visit(at);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      at += step[axis];
      if (++index[axis] < shape[axis]) break;
      at -= step[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

/// Which element of a tensor of shape `from` each element of `to` is, to which `from` broadcasts.
inline std::vector<std::int64_t> spread_indices(const OnnxShape& from, const OnnxShape& to) {
  const std::size_t missing = to.size() - from.size();
  const auto own = strides(from);
  std::vector<std::int64_t> step(to.size(), 0), out;
  for (std::size_t axis = 0; axis < from.size(); ++axis)
    if (from[axis] != 1) step[axis + missing] = own[axis];
  out.reserve(static_cast<std::size_t>(extent(to)));
  walk(to, 0, step, [&](std::int64_t element) { out.push_back(element); });
  return out;
}

}  // namespace shardbound::inline v0::io
