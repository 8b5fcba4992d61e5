// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What each layer of a tree is called in a network's type: a convolution by the options of its windows, those that
// are not the usual ones, and Flatten where features of a map are read as features alone.

#include <shardbound/io/model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// Whether a convolution's windows are those of a transposed one.
enum class Convolves { forwards, transposed };

/// The windows of a convolution as its type lists them, one number for each axis.
struct WindowOptions {
  Convolves way = Convolves::forwards;
  std::vector<std::int64_t> taps, strides, dilations;
  std::vector<std::int64_t> padding;         ///< in front of each axis, then behind each
  std::vector<std::int64_t> output_padding;  ///< what a transposed one adds at the end of each
};

namespace detail {

/// Zeros behind an axis. Several numbers of them may make the same windows: as many as in front of it, if these do.
inline std::int64_t padding_behind(const WindowAxis& axis, std::int64_t reach, Convolves way,
                                   std::int64_t before) {
  if (way == Convolves::transposed) {
    const std::int64_t cut = (axis.in - 1) * axis.spread + reach - axis.out - before;
    return std::clamp(before, cut, cut + axis.spread - 1);
  }
  const std::int64_t least = (axis.out - 1) * axis.stride + reach - axis.in - before;
  return std::clamp(before, least, least + axis.stride - 1);
}

}  // namespace detail

/// The options that make these windows, of rows and columns or, of one axis, of columns alone.
inline WindowOptions window_options(const Geometry& geometry, int axes) {
  WindowOptions out;
  if (geometry.rows.spread > 1 || geometry.columns.spread > 1) out.way = Convolves::transposed;
  const bool transposed = out.way == Convolves::transposed;
  std::vector<std::int64_t> behind;
  for (const WindowAxis* axis : {&geometry.rows, &geometry.columns}) {
    if (axes == 1 && axis == &geometry.rows) continue;
    const std::int64_t reach = (axis->taps - 1) * axis->dilation + 1;
    const std::int64_t before = transposed ? reach - 1 - axis->before : axis->before;
    const std::int64_t after = detail::padding_behind(*axis, reach, out.way, before);
    const std::int64_t whole = (axis->in - 1) * axis->spread + reach;
    out.taps.push_back(axis->taps), out.dilations.push_back(axis->dilation);
    out.strides.push_back(transposed ? axis->spread : axis->stride);
    out.padding.push_back(before), behind.push_back(after);
    out.output_padding.push_back(transposed ? axis->out + before + after - whole : 0);
  }
  out.padding.insert(out.padding.end(), behind.begin(), behind.end());
  return out;
}

namespace detail {

/// A layer as it is written, or branches between which one stands.
struct LayerType {
  std::string text;            ///< of branches: what opens them, as "sb::Residual<"
  bool is_activation = false;  ///< and shares the line of what comes before it
  std::vector<std::vector<LayerType>> branches{};
};
using LayerTypes = std::vector<LayerType>;

/// "sb::Stride<2>", of one number if all are the same, "" if all are `usual`.
inline std::string option(const std::string& name, std::vector<std::int64_t> numbers,
                          std::int64_t usual = -1) {
  const auto all = [&](std::int64_t wanted) {
    return std::all_of(numbers.begin(), numbers.end(), [=](auto one) { return one == wanted; });
  };
  if (all(usual)) return {};
  if (all(numbers.front())) numbers.resize(1);
  std::string text = ", sb::" + name + "<";
  for (std::size_t i = 0; i < numbers.size(); ++i)
    text += (i ? ", " : "") + std::to_string(numbers[i]);
  return text + ">";
}

/// Channels and extents of a map, or one number of features.
using MapShape = std::vector<std::int64_t>;

class LayerTypeMaker {
 public:
  explicit LayerTypeMaker(std::string file) : file_(std::move(file)) {}

  /// The layers that follow features of a shape, which becomes that of what they output.
  LayerTypes sequence(const Steps& steps, MapShape& shape) const {
    LayerTypes out;
    for (const Step& step : steps) {
      if (reads_features(step) && shape.size() > 1) {
        out.push_back({"sb::Flatten"});
        shape = {flat(shape)};
      }
      out.push_back(layer(step, shape));
    }
    return out;
  }

  /// Throws FormatError: the layer at this place is of a kind that has no type.
  [[noreturn]] void refuse(const std::string& place) const {
    fail(
        place,
        "choices of features, sums and maxima of several, softmax and products of branches have no "
        "type");
  }

