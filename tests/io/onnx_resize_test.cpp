// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_resize.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using List = std::vector<std::int64_t>;

WireWriter text(const std::string& name, const std::string& value) {
  return onnx_attribute(name, 3).bytes(4, value);
}

// The indices of a line of `in` elements that are nearest, after the modes.
Numbers nearest(std::int64_t in, std::int64_t out, const std::string& position,
                const std::string& mode) {
  auto net = network({in});
  net.integers("sizes", {out});
  net.node("Resize", {"x", "", "", "sizes"}, {"y"},
           {text("coordinate_transformation_mode", position), text("nearest_mode", mode)});
  Numbers indices;
  for (std::int64_t i = 0; i < in; ++i) indices.push_back(static_cast<double>(i));
  return value_of(net, indices);
}

OnnxWriter scaled(const std::vector<float>& scales,
                  const std::vector<WireWriter>& attributes = {}) {
  auto net = network({1, 3});
  net.tensor("scales", {static_cast<std::int64_t>(scales.size())}, scales);
  return net.node("Resize", {"x", "", "scales"}, {"y"}, attributes, "resize");
}

}  // namespace

TEST_CASE("whole factors repeat elements in every mode that means so") {
  for (const char* position : {"half_pixel", "pytorch_half_pixel"})
    CHECK(nearest(2, 6, position, "round_prefer_floor") == Numbers{0, 0, 0, 1, 1, 1});
  CHECK(nearest(2, 6, "asymmetric", "floor") == Numbers{0, 0, 0, 1, 1, 1});
  CHECK(nearest(2, 4, "tf_half_pixel_for_nn", "floor") == Numbers{0, 0, 1, 1});
  CHECK(nearest(4, 2, "asymmetric", "floor") == Numbers{0, 2});
  auto square = network({1, 1, 2, 2});
  square.tensor("s", {4}, {1, 1, 2, 1}).node("Resize", {"x", "", "s"}, {"y"});
  CHECK(value_of(square, {1, 2, 3, 4}) == Numbers{1, 2, 1, 2, 3, 4, 3, 4});
}

TEST_CASE("halfway between two elements, each mode has its own") {
  CHECK(nearest(3, 5, "align_corners", "round_prefer_floor") == Numbers{0, 0, 1, 1, 2});
  CHECK(nearest(3, 5, "align_corners", "round_prefer_ceil") == Numbers{0, 1, 1, 2, 2});
  CHECK(nearest(3, 5, "align_corners", "floor") == Numbers{0, 0, 1, 1, 2});
  CHECK(nearest(3, 5, "align_corners", "ceil") == Numbers{0, 1, 1, 2, 2});
  CHECK(nearest(4, 2, "half_pixel", "round_prefer_floor") == Numbers{0, 2});
  CHECK(nearest(4, 2, "half_pixel", "round_prefer_ceil") == Numbers{1, 3});
  CHECK(nearest(3, 1, "pytorch_half_pixel", "ceil") == Numbers{0});
  CHECK(nearest(3, 1, "align_corners", "ceil") == Numbers{0});
  CHECK(nearest(2, 3, "asymmetric", "ceil") == Numbers{0, 1, 1});
}

TEST_CASE("Upsample and the first Resize are by scales, downwards") {
  auto upsample = network({1, 3});
  upsample.opset(9).tensor("s", {2}, {1, 2}).node("Upsample", {"x", "s"}, {"y"});
  CHECK(value_of(upsample, {1, 2, 3}) == Numbers{1, 1, 2, 2, 3, 3});
  auto oldest = network({1, 3});
  oldest.opset(7).node("Upsample", {"x"}, {"y"}, {onnx_floats("scales", {2, 1})});
  CHECK(value_of(oldest, {1, 2, 3}) == Numbers{1, 2, 3, 1, 2, 3});
  auto first = network({1, 3});
  first.opset(10).tensor("s", {2}, {1, 1.5f}).node("Resize", {"x", "s"}, {"y"});
  CHECK(value_of(first, {1, 2, 3}) == Numbers{1, 1, 2, 3});
  auto axes = network({1, 3});
  axes.opset(18)
      .integers("sizes", {1})
      .node("Resize", {"x", "", "", "sizes"}, {"y"}, {onnx_integers("axes", {-1})});
  CHECK(value_of(axes, {1, 2, 3}) == Numbers{2});
}

