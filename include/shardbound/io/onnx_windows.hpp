// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Windows of ONNX's convolutions and pools: how many there are on each axis and which inputs each of them
// sees, from strides, dilations and the zeros around the map, said or meant by `auto_pad`.

#include <shardbound/core/geometry.hpp>
#include <shardbound/io/onnx_operators.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

/// One axis, and how many zeros stand behind its last input.
struct OnnxWindow {
  WindowAxis axis;
  std::int64_t after = 0;

  std::int64_t reach() const { return (axis.taps - 1) * axis.dilation + 1; }
};

namespace detail {

/// A list of one number for each axis of a window; extents of more than any network has are refused.
inline std::vector<std::int64_t> window_list(const OnnxScope& scope, const std::string& attribute,
                                             std::size_t count, std::int64_t least,
                                             std::int64_t otherwise) {
  const auto* found = scope.attribute_of(attribute, OnnxAttribute::Kind::integers);
  if (!found) return std::vector<std::int64_t>(count, otherwise);
  const auto& list = found->integers;
  if (list.size() != count)
    scope.fail("its " + attribute + " " + to_string(list) + " are not " + std::to_string(count) +
               " numbers");
  for (const std::int64_t number : list)
    if (number < least || number > OnnxScope::feature_limit)
      scope.fail(attribute + " of " + std::to_string(number) + " are not supported; " +
                 std::to_string(least) + " to " + std::to_string(OnnxScope::feature_limit) +
                 " are");
  return list;
}

/// Zeros before and behind an axis that lets this many more stand there than its inputs.
inline void pad_evenly(OnnxWindow& window, std::int64_t zeros, const std::string& auto_pad) {
  const std::int64_t all = std::max(zeros, std::int64_t{0});
  window.axis.before = auto_pad == "SAME_LOWER" ? all - all / 2 : all / 2;
  window.after = all - window.axis.before;
}

inline std::string auto_pad_of(const OnnxScope& scope) {
  std::string auto_pad = scope.text("auto_pad", "NOTSET");
  for (const char* known : {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"})
    if (auto_pad == known) {
      const auto* pads = scope.attribute_of("pads", OnnxAttribute::Kind::integers);
      if (pads && auto_pad != "NOTSET" &&
          std::any_of(pads->integers.begin(), pads->integers.end(), [](auto p) { return p != 0; }))
        scope.fail("its pads are given twice, as pads and by auto_pad");
      return auto_pad;
    }
  scope.fail("auto_pad = '" + auto_pad + "' is not known");
}

/// Windows with their taps, strides, dilations and inputs: all but where they begin and how many there are.
inline std::vector<OnnxWindow> bare_windows(const OnnxScope& scope, const OnnxShape& x,
                                            const std::vector<std::int64_t>& taps) {
  const std::size_t axes = taps.size();
  const auto strides = window_list(scope, "strides", axes, 1, 1);
  const auto dilations = window_list(scope, "dilations", axes, 1, 1);
  const auto pads = window_list(scope, "pads", 2 * axes, 0, 0);
  std::vector<OnnxWindow> windows(axes);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    if (taps[axis] < 1 || taps[axis] > OnnxScope::feature_limit)
      scope.fail("a window of " + std::to_string(taps[axis]) + " taps is not supported");
    WindowAxis& one = windows[axis].axis;
    one.in = x[axis + 2], one.taps = taps[axis];
    one.stride = strides[axis], one.dilation = dilations[axis];
    one.before = pads[axis], windows[axis].after = pads[axis + axes];
  }
  return windows;
}

}  // namespace detail

/// How far the last window may reach beyond the zeros behind the map.
enum class WindowEnd { inside, beyond };

/// The windows over a tensor [N, C, ...], one for each of its axes from 2 on.
inline std::vector<OnnxWindow> windows_over(const OnnxScope& scope, const OnnxShape& x,
                                            const std::vector<std::int64_t>& taps,
                                            WindowEnd end = WindowEnd::inside) {
  const std::string auto_pad = detail::auto_pad_of(scope);
  std::vector<OnnxWindow> windows = detail::bare_windows(scope, x, taps);
  for (OnnxWindow& window : windows) {
    WindowAxis& axis = window.axis;
    if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
      axis.out = (axis.in + axis.stride - 1) / axis.stride;
      detail::pad_evenly(window, (axis.out - 1) * axis.stride + window.reach() - axis.in, auto_pad);
      continue;
    }
    const std::int64_t room = axis.in + axis.before + window.after - window.reach();
    // One more that begins inside of the map, not behind it, counts where windows may reach beyond.
    if (end == WindowEnd::beyond && room > -axis.stride) {
      axis.out = room <= 0 ? 1 : (room - 1) / axis.stride + 2;
      if ((axis.out - 1) * axis.stride >= axis.in + axis.before) --axis.out;
      continue;
    }
    if (room < 0)
      scope.fail("a window that reaches over " + std::to_string(window.reach()) +
                 " inputs does not fit on an axis of " + std::to_string(axis.in) + " with " +
                 std::to_string(axis.before) + " and " + std::to_string(window.after) +
                 " zeros around it");
    axis.out = room / axis.stride + 1;
  }
  return windows;
}

/// Windows as the geometry of a product: of one axis the columns', of two the rows' and the columns'.
inline Geometry geometry_of(const std::vector<OnnxWindow>& windows, std::int64_t in_channels,
                            std::int64_t out_channels, std::int64_t groups) {
  Geometry geometry = Geometry::dense(in_channels, out_channels);
  geometry.groups = groups;
  geometry.columns = windows.back().axis;
  if (windows.size() > 1) geometry.rows = windows.front().axis;
  return geometry;
}

/// The shape that windows over [N, C, ...] make.
inline OnnxShape windowed_shape(std::int64_t batch, std::int64_t channels,
                                const std::vector<OnnxWindow>& windows) {
  OnnxShape shape = {batch, channels};
  for (const OnnxWindow& window : windows) shape.push_back(window.axis.out);
  return shape;
}

/// A tensor [N, C, ...] of a rank that windows of so many axes go over.
inline const OnnxValue& map_operand(const OnnxScope& scope, std::size_t most_axes) {
  const OnnxValue& x = scope.variable(0);
  if (x.shape.size() < 3 || x.shape.size() > most_axes + 2)
    scope.fail("an operand of shape " + to_string(x.shape) + " is not supported; [N, C, ...] of " +
               "1 to " + std::to_string(most_axes) + " axes behind the channels is");
  return x;
}

}  // namespace shardbound::inline v0::io::onnx_rules
