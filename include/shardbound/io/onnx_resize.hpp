// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// ONNX's Resize and Upsample to the nearest element: a choice of elements. Which one that is follows from a
// position that runtimes compute in floats; where these might choose another one, the node is refused.

#include <shardbound/io/onnx_pad.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io::onnx_rules {

namespace detail {

/// How one axis is resized, and by what modes.
struct ResizedAxis {
  std::int64_t in = 1, out = 1;
  double scale = 1;  ///< out / in, as it is said or rounded
};
struct ResizeModes {
  std::string position = "asymmetric";
  std::string nearest = "whole";  ///< floor, where the axis is not made smaller
};

/// Where an index of the result lies on the axis of x, but for a half of it and whether it has one.
struct Position {
  double numerator, divisor, minus;  ///< numerator / divisor - minus
};

inline Position position_of(const ResizedAxis& axis, const std::string& mode, std::int64_t index) {
  const auto i = static_cast<double>(index);
  if (mode == "asymmetric" || (mode == "pytorch_half_pixel" && axis.out == 1))
    return {mode == "asymmetric" ? i : 0, axis.scale, 0};
  if (mode == "tf_half_pixel_for_nn") return {i + 0.5, axis.scale, 0};
  if (mode == "align_corners") {
    if (axis.out == 1) return {0, 1, 0};
    return {i * static_cast<double>(axis.in - 1), static_cast<double>(axis.out - 1), 0};
  }
  return {i + 0.5, axis.scale, 0.5};  // half_pixel, pytorch_half_pixel
}

/// The index nearest to a position. `edge` is where one index ends and the next begins: whole numbers for floor and
/// ceil, halves for the others.
inline std::int64_t nearest(const OnnxScope& scope, const ResizedAxis& axis,
                            const ResizeModes& modes, std::int64_t index) {
  if (axis.in == axis.out && axis.scale == 1) return index;
  const auto [numerator, divisor, minus] = position_of(axis, modes.position, index);
  const double at = numerator / divisor - minus;
  const bool halves = modes.nearest.starts_with("round");
  const double edge = halves ? std::floor(at) + 0.5 : std::round(at);
  // Exactly on an edge floats are too if they hold all numbers, whose products doubles then hold; next to it they may
  // not be.
  const bool exact = static_cast<double>(static_cast<float>(divisor)) == divisor || numerator == 0;
  const bool on_edge = exact && (edge + minus) * divisor == numerator;
  if (!on_edge && std::abs(at - edge) < 1e-5 * (1 + std::abs(at)))
    scope.fail("index " + std::to_string(index) + " of " + std::to_string(axis.out) +
               " lies so near between two of " + std::to_string(axis.in) +
               " elements that which one is nearest depends on rounding");
  double chosen = 0;
  if (on_edge) {
    chosen = edge;
    if (halves) chosen = modes.nearest == "round_prefer_floor" ? edge - 0.5 : edge + 0.5;
  } else if (halves) {
    chosen = std::round(at);
  } else {
    if (modes.nearest == "whole" && axis.scale < 1)
      scope.fail("an axis of " + std::to_string(axis.in) + " scaled by " +
                 std::to_string(axis.scale) + " has positions between elements; which one is " +
                 "nearest is not said before opset 11");
    chosen = modes.nearest == "ceil" ? std::ceil(at) : std::floor(at);
  }
  return static_cast<std::int64_t>(std::clamp(chosen, 0.0, static_cast<double>(axis.in - 1)));
}

/// The axis that a scale makes. Floats may floor the extent another way than real numbers do.
inline ResizedAxis scaled_axis(const OnnxScope& scope, std::int64_t in, double scale) {
  const double out = static_cast<double>(in) * scale;
  const bool enlarges = scope.node().op_type == "Upsample";
  if (!(scale > 0) || (enlarges && scale < 1) ||
      !(out < static_cast<double>(OnnxScope::feature_limit)))
    scope.fail("an axis of " + std::to_string(in) + " cannot be scaled by " +
               std::to_string(scale));
  const auto rounded = static_cast<double>(static_cast<float>(out));
  if (std::floor(out) != std::floor(rounded) || std::floor(out) < 1)
    scope.fail("an axis of " + std::to_string(in) + " scaled by " + std::to_string(scale) +
               " has no extent that does not depend on rounding");
  return {in, static_cast<std::int64_t>(out), scale};
}

/// Scales or sizes of some axes, which are said by index; the others stay as they are.
inline std::vector<ResizedAxis> resized_axes(OnnxScope& scope, const OnnxShape& x) {
  std::vector<ResizedAxis> all;
  std::vector<std::size_t> axes;
  for (const std::int64_t extent : x) {
    axes.push_back(all.size());
    all.push_back({extent, extent, 1});
  }
  if (const auto* said = scope.attribute_of("axes", OnnxAttribute::Kind::integers)) {
    axes.clear();
    for (const std::int64_t axis : said->integers) {
      axes.push_back(scope.axis(axis, x.size()));
      if (std::count(axes.begin(), axes.end(), axes.back()) > 1)
        scope.fail("axis " + std::to_string(axes.back()) + " is resized twice");
    }
  }
  const bool upsample = scope.node().op_type == "Upsample";
  const std::size_t at = upsample || scope.opset() < 11 ? 1 : 2;
  const auto fits = [&](std::size_t count) {
    if (count != axes.size())
      scope.fail("it says " + std::to_string(count) + " extents or scales for " +
                 std::to_string(axes.size()) + " axes");
  };
  const auto* listed = scope.attribute_of("scales", OnnxAttribute::Kind::floats);
  std::vector<double> scales;
  if (listed) scales = listed->numbers;
  if (!listed && scope.has(at)) {
    want_exact(scope, scope.constant(at));
    if (scope.constant(at).elements > 64) fits(65);
    scales = read_numbers(scope.constant(at));
  }
  // What is not meant may be there without elements.
  const bool sized = at == 2 && scope.has(3) && scope.constant(3).elements > 0;
  if (sized == !scales.empty())
    scope.fail(sized ? "it has both scales and sizes; one of them is wanted"
                     : "it has neither scales nor sizes");
  if (!sized) {
    fits(scales.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
      all[axes[i]] = scaled_axis(scope, x[axes[i]], scales[i]);
    return all;
  }
  const std::string policy = scope.text("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch")
    scope.fail("keep_aspect_ratio_policy = '" + policy + "' is not supported; 'stretch' is");
  const auto sizes = read_integers(scope.constant(3));
  fits(sizes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > OnnxScope::feature_limit)
      scope.fail("an extent of " + std::to_string(sizes[i]) + " is not supported");
    const auto in = static_cast<double>(x[axes[i]]), out = static_cast<double>(sizes[i]);
    all[axes[i]] = {x[axes[i]], sizes[i], out / in};
  }
  return all;
}

/// Upsample and the first Resize go by positions that are index / scale, downwards; where these do not enlarge, runtimes
/// may go another way.
inline ResizeModes resize_modes(const OnnxScope& scope) {
  const std::string mode = scope.text("mode", "nearest");
  if (mode != "nearest") scope.fail("mode = '" + mode + "' is not supported; 'nearest' is");
  ResizeModes modes;
  if (scope.node().op_type == "Upsample" || scope.opset() < 11) return modes;
  modes.position = scope.text("coordinate_transformation_mode", "half_pixel");
  modes.nearest = scope.text("nearest_mode", "round_prefer_floor");
  const auto known = [&](const std::string& text, std::initializer_list<const char*> words) {
    for (const char* word : words)
      if (text == word) return;
    scope.fail("'" + text + "' is not supported");
  };
  known(modes.position, {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners",
                         "tf_half_pixel_for_nn"});
  known(modes.nearest, {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  return modes;
}

}  // namespace detail

inline void resize(OnnxScope& scope) {
  scope.want_operands(1, 4);
  const OnnxValue x = scope.operand(0);
  const detail::ResizeModes modes = detail::resize_modes(scope);
  const auto axes = detail::resized_axes(scope, x.shape);
  OnnxShape shape;
  for (const auto& axis : axes) shape.push_back(axis.out);
  bounded(scope, shape);
  std::vector<std::vector<std::int64_t>> index_of(axes.size());
  for (std::size_t axis = 0; axis < axes.size(); ++axis)
    for (std::int64_t i = 0; i < axes[axis].out; ++i)
      index_of[axis].push_back(detail::nearest(scope, axes[axis], modes, i));
  scope.give(picked(scope, x, index_of));
}

}  // namespace shardbound::inline v0::io::onnx_rules
