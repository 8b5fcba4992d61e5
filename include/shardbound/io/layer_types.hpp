// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What each layer of a tree is called in a network's type: a convolution with those of its options that are
// not the usual ones, and Flatten where features of a map are read as features alone.

#include <shardbound/io/model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

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

/// The zeros on both ends of an axis, and what a transposed convolution adds at its end.
struct Padded {
  std::int64_t before = 0, after = 0, more = 0;
};

/// Whether the windows are those of a transposed convolution.
enum class Convolves { forwards, transposed };

/// Several zeros behind an axis may make the same windows: as many as in front of it, if these do.
inline Padded padding_of(const WindowAxis& axis, Convolves way) {
  const std::int64_t reach = (axis.taps - 1) * axis.dilation + 1;
  if (way == Convolves::forwards) {
    const std::int64_t least = (axis.out - 1) * axis.stride + reach - axis.in - axis.before;
    return {axis.before, std::clamp(axis.before, least, least + axis.stride - 1)};
  }
  Padded out{reach - 1 - axis.before};
  const std::int64_t cut = (axis.in - 1) * axis.spread + reach - axis.out - out.before;
  out.after = std::clamp(out.before, cut, cut + axis.spread - 1);
  out.more = out.after - cut;
  return out;
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

  /// Throws FormatError: layers of its kind have no type.
  [[noreturn]] void refuse(const Step& step) const {
    fail(
        step,
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
      default: refuse(step);
    }
  }

  LayerType convolution(const Step& step, MapShape& shape) const {
    const Geometry& g = step.geometry;
    const bool has_rows = shape.size() == 3;
    if (shape != before(g, has_rows) || (!has_rows && g.rows != WindowAxis{}))
      fail(
          step,
          "it reads features in another arrangement than they were computed in, which has no type");
    shape = behind(g, has_rows);
    std::vector<WindowAxis> axes = {g.columns};
    if (has_rows) axes.insert(axes.begin(), g.rows);
    const Convolves way =
        g.rows.spread > 1 || g.columns.spread > 1 ? Convolves::transposed : Convolves::forwards;
    const bool transposed = way == Convolves::transposed;
    std::vector<std::int64_t> taps, strides, zeros, last, more, dilations;
    for (const WindowAxis& axis : axes) {
      const Padded padded = padding_of(axis, way);
      if (padded.before < 0 || padded.after < 0 || (transposed && axis.stride > 1))
        fail(step, "its windows have no type");
      taps.push_back(axis.taps), dilations.push_back(axis.dilation);
      strides.push_back(transposed ? axis.spread : axis.stride);
      zeros.push_back(padded.before), last.push_back(padded.after), more.push_back(padded.more);
    }
    zeros.insert(zeros.end(), last.begin(), last.end());
    return {"sb::Conv" + std::string(transposed ? "Transpose" : "") + (has_rows ? "2d<" : "1d<") +
            std::to_string(g.out_channels) + option("Kernel", taps) + option("Stride", strides, 1) +
            option("Padding", zeros, 0) + option("OutputPadding", more, 0) +
            option("Dilation", dilations, 1) + option("Groups", {g.groups}, 1) + ", P>"};
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

  [[noreturn]] void fail(const Step& step, const std::string& sentence) const {
    throw FormatError(file_ + ": node '" + step.node + "': " + sentence +
                      ". Fix: open the file at run time, as the command shardbound does");
  }

  std::string file_;
};

}  // namespace detail

}  // namespace shardbound::inline v0::io
