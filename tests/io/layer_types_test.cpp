// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/layer_types.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace shardbound;
using io::Steps;
using io::detail::LayerTypeMaker;
using io::detail::MapShape;

io::Step convolution(const Geometry& geometry) {
  io::Step step;
  step.geometry = geometry;
  step.features = geometry.out_features();
  step.node = "conv";
  return step;
}
io::Step dense(std::int64_t features) {
  io::Step step;
  step.features = features;
  return step;
}
io::Step of(io::Step::Kind kind, std::vector<Steps> branches, std::int64_t features) {
  io::Step step;
  step.kind = kind, step.branches = std::move(branches), step.features = features;
  return step;
}

// What the layers behind a map are called, one after the other.
std::string written(const Steps& steps, MapShape shape) {
  std::string text;
  for (const auto& layer : LayerTypeMaker("f").sequence(steps, shape)) {
    text += (text.empty() ? "" : ", ") + layer.text;
    for (const auto& branch : layer.branches) {
      text += "(";
      for (const auto& one : branch) text += one.text + " ";
      text += ")";
    }
  }
  return text;
}

std::string of_axis(const WindowAxis& axis) {
  const Geometry geometry{1, 1, 1, {}, axis};
  return written({convolution(geometry)}, {1, axis.in});
}

}  // namespace

TEST_CASE("of a convolution's options those are written that are not the usual ones") {
  CHECK(of_axis({8, 6, 3, 1, 1, 1, 0}) == "sb::Conv1d<1, sb::Kernel<3>, P>");
  CHECK(of_axis({8, 8, 3, 1, 1, 1, 1}) == "sb::Conv1d<1, sb::Kernel<3>, sb::Padding<1>, P>");
  CHECK(of_axis({8, 7, 3, 1, 1, 1, 1}) == "sb::Conv1d<1, sb::Kernel<3>, sb::Padding<1, 0>, P>");
  CHECK(of_axis({8, 2, 3, 2, 2, 1, 0}) ==
        "sb::Conv1d<1, sb::Kernel<3>, sb::Stride<2>, sb::Dilation<2>, P>");
  const Geometry two{2, 4, 2, {6, 3, 2, 2, 1, 1, 0}, {7, 7, 3, 1, 1, 1, 1}};
  CHECK(written({convolution(two)}, {2, 6, 7}) ==
        "sb::Conv2d<4, sb::Kernel<2, 3>, sb::Stride<2, 1>, sb::Padding<0, 1, 0, 1>, sb::Groups<2>, "
        "P>");
}

TEST_CASE("zeros behind an axis that are not needed are as many as in front") {
  // 8 inputs, 3 taps, a stride of 2: of the last zero nothing is seen.
  CHECK(of_axis({8, 4, 3, 2, 1, 1, 1}) ==
        "sb::Conv1d<1, sb::Kernel<3>, sb::Stride<2>, sb::Padding<1>, P>");
}

TEST_CASE("a transposed convolution by its own stride and padding") {
  CHECK(of_axis({4, 9, 3, 1, 1, 2, 2}) ==
        "sb::ConvTranspose1d<1, sb::Kernel<3>, sb::Stride<2>, P>");
  CHECK(of_axis({4, 7, 3, 1, 1, 2, 1}) ==
        "sb::ConvTranspose1d<1, sb::Kernel<3>, sb::Stride<2>, sb::Padding<1>, P>");
  CHECK(of_axis({4, 8, 3, 1, 1, 2, 1}) ==
        "sb::ConvTranspose1d<1, sb::Kernel<3>, sb::Stride<2>, sb::Padding<1>, "
        "sb::OutputPadding<1>, P>");
}

TEST_CASE("windows are listed by axis, zeros in front of all axes before those behind") {
  const Geometry geometry{1, 1, 1, {6, 3, 2, 2, 1, 1, 0}, {7, 7, 3, 1, 1, 1, 1}};
  const auto both = io::window_options(geometry, 2);
  CHECK(both.way == io::Convolves::forwards);
  CHECK(both.taps == std::vector<std::int64_t>{2, 3});
  CHECK(both.strides == std::vector<std::int64_t>{2, 1});
  CHECK(both.padding == std::vector<std::int64_t>{0, 1, 0, 1});
  CHECK(both.output_padding == std::vector<std::int64_t>{0, 0});
  CHECK(io::window_options(geometry, 1).taps == std::vector<std::int64_t>{3});
}

TEST_CASE("features of a map are flattened where they are read or joined as features") {
  const Geometry same{1, 1, 1, {}, {4, 4, 1, 1, 1, 1, 0}};
  CHECK(written({convolution(same), dense(3), dense(2)}, {1, 4}) ==
        "sb::Conv1d<1, sb::Kernel<1>, P>, sb::Flatten, sb::Linear<3, P>, sb::Linear<2, P>");
  CHECK(written({of(io::Step::Kind::concat, {{convolution(same)}, {}}, 8)}, {1, 4}) ==
        "sb::Concat<(sb::Conv1d<1, sb::Kernel<1>, P> sb::Flatten )(sb::Flatten )");
  CHECK(written({of(io::Step::Kind::residual, {{convolution(same)}, {}}, 4), convolution(same)},
                {1, 4}) ==
        "sb::Residual<(sb::Conv1d<1, sb::Kernel<1>, P> )(), sb::Conv1d<1, sb::Kernel<1>, P>");
  CHECK(written({of(io::Step::Kind::residual, {{dense(4)}, {}}, 4)}, {1, 4}) ==
        "sb::Residual<(sb::Flatten sb::Linear<4, P> )(sb::Flatten )");
}

TEST_CASE("a map that is read in another arrangement has no type") {
  const Geometry other{2, 1, 1, {}, {2, 2, 1, 1, 1, 1, 0}};
  CHECK_THROWS_WITH_AS(
      written({convolution(other)}, {1, 4}),
      "f: node 'conv': it reads features in another arrangement than they were "
      "computed in, which has no type. Fix: open the file at run time, as the command "
      "shardbound does",
      FormatError);
}