TEST_CASE("before opset 11 an axis is made smaller only where every position is whole") {
  const auto resized = [](float scale) {
    auto net = network({4});
    return net.opset(10).tensor("s", {1}, {scale}).node("Resize", {"x", "s"}, {"y"}, {}, "r");
  };
  CHECK(value_of(resized(0.5f), {1, 2, 3, 4}) == Numbers{1, 3});
  CHECK(refusal(resized(0.75f)) ==
        "net.onnx: node 'r' (Resize): an axis of 4 scaled by 0.750000 has positions between "
        "elements; which one is nearest is not said before opset 11");
  auto upsample = network({4});
  upsample.opset(9).tensor("s", {1}, {0.5f}).node("Upsample", {"x", "s"}, {"y"});
  CHECK(contains(refusal(upsample), "an axis of 4 cannot be scaled by 0.500000"));
}

TEST_CASE("of scales and sizes one is meant, and the other may be there without numbers") {
  const auto resized = [](const std::vector<float>& scales, const List& sizes) {
    auto net = network({2});
    net.tensor("s", {static_cast<std::int64_t>(scales.size())}, scales).integers("n", sizes);
    return net.node("Resize", {"x", "", "s", "n"}, {"y"});
  };
  CHECK(value_of(resized({2}, {}), {1, 2}) == Numbers{1, 1, 2, 2});
  CHECK(value_of(resized({}, {4}), {1, 2}) == Numbers{1, 1, 2, 2});
  CHECK(contains(refusal(resized({2}, {4})), "it has both scales and sizes; one of them"));
  CHECK(contains(refusal(resized({}, {})), "it has neither scales nor sizes"));
}

TEST_CASE("what rounding decides is refused") {
  // 10 times 0.7 is 7, but of the float next to 0.7 a little less
  auto tenth = network({1, 10});
  tenth.tensor("s", {2}, {1, 0.7f});
  tenth.node("Resize", {"x", "", "s"}, {"y"},
             {text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor")},
             "r");
  CHECK(contains(refusal(tenth), "has no extent that does not depend on rounding"));
  // Index 7 of 14 lies on element 3 of 6, where floats may end up below.
  auto third = network({6});
  third.integers("sizes", {14})
      .node("Resize", {"x", "", "", "sizes"}, {"y"},
            {text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor")});
  CHECK(contains(refusal(third), "which one is nearest depends on rounding"));
}

TEST_CASE("other modes, and scales that make no sense, are refused in a sentence") {
  CHECK(refusal(scaled({1, 2}, {text("mode", "linear")})) ==
        "net.onnx: node 'resize' (Resize): mode = 'linear' is not supported; 'nearest' is");
  CHECK(contains(refusal(scaled({1, 2}, {text("nearest_mode", "up")})), "'up' is not supported"));
  CHECK(contains(
      refusal(scaled({1, 2}, {text("coordinate_transformation_mode", "tf_crop_and_resize")})),
      "'tf_crop_and_resize' is not supported"));
  CHECK(contains(refusal(scaled({1, 2, 3})), "it says 3 extents or scales for 2 axes"));
  for (const float scale : {0.0f, -1.0f, std::nanf(""), 1e30f})
    CHECK(contains(refusal(scaled({1, scale})), "cannot be scaled by"));
  CHECK(contains(refusal(scaled({1, 0.1f})), "has no extent"));
  auto none = network({1, 3});
  CHECK(contains(refusal(none.node("Resize", {"x"}, {"y"})), "neither scales nor sizes"));
  auto twice = network({1, 3});
  twice.opset(18).integers("sizes", {1, 2});
  twice.node("Resize", {"x", "", "", "sizes"}, {"y"}, {onnx_integers("axes", {1, -1})});
  CHECK(contains(refusal(twice), "axis 1 is resized twice"));
  auto large = network({1, 3});
  large.integers("sizes", {1 << 13, 1 << 13}).node("Resize", {"x", "", "", "sizes"}, {"y"});
  CHECK_FALSE(refusal(large).empty());
}
