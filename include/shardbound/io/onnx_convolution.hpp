// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rules of ONNX's convolutions, of one or two axes: products with a geometry. The matrix of Conv stays
// in its file; that of ConvTranspose is turned round while reading, as its windows see inputs that stand a stride
// apart.

#include <shardbound/io/onnx_indices.hpp>
#include <shardbound/io/onnx_windows.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// The operands of a convolution, whose shapes fit.
struct Filter {
  const OnnxTensor* weight = nullptr;
  OnnxShape shape;  ///< of the weight
  std::int64_t groups = 1, in_channels = 0, out_channels = 0;

  std::vector<std::int64_t> taps() const { return {shape.begin() + 2, shape.end()}; }
};

/// `turned`: the weight is [in channels, out channels / groups, ...], as of ConvTranspose.
inline Filter filter_of(const OnnxScope& scope, const OnnxValue& x, bool turned) {
  Filter filter;
  filter.weight = &scope.constant(1);
  filter.shape = scope.operand(1).shape;
  filter.groups = scope.integer("group", 1);
  filter.in_channels = x.shape[1];
  const auto fail = [&] {
    scope.fail("its weight '" + filter.weight->name + "' of shape " + to_string(filter.shape) +
               " with " + std::to_string(filter.groups) + " groups does not fit " +
               to_string(x.shape));
  };
  if (filter.shape.size() != x.shape.size() || filter.weight->elements < 1 || filter.groups < 1 ||
      filter.groups > filter.in_channels || filter.in_channels % filter.groups != 0)
    fail();
  if (turned) {
    if (filter.shape[0] != filter.in_channels ||
        __builtin_mul_overflow(filter.shape[1], filter.groups, &filter.out_channels))
      fail();
  } else {
    filter.out_channels = filter.shape[0];
    if (filter.shape[1] != filter.in_channels / filter.groups ||
        filter.out_channels % filter.groups != 0)
      fail();
  }
  const auto* said = scope.attribute_of("kernel_shape", OnnxAttribute::Kind::integers);
  if (said && said->integers != filter.taps())
    scope.fail("its kernel_shape " + to_string(said->integers) + " is not that of its weight '" +
               filter.weight->name + "' of shape " + to_string(filter.shape));
  return filter;
}

/// Operand 2, if there is one: a number for each channel.
inline ParameterSource channel_bias(const OnnxScope& scope, std::int64_t channels) {
  if (!scope.has(2)) return {};
  const OnnxTensor& bias = scope.constant(2);
  if (bias.elements != channels)
    scope.fail("its bias '" + bias.name + "' has " + std::to_string(bias.elements) +
               " numbers for " + std::to_string(channels) + " channels");
  return parameter(scope, bias, channels, 1);
}

/// Maps of a batch that share a convolution: each has a layer of its own.
inline constexpr std::int64_t batch_limit = 4096;

/// Gives what the windows of a product make of x, each tensor of its batch for itself.
inline void give_windowed(OnnxScope& scope, const OnnxValue& x, Step step,
                          const std::vector<OnnxWindow>& windows, const Geometry& geometry) {
  // One position that sees one is a layer like any other.
  const auto single = [](const WindowAxis& axis) {
    return axis.in == 1 && axis.out == 1 && axis.taps == 1 && axis.before == 0;
  };
  step.kind = Step::Kind::linear;
  if (geometry.groups > 1 || !single(geometry.rows) || !single(geometry.columns))
    step.geometry = geometry;
  const OnnxShape shape = windowed_shape(x.shape[0], geometry.out_channels, windows);
  count_elements(shape, [&](const std::string& what) { scope.fail("its result " + what); });
  OnnxShape one_in = x.shape, one_out = shape;
  one_in[0] = one_out[0] = 1;
  if (x.shape[0] > batch_limit)
    scope.fail("a batch of " + std::to_string(x.shape[0]) + " maps is not supported; up to " +
               std::to_string(batch_limit) + " are");
  std::vector<std::int32_t> parts;
  for (std::int64_t n = 0; n < x.shape[0]; ++n) {
    if (n > 0) scope.count_spread(static_cast<std::int64_t>(step.weight.values.size()));
    const OnnxValue part =
        x.shape[0] == 1 ? x : strided(scope, x, one_in, n * extent(one_in), strides(one_in));
    const std::int32_t layer = scope.layer_of(part);
    parts.push_back(scope.add_layer(step, {layer}, one_out).layer);
  }
  if (parts.size() == 1) return scope.give({shape, nullptr, parts.front()});
  Step join;
  join.kind = Step::Kind::concat;
  scope.give_layer(std::move(join), parts, shape);
}

