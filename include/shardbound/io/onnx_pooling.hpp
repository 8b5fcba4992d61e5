// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's pools. A mean is a convolution of each channel with ones, which keeps its windows, and one over
// the count of what each window sees; a maximum gathers the windows and keeps the largest of each.

#include <shardbound/io/onnx_indices.hpp>
#include <shardbound/io/onnx_windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

inline std::vector<OnnxWindow> pool_windows(const OnnxScope& scope, const OnnxValue& x) {
  const auto* kernel = scope.attribute_of("kernel_shape", OnnxAttribute::Kind::integers);
  if (!kernel || kernel->integers.size() + 2 != x.shape.size())
    scope.fail("it has no kernel_shape for an operand of shape " + to_string(x.shape));
  const std::int64_t ceil = scope.integer("ceil_mode", 0);
  if (ceil != 0 && ceil != 1) scope.fail("ceil_mode = " + std::to_string(ceil) + " has no meaning");
  auto windows = windows_over(scope, x.shape, kernel->integers,
                              ceil == 1 ? WindowEnd::beyond : WindowEnd::inside);
  // Pads that would be negative are zeros to some runtimes, and to others cut the map; dilations count in the size of a
  // window for some of them alone.
  if (auto_pad_of(scope).starts_with("SAME"))
    for (const OnnxWindow& window : windows) {
      if (window.axis.dilation > 1)
        scope.fail("dilations of " + std::to_string(window.axis.dilation) +
                   " are not supported with auto_pad");
      if ((window.axis.out - 1) * window.axis.stride + window.reach() < window.axis.in)
        scope.fail("strides of " + std::to_string(window.axis.stride) +
                   " that leave inputs out between windows of " + std::to_string(window.reach()) +
                   " are not supported with auto_pad");
    }
  return windows;
}

/// Sums over the windows of each channel.
inline OnnxValue window_sums(OnnxScope& scope, const OnnxValue& x, const Geometry& geometry,
                             OnnxShape shape) {
  Step step;
  step.kind = Step::Kind::linear;
  step.weight = scope.made_matrix(geometry.out_channels, geometry.taps());
  std::fill(step.weight.values.begin(), step.weight.values.end(), 1.0);
  step.geometry = geometry;
  const std::int32_t layer = scope.layer_of(x);
  return scope.add_layer(std::move(step), {layer}, std::move(shape));
}

/// How many numbers each window of an axis counts: its inputs, or also the zeros that pads are.
inline std::vector<std::int64_t> counts(const OnnxWindow& window, bool zeros_too) {
  const WindowAxis& axis = window.axis;
  std::vector<std::int64_t> out;
  for (std::int64_t o = 0; o < axis.out; ++o) {
    const std::int64_t first = o * axis.stride - axis.before;
    const std::int64_t end = zeros_too ? axis.in + window.after : axis.in;
    const std::int64_t low =
        zeros_too || first >= 0 ? 0 : (axis.dilation - 1 - first) / axis.dilation;
    const std::int64_t high =
        first >= end ? 0 : std::min(axis.taps, (end - first - 1) / axis.dilation + 1);
    out.push_back(std::max(high - low, std::int64_t{0}));
  }
  return out;
}

/// The inputs that each window of an axis sees, the one seen first in place of those outside of the map.
inline std::vector<std::int64_t> seen(const OnnxScope& scope, const OnnxWindow& window) {
  const WindowAxis& axis = window.axis;
  bounded(scope, {axis.out, axis.taps});
  std::vector<std::int64_t> out;
  for (std::int64_t o = 0; o < axis.out; ++o) {
    const std::int64_t first = o * axis.stride - axis.before;
    std::int64_t tap = 0;
    if (first < 0) tap = (axis.dilation - 1 - first) / axis.dilation;
    const std::int64_t instead = first + tap * axis.dilation;
    if (tap >= axis.taps || instead >= axis.in)
      scope.fail("window " + std::to_string(o) + " sees nothing but what is around the map");
    for (std::int64_t t = 0; t < axis.taps; ++t) {
      const std::int64_t input = first + t * axis.dilation;
      out.push_back(input < 0 || input >= axis.in ? instead : input);
    }
  }
  return out;
}