  /// The input as the first convolution sees it, if nothing but functions of single features stands before that.
  static MapShape input(const Model& model) {
    std::vector<bool> is_input(model.graph.layers.size());
    is_input[0] = true;
    for (std::size_t v = 1; v < model.graph.layers.size(); ++v) {
      const auto& [step, place, operands] = model.graph.layers[v];
      if (!is_input[static_cast<std::size_t>(operands.front())]) continue;
      if (is_convolution(step)) return before(step.geometry, step.geometry.rows != WindowAxis{});
      is_input[v] = step.kind == Step::Kind::activation || step.kind == Step::Kind::scale_shift;
    }
    return {model.inputs};
  }

 private:
  static bool is_convolution(const Step& step) {
    return step.kind == Step::Kind::linear && step.geometry.in_channels > 0;
  }
  static bool reads_features(const Step& step) {
    return step.kind == Step::Kind::linear && !is_convolution(step);
  }
  static std::int64_t flat(const MapShape& shape) {
    std::int64_t features = 1;
    for (const std::int64_t extent : shape) features *= extent;
    return features;
  }
  static MapShape before(const Geometry& g, bool has_rows) {
    return has_rows ? MapShape{g.in_channels, g.rows.in, g.columns.in}
                    : MapShape{g.in_channels, g.columns.in};
  }
  static MapShape behind(const Geometry& g, bool has_rows) {
    return has_rows ? MapShape{g.out_channels, g.rows.out, g.columns.out}
                    : MapShape{g.out_channels, g.columns.out};
  }

  LayerType layer(const Step& step, MapShape& shape) const {
    switch (step.kind) {
      case Step::Kind::linear:
        if (is_convolution(step)) return convolution(step, shape);
        shape = {step.features};
        return {"sb::Linear<" + std::to_string(step.features) + ", P>"};
      case Step::Kind::scale_shift: return {"sb::ScaleShift"};
      case Step::Kind::activation: return {"sb::" + step.activation, true};
      case Step::Kind::residual: return join("sb::Residual<", step, shape);
      case Step::Kind::concat: return join("sb::Concat<", step, shape);
      default: refuse(place_of(step));
    }
  }

  LayerType convolution(const Step& step, MapShape& shape) const {
    const Geometry& g = step.geometry;
    const bool has_rows = shape.size() == 3;
    if (shape != before(g, has_rows) || (!has_rows && g.rows != WindowAxis{}))
      fail(
          place_of(step),
          "it reads features in another arrangement than they were computed in, which has no type");
    shape = behind(g, has_rows);
    const WindowOptions o = window_options(g, has_rows ? 2 : 1);
    const bool transposed = o.way == Convolves::transposed;
    if (*std::min_element(o.padding.begin(), o.padding.end()) < 0 ||
        (transposed && (g.rows.stride > 1 || g.columns.stride > 1)))
      fail(place_of(step), "its windows have no type");
    return {"sb::Conv" + std::string(transposed ? "Transpose" : "") + (has_rows ? "2d<" : "1d<") +
            std::to_string(g.out_channels) + option("Kernel", o.taps) +
            option("Stride", o.strides, 1) + option("Padding", o.padding, 0) +
            option("OutputPadding", o.output_padding, 0) + option("Dilation", o.dilations, 1) +
            option("Groups", {g.groups}, 1) + ", P>"};
  }

  LayerType join(const std::string& open, const Step& step, MapShape& shape) const {
    LayerType out{open};
    std::vector<MapShape> shapes;
    for (const Steps& branch : step.branches) {
      shapes.push_back(shape);
      out.branches.push_back(sequence(branch, shapes.back()));
    }
    const bool same = std::all_of(shapes.begin(), shapes.end(),
                                  [&](const MapShape& one) { return one == shapes.front(); });
    const bool flattens = step.kind == Step::Kind::concat || !same;
    for (std::size_t i = 0; i < shapes.size(); ++i)
      if (flattens && shapes[i].size() > 1) out.branches[i].push_back({"sb::Flatten"});
    shape = flattens ? MapShape{step.features} : shapes.front();
    return out;
  }

  static std::string place_of(const Step& step) { return "node '" + step.node + "'"; }

  [[noreturn]] void fail(const std::string& place, const std::string& sentence) const {
    throw FormatError(file_ + ": " + place + ": " + sentence +
                      ". Fix: open the file at run time, as the command shardbound does");
  }

  std::string file_;
};

}  // namespace detail

}  // namespace shardbound::inline v0::io
