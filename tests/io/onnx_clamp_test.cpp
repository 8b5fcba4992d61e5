// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_clamp.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

const Numbers x = {-2, 0.5, 3};

OnnxWriter with(const std::string& op, const std::vector<float>& c, bool left = false) {
  auto net = network({1, 3});
  net.tensor("c", c.size() == 1 ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{3}, c);
  return net.node(
      op, left ? std::vector<std::string>{"c", "x"} : std::vector<std::string>{"x", "c"}, {"y"});
}

OnnxWriter clip(const std::vector<float>& low, const std::vector<float>& high) {
  auto net = network({1, 3});
  std::vector<std::string> operands = {"x", low.empty() ? "" : "low"};
  if (!low.empty()) net.tensor("low", {}, low);
  if (!high.empty()) {
    net.tensor("high", {}, high);
    operands.push_back("high");
  }
  return net.node("Clip", operands, {"y"});
}

std::string only_activation(const OnnxWriter& net) {
  const auto model = model_of(net);
  return model.graph.size() == 2 ? model.graph.layers.back().step.activation : "";
}

}  // namespace

TEST_CASE("Clip from 0, Max with 0 and PRelu of 0 are ReLU") {
  for (const auto& net : {clip({0}, {}), with("Max", {0}), with("Max", {0, 0, -0.0f}, true),
                          with("PRelu", {0}), with("PRelu", {0, 0, 0})}) {
    CHECK(only_activation(net) == "ReLU");
    CHECK(value_of(net, x) == Numbers{0, 0.5, 3});
  }
}

TEST_CASE("PRelu of one slope is LeakyReLU, of others a sum of two") {
  CHECK(only_activation(with("PRelu", {0.25f})) == "LeakyReLU");
  CHECK(value_of(with("PRelu", {0.25f}), x) == Numbers{-0.5, 0.5, 3});
  CHECK(only_activation(with("PRelu", {0.5f, 0.5f, 0.5f})) == "LeakyReLU");
  CHECK(value_of(with("PRelu", {0.5f, 2, 3}), x) == Numbers{-1, 0.5, 3});
  CHECK(value_of(with("PRelu", {-3}), x) == Numbers{6, 0.5, 3});
  auto wide = network({1, 1});
  wide.tensor("c", {2}, {1, 2}).node("PRelu", {"x", "c"}, {"y"});
  CHECK(contains(refusal(wide), "its slope of shape [2] does not fit [1, 1]"));
  CHECK(
      contains(refusal(with("PRelu", {std::numeric_limits<float>::infinity()})), "is not finite"));
}

TEST_CASE("other bounds are exact") {
  CHECK(value_of(with("Max", {1}), x) == Numbers{1, 1, 3});
  CHECK(value_of(with("Min", {1}), x) == Numbers{-2, 0.5, 1});
  CHECK(value_of(with("Min", {0}), x) == Numbers{-2, 0, 0});
  CHECK(value_of(with("Min", {-5, 0, 9}, true), x) == Numbers{-5, 0, 3});
  CHECK(value_of(clip({-1}, {2}), x) == Numbers{-1, 0.5, 2});
  CHECK(value_of(clip({}, {2}), x) == Numbers{-2, 0.5, 2});
  CHECK(value_of(clip({}, {}), x) == x);
  CHECK(only_activation(clip({0}, {std::numeric_limits<float>::infinity()})) == "ReLU");
  auto stretched = network({1, 1});
  stretched.tensor("c", {2}, {1, 5}).node("Max", {"x", "c"}, {"y"});
  CHECK(value_of(stretched, {3}) == Numbers{3, 5});
}

TEST_CASE("bounds as far away as floats go count, and cost nothing where they are not reached") {
  const float most = std::numeric_limits<float>::max();
  const double far = static_cast<double>(most);
  CHECK(value_of(clip({0}, {most}), {-1, 0x1p129, 3}) == Numbers{0, far, 3});
  CHECK(value_of(clip({-most}, {most}), {-0x1p129, 0x1p129, 3}) == Numbers{-far, far, 3});
  CHECK(value_of(with("Max", {-0x1p100f}), {-0x1p101, 0, 5}) == Numbers{-0x1p100, 0, 5});
  CHECK(value_of(with("Min", {0x1p100f, 1, 0}), {0x1p101, 5, -1}) == Numbers{0x1p100, 1, -1});
  auto old = network({1, 3});
  old.opset(10).node("Clip", {"x"}, {"y"}, {onnx_float("min", 0), onnx_float("max", most)});
  CHECK(value_of(old, {-1, 0x1p129, 3}) == Numbers{0, far, 3});
  CHECK(model_of(old).graph.layers.at(1).step.activation == "ReLU");
  for (const auto& net : {clip({-most}, {most}), with("Max", {-most}), with("Min", {1e30f})}) {
    const Box box = interval(model_of(net), {{-1, 0.25, -3}, {2, 0.25, 7}});
    CHECK(box.lower == Numbers{-1, 0.25, -3});
    CHECK(box.upper == Numbers{2, 0.25, 7});
  }
  auto twice = network({1, 3});
  twice.tensor("low", {}, {0}).node("Clip", {"x", "low"}, {"y"}, {onnx_float("min", 0)});
  CHECK(contains(refusal(twice), "'min' is given twice, as an attribute and as an operand"));
}

TEST_CASE("bounds that make no sense, or depend on the input, are refused") {
  CHECK(contains(refusal(clip({2}, {1})), "a clip from 2.0"));
  CHECK(contains(refusal(clip({std::nanf("")}, {})), "min is not a number"));
  CHECK(contains(refusal(with("Max", {std::nanf("")})), "is not finite"));
  auto several = network({1, 3});
  several.tensor("low", {3}, {0, 0, 0}).node("Clip", {"x", "low"}, {"y"});
  CHECK(contains(refusal(several), "has 3 numbers; one is wanted"));
}

TEST_CASE("the largest and the smallest of several tensors and constants") {
  const auto of = [](const std::string& op) {
    auto net = network({2, 3});
    net.tensor("c", {}, {0.5f}).tensor("d", {3}, {9, 1, -9}).node("Neg", {"x"}, {"n"});
    net.integers("s", {1}).integers("e", {2}).integers("a", {1});
    net.node("Slice", {"x", "s", "e", "a"}, {"column"});
    return net.node(op, {"x", "c", "n", "column", "d"}, {"y"});
  };
  const Numbers point = {1, -2, 3, -4, 5, -6};
  CHECK(value_of(of("Max"), point) == Numbers{9, 2, 3, 9, 5, 6});
  CHECK(value_of(of("Min"), point) == Numbers{-2, -2, -9, -4, -5, -9});
  const auto model = model_of(of("Max"));
  CHECK(std::any_of(model.graph.layers.begin(), model.graph.layers.end(), [](const auto& layer) {
    return layer.step.kind == io::Step::Kind::maximum && layer.step.run == 3;
  }));
  auto same = network({1, 2});
  same.node("Max", {"x"}, {"m"}).node("Relu", {"m"}, {"y"});
  CHECK(model_of(same).graph.size() == 2);
  auto constant = network({1, 2});
  constant.tensor("c", {2}, {1, 2}).node("Max", {"c", "c"}, {"m"}).node("Add", {"x", "m"}, {"y"});
  CHECK(contains(refusal(constant), "operand 'c' is a constant"));
}