/// Windows of a tensor [N, C, ...], each with its inputs one after the other.
inline OnnxValue gathered_windows(OnnxScope& scope, const OnnxValue& x,
                                  const std::vector<OnnxWindow>& windows) {
  // [N C, outputs ..., taps ...]
  OnnxShape shape = {x.shape[0] * x.shape[1]};
  for (const OnnxWindow& window : windows) shape.push_back(window.axis.out);
  for (const OnnxWindow& window : windows) shape.push_back(window.axis.taps);
  const std::int64_t elements = bounded(scope, shape);
  std::vector<std::vector<std::int64_t>> inputs;
  inputs.reserve(windows.size());
  for (const OnnxWindow& window : windows) inputs.push_back(seen(scope, window));
  const auto own = strides(x.shape);
  std::vector<std::int64_t> chosen, index(shape.size(), 0);
  chosen.reserve(static_cast<std::size_t>(elements));
  for (std::int64_t element = 0; element < elements; ++element) {
    std::int64_t at = index[0] * own[1];
    for (std::size_t axis = 0; axis < windows.size(); ++axis) {
      const std::int64_t tap = index[1 + windows.size() + axis];
      const std::int64_t window = index[1 + axis] * windows[axis].axis.taps;
      at += inputs[axis][static_cast<std::size_t>(window + tap)] * own[axis + 2];
    }
    chosen.push_back(at);
    for (std::size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];)
      index[axis] = 0;
  }
  return scope.selected(x, std::move(shape), chosen);
}

}  // namespace detail

inline void average_pool(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = map_operand(scope, 2);
  const auto windows = detail::pool_windows(scope, x);
  const std::int64_t include = scope.integer("count_include_pad", 0);
  if (include != 0 && include != 1)
    scope.fail("count_include_pad = " + std::to_string(include) + " has no meaning");
  const std::int64_t channels = x.shape[0] * x.shape[1];
  OnnxShape shape = windowed_shape(x.shape[0], x.shape[1], windows);
  const std::int64_t elements = bounded(scope, shape);
  scope.count_spread(elements);
  std::vector<std::int64_t> count = {1};  // of each position
  for (const OnnxWindow& window : windows) {
    const auto own = detail::counts(window, include == 1);
    std::vector<std::int64_t> product;
    for (const std::int64_t before : count)
      for (const std::int64_t one : own) product.push_back(before * one);
    count = std::move(product);
  }
  std::vector<Approximation> scale;
  for (std::int64_t channel = 0; channel < channels; ++channel)
    for (std::size_t at = 0; at < count.size(); ++at) {
      if (count[at] == 0)
        scope.fail("window " + std::to_string(at) + " sees nothing but what is around the map");
      scale.push_back(reciprocal(static_cast<double>(count[at])));
    }
  const OnnxValue sums = detail::window_sums(
      scope, x, geometry_of(windows, channels, channels, channels), std::move(shape));
  scope.give(scaled(scope, sums, scale, std::vector<Approximation>(scale.size())));
}

/// The mean of each channel.
inline void global_average_pool(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = map_operand(scope, 62);
  const std::int64_t channels = x.shape[0] * x.shape[1];
  const std::int64_t count = x.features() / channels;
  Geometry geometry = Geometry::dense(channels, channels);
  geometry.groups = channels;
  geometry.columns.in = geometry.columns.taps = x.shape.size() == 4 ? x.shape[3] : count;
  if (x.shape.size() == 4) geometry.rows.in = geometry.rows.taps = x.shape[2];
  OnnxShape shape(x.shape.size(), 1);
  shape[0] = x.shape[0], shape[1] = x.shape[1];
  if (count == 1) return scope.give_same(x, std::move(shape));
  const OnnxValue sums = detail::window_sums(scope, x, geometry, std::move(shape));
  scope.give(scaled(scope, sums, reciprocal(static_cast<double>(count))));
}

inline void max_pool(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = map_operand(scope, 30);
  const auto windows = detail::pool_windows(scope, x);
  std::int64_t run = 1;
  for (const OnnxWindow& window : windows)
    if (__builtin_mul_overflow(run, window.axis.taps, &run))
      scope.fail("a window of more than 2^63 taps is not supported");
  OnnxShape shape = windowed_shape(x.shape[0], x.shape[1], windows);
  const OnnxValue gathered = detail::gathered_windows(scope, x, windows);
  if (run == 1) return scope.give_same(gathered, std::move(shape));
  scope.give(over_runs(scope, Step::Kind::maximum, gathered, run, std::move(shape)));
}

/// The maximum of each channel.
inline void global_max_pool(OnnxScope& scope) {
  scope.want_operands(1, 1);
  const OnnxValue x = map_operand(scope, 62);
  OnnxShape shape(x.shape.size(), 1);
  shape[0] = x.shape[0], shape[1] = x.shape[1];
  const std::int64_t run = x.features() / (shape[0] * shape[1]);
  if (run == 1) return scope.give_same(x, std::move(shape));
  scope.give(over_runs(scope, Step::Kind::maximum, x, run, std::move(shape)));
}

}  // namespace shardbound::inline v0::io::onnx_rules