/// The matrix of a transposed convolution: out channels x (in channels / groups, taps), taps from behind.
inline ParameterSource turned_filter(OnnxScope& scope, const Filter& filter) {
  want_exact(scope, *filter.weight);
  const std::int64_t taps = extent(filter.shape, 2, filter.shape.size());
  const std::int64_t in = filter.in_channels / filter.groups, out = filter.shape[1];
  ParameterSource matrix = scope.made_matrix(filter.out_channels, in * taps);
  const auto numbers = read_numbers(*filter.weight);
  std::size_t at = 0;
  for (std::int64_t channel = 0; channel < filter.in_channels; ++channel)
    for (std::int64_t to = 0; to < out; ++to)
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const std::int64_t row = channel / in * out + to;
        const std::int64_t column = channel % in * taps + (taps - 1 - tap);
        matrix.values[static_cast<std::size_t>(row * in * taps + column)] = numbers[at++];
      }
  return matrix;
}

/// Windows of a transposed convolution: each input is added, times every tap, into outputs a stride apart; seen from
/// an output, inputs stand a stride apart.
inline std::vector<OnnxWindow> transposed_windows(const OnnxScope& scope, const OnnxValue& x,
                                                  const Filter& filter) {
  const std::string auto_pad = auto_pad_of(scope);
  std::vector<OnnxWindow> windows = bare_windows(scope, x.shape, filter.taps());
  const std::size_t axes = windows.size();
  const auto more = window_list(scope, "output_padding", axes, 0, 0);
  auto wanted = window_list(scope, "output_shape", axes, 1, 0);
  for (std::size_t i = 0; i < axes; ++i) {
    OnnxWindow& window = windows[i];
    WindowAxis& axis = window.axis;
    if (more[i] >= axis.stride && more[i] >= axis.dilation)
      scope.fail("an output_padding of " + std::to_string(more[i]) +
                 " is not smaller than stride or dilation");
    const std::int64_t full = (axis.in - 1) * axis.stride + window.reach() + more[i];
    const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
    if (same && wanted[i] == 0) wanted[i] = axis.in * axis.stride;
    if (wanted[i] > 0) {
      // On which side an odd one goes is told one way by the standard and another by those who follow it.
      const std::int64_t cut = full - wanted[i];
      if (cut < 0 || cut % 2 != 0)
        scope.fail("an axis of " + std::to_string(full) + " results cannot be cut evenly to " +
                   std::to_string(wanted[i]));
      axis.before = window.after = cut / 2;
    }
    axis.out = full - axis.before - window.after;
    if (axis.out < 1)
      scope.fail("its pads leave nothing of an axis of " + std::to_string(full) + " results");
    axis.spread = axis.stride;
    axis.stride = 1;
    axis.before = (axis.taps - 1) * axis.dilation - axis.before;
  }
  return windows;
}

}  // namespace detail

inline void convolution(OnnxScope& scope) {
  scope.want_operands(2, 3);
  const OnnxValue x = map_operand(scope, 2);
  const detail::Filter filter = detail::filter_of(scope, x, false);
  const auto windows = windows_over(scope, x.shape, filter.taps());
  Step step;
  step.weight = parameter(scope, *filter.weight, filter.out_channels,
                          filter.weight->elements / filter.out_channels);
  step.bias = detail::channel_bias(scope, filter.out_channels);
  detail::give_windowed(
      scope, x, std::move(step), windows,
      geometry_of(windows, filter.in_channels, filter.out_channels, filter.groups));
}

inline void transposed_convolution(OnnxScope& scope) {
  scope.want_operands(2, 3);
  const OnnxValue x = map_operand(scope, 2);
  const detail::Filter filter = detail::filter_of(scope, x, true);
  const auto windows = detail::transposed_windows(scope, x, filter);
  Step step;
  step.weight = detail::turned_filter(scope, filter);
  step.bias = detail::channel_bias(scope, filter.out_channels);
  detail::give_windowed(
      scope, x, std::move(step), windows,
      geometry_of(windows, filter.in_channels, filter.out_channels, filter.groups));
}

}  // namespace shardbound::inline v0::io::onnx_rules
