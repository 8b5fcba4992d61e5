// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_elementwise.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using io::Step;
using Numbers = std::vector<double>;

// y = x op c, or c op x
OnnxWriter with_constant(const std::string& op, const std::vector<float>& c, bool left = false,
                         std::vector<std::int64_t> shape = {2}) {
  auto net = network({-1, 2});
  net.tensor("c", shape, c);
  return net.node(op,
                  left ? std::vector<std::string>{"c", "x"} : std::vector<std::string>{"x", "c"},
                  {"y"}, {}, "op");
}

}  // namespace

TEST_CASE("a constant on either side of every operator that stays affine") {
  CHECK(value_of(with_constant("Add", {1, 2}), {10, 20}) == Numbers{11, 22});
  CHECK(value_of(with_constant("Add", {1, 2}, true), {10, 20}) == Numbers{11, 22});
  CHECK(value_of(with_constant("Sub", {1, 2}), {10, 20}) == Numbers{9, 18});
  CHECK(value_of(with_constant("Sub", {1, 2}, true), {10, 20}) == Numbers{-9, -18});
  CHECK(value_of(with_constant("Mul", {1, 2}), {10, 20}) == Numbers{10, 40});
  CHECK(value_of(with_constant("Mul", {1, 2}, true), {10, 20}) == Numbers{10, 40});
  CHECK(value_of(with_constant("Div", {1, 2}), {10, 20}) == Numbers{10, 10});
  auto negated = network({1, 2});
  CHECK(value_of(negated.node("Neg", {"x"}, {"y"}), {1, -2}) == Numbers{-1, 2});
  const io::Step step = steps_of(model_of(with_constant("Sub", {1, 2}, true))).at(0);
  CHECK(step.scale == Numbers{-1, -1});
  CHECK(step.shift == Numbers{1, 2});
  CHECK(step.bias.empty());
}

TEST_CASE("constants broadcast over the features") {
  for (const auto& shape : {std::vector<std::int64_t>{}, {1}, {1, 1}})
    CHECK(value_of(with_constant("Add", {1}, false, shape), {10, 20}) == Numbers{11, 21});
  CHECK(value_of(with_constant("Add", {1, 2}, false, {1, 2}), {10, 20}) == Numbers{11, 22});
  auto image = network({1, 2, 1, 3});
  image.tensor("c", {2, 1, 1}, {10, 20}).tensor("r", {3}, {1, 2, 3});
  image.node("Add", {"x", "c"}, {"a"}).node("Mul", {"a", "r"}, {"y"});
  CHECK(value_of(image, {0, 0, 0, 1, 1, 1}) == Numbers{10, 20, 30, 21, 42, 63});
  auto more_axes = network({1, 2});
  more_axes.tensor("c", {1, 1, 2}, {1, 2}).tensor("W", {2, 1}, {1, 1});
  more_axes.node("Add", {"x", "c"}, {"a"}).node("MatMul", {"a", "W"}, {"y"});
  CHECK(value_of(more_axes, {10, 20}) == Numbers{33});
}

TEST_CASE("normalisation is one step, also from Constant nodes") {
  auto net = network({1, 1, 2});
  net.node("Constant", {}, {"mean"},
           {onnx_constant("value", onnx_tensor("", {1, 1, 1}, std::vector<float>{0.5f}))});
  net.node("Constant", {}, {"deviation"}, {onnx_float("value_float", 0.25f)});
  net.node("Sub", {"x", "mean"}, {"s"}).node("Div", {"s", "deviation"}, {"y"});
  const auto model = model_of(net);
  REQUIRE(steps_of(model).size() == 1);
  CHECK(steps_of(model)[0].scale == Numbers{4, 4});
  CHECK(steps_of(model)[0].shift == Numbers{-2, -2});
  auto list = network({1, 2});
  list.node("Constant", {}, {"c"}, {onnx_floats("value_floats", {1, 2})})
      .node("Add", {"x", "c"}, {"y"});
  CHECK(value_of(list, {1, 1}) == Numbers{2, 3});
}

TEST_CASE("a division is exact by a power of two, and off by its rounding otherwise") {
  const io::Step step = steps_of(model_of(with_constant("Div", {4, 3}))).at(0);
  CHECK(step.scale == Numbers{0.25, 1.0 / 3});
  CHECK(step.scale_error.at(0) == 0);
  CHECK(step.scale_error.at(1) >= 1.0 / 3 * 0x1p-54);
  CHECK(step.scale_error.at(1) <= 1.0 / 3 * 0x1p-52);
  CHECK(step.shift_error.empty());
  CHECK(steps_of(model_of(with_constant("Div", {4, 8}))).at(0).scale_error.empty());
}

TEST_CASE("Add after MatMul is its bias, still in the file") {
  auto net = network({1, 2});
  net.tensor("W", {2, 2}, {1, 2, 3, 4}).tensor("b", {2}, {5, 6});
  net.node("MatMul", {"x", "W"}, {"m"}).node("Add", {"b", "m"}, {"y"});
  const auto model = model_of(net);
  REQUIRE(steps_of(model).size() == 1);
  CHECK(steps_of(model)[0].bias.name == "b");
  CHECK(steps_of(model)[0].bias.offset > 0);
  CHECK(steps_of(model)[0].bias.rows == 2);
  CHECK(steps_of(model)[0].tensor == "y");
  CHECK(value_of(net, {1, 1}) == Numbers{9, 12});
  auto scalar = network({1, 2});
  scalar.tensor("W", {2, 2}, {1, 2, 3, 4}).tensor("b", {}, {5});
  scalar.node("MatMul", {"x", "W"}, {"m"}).node("Add", {"m", "b"}, {"y"});
  CHECK(steps_of(model_of(scalar)).size() == 1);
  CHECK(value_of(scalar, {1, 1}) == Numbers{9, 11});
  auto shared = network({1, 2});  // m is used twice, so b belongs to one branch only
  shared.tensor("W", {2, 2}, {1, 2, 3, 4}).tensor("b", {2}, {5, 6});
  shared.node("MatMul", {"x", "W"}, {"m"})
      .node("Add", {"m", "b"}, {"a"})
      .node("Add", {"a", "m"}, {"y"});
  CHECK(value_of(shared, {1, 1}) == Numbers{13, 18});
}

TEST_CASE("what changes nothing leaves no step") {
  auto net = network({1, 2});
  net.tensor("zero", {1, 2}, {0, 0}).tensor("one", {}, {1});
  net.node("Sub", {"x", "zero"}, {"a"})
      .node("Div", {"a", "one"}, {"b"})
      .node("Mul", {"one", "b"}, {"c"});
  net.node("Add", {"zero", "c"}, {"d"}).node("Relu", {"d"}, {"y"});
  CHECK(steps_of(model_of(net)).size() == 1);
}

TEST_CASE("sums of tensors are residuals, differences too, and smaller ones are stretched") {
  auto twice = network({1, 2});
  twice.node("Relu", {"x"}, {"r"}).node("Add", {"r", "r"}, {"y"});
  CHECK(value_of(twice, {-1, 3}) == Numbers{0, 6});
  auto difference = network({1, 2});
  difference.node("Relu", {"x"}, {"r"}).node("Sub", {"r", "x"}, {"y"});
  CHECK(value_of(difference, {-1, 3}) == Numbers{1, 0});
  auto several = network({1, 2});
  several.tensor("c", {2}, {10, 20}).node("Relu", {"x"}, {"r"});
  several.node("Sum", {"c", "r", "x", "r"}, {"y"});
  CHECK(value_of(several, {-1, 3}) == Numbers{9, 29});
  auto enlarge = network({1, 2});
  enlarge.tensor("W", {2, 1}, {1, 1}).node("MatMul", {"x", "W"}, {"m"});
  enlarge.node("Add", {"x", "m"}, {"y"}, {}, "sum");
  CHECK(value_of(enlarge, {1, 10}) == Numbers{12, 21});
  CHECK(value_of(with_constant("Add", {10, 20}, false, {2, 1}), {1, 2}) == Numbers{11, 12, 21, 22});
  CHECK(value_of(with_constant("Sub", {10, 20}, true, {2, 1}), {1, 2}) == Numbers{9, 8, 19, 18});
}

TEST_CASE("products and quotients of tensors") {
  const auto of = [](const std::string& op) {
    auto net = network({1, 2});
    net.node("Exp", {"x"}, {"e"});
    return net.node(op, {"x", "e"}, {"y"});
  };
  CHECK(value_of(of("Mul"), {1, 2}) == Numbers{std::exp(1), 2 * std::exp(2)});
  CHECK(value_of(of("Div"), {1, 2}).at(1) == doctest::Approx(2 / std::exp(2)));
  CHECK(model_of(of("Mul")).graph.layers.back().step.kind == io::Step::Kind::multiply);
  CHECK(model_of(of("Mul")).graph.layers.back().operands == std::vector<std::int32_t>{1, 0});
  CHECK(value_of(with_constant("Div", {1, 2}, true), {4, 8}) == Numbers{0.25, 0.25});
  auto square = network({1, 2});
  square.node("Relu", {"x"}, {"r"}).node("Mul", {"r", "r"}, {"y"});
  CHECK(model_of(square).graph.layers.back().step.activation == "Square");
  CHECK(value_of(square, {-1, 3}) == Numbers{0, 9});
  auto wide = network({2, 1});  // one of them is stretched, then they are not the same
  wide.node("Transpose", {"x"}, {"t"}).node("Mul", {"x", "t"}, {"y"});
  CHECK(value_of(wide, {2, 3}) == Numbers{4, 6, 6, 9});
}

TEST_CASE("what does not fit is refused") {
  CHECK(refusal(with_constant("Div", {1, 0})) ==
        "net.onnx: node 'op' (Div): feature 1 is divided by zero");
  CHECK(contains(refusal(with_constant("Add", {1, 2, 3}, false, {3})), "do not fit together"));
  CHECK(contains(refusal(with_constant("Add", {}, false, {0})), "do not fit together"));
  auto integers = network({1, 2});
  integers.integers("c", {1, 2}).node("Mul", {"x", "c"}, {"y"});
  CHECK(contains(refusal(integers), "holds numbers of type int64"));
  auto apart = network({1, 2});
  apart.tensor("W", {2, 3}, std::vector<float>(6)).node("MatMul", {"x", "W"}, {"m"});
  CHECK(contains(refusal(apart.node("Add", {"x", "m"}, {"y"})), "do not fit together"));
}

TEST_CASE("constants that are folded carry what no double holds of them") {
  auto net = network({1, 2});
  net.doubles("one", {}, {1}).doubles("three", {}, {3}).node("Div", {"one", "three"}, {"third"});
  net.node("Add", {"x", "third"}, {"a"}).node("Mul", {"a", "third"}, {"y"});
  const io::Step step = model_of(net).graph.layers.at(1).step;
  CHECK(step.scale_error.at(0) > 0);
  CHECK(step.shift_error.at(1) > 0);
  auto divided = network({1, 2});
  divided.doubles("one", {}, {1})
      .doubles("three", {}, {3})
      .node("Div", {"one", "three"}, {"third"});
  divided.node("Div", {"x", "third"}, {"y"});
  CHECK(contains(refusal(divided), "no double holds it exactly"));
}

TEST_CASE("constants that are not finite are refused by node and file") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(
      refusal(with_constant("Mul", {1, nan})).starts_with("net.onnx: node 'op' (Mul): feature 1 "));
  CHECK(contains(refusal(with_constant("Sub", {infinity, 0})), "which is not finite"));
  CHECK(contains(refusal(with_constant("Div", {nan, 1})), "which is not finite"));
  CHECK(refusal(with_constant("Div", {infinity, 1})).empty());  // x / inf is 0
}

TEST_CASE("a broadcast cannot be made to eat the memory") {
  auto net = network({1, 1 << 24});
  net.tensor("c", {}, {2});
  std::string last = "x";
  for (int i = 0; i < 3; ++i) {
    const std::string next = i == 2 ? "y" : "t" + std::to_string(i);
    net.node("Mul", {last, "c"}, {next});
    last = next;
  }
  CHECK(contains(refusal(net), "constants spread over more than"));
}

TEST_CASE("BatchNormalization is a scale and a shift per channel") {
  auto net = network({1, 2, 2});
  net.tensor("g", {2}, {1, 3})
      .tensor("b", {2}, {0.5f, -1})
      .tensor("m", {2}, {2, 4})
      .tensor("v", {2}, {3, 8});
  net.node("BatchNormalization", {"x", "g", "b", "m", "v"}, {"y"}, {onnx_float("epsilon", 1)},
           "bn");
  CHECK(value_of(net, {2, 4, 4, 7}) == Numbers{0.5, 1.5, -1, 2});
  const io::Step exact = steps_of(model_of(net)).at(0);
  CHECK(exact.scale_error.empty());
  CHECK(exact.shift_error.empty());
  auto rounded = network({1, 2});
  rounded.tensor("g", {2}, {1, 2}).tensor("v", {2}, {2, 1});
  rounded.node("BatchNormalization", {"x", "g", "g", "g", "v"}, {"y"}, {onnx_float("epsilon", 0)});
  const io::Step off = steps_of(model_of(rounded)).at(0);
  CHECK(off.scale_error.at(0) > 0);
  CHECK(off.scale_error.at(0) < 1e-15);
  CHECK(off.scale_error.at(1) == 0);
  CHECK(off.shift_error.at(0) > 0);
  CHECK(off.shift_error.at(1) == 0);
  auto batch = network({2, 2});
  batch.tensor("g", {2}, {1, 2}).tensor("v", {2}, {1, 4}).tensor("z", {2}, {0, 1});
  batch.node("BatchNormalization", {"x", "g", "z", "z", "v"}, {"y"}, {onnx_float("epsilon", 0)});
  CHECK(value_of(batch, {1, 2, 3, 4}) == Numbers{1, 2, 3, 4});
  auto negative = network({1, 2});
  negative.tensor("g", {2}, {1, 1}).tensor("v", {2}, {1, -2});
  negative.node("BatchNormalization", {"x", "g", "g", "g", "v"}, {"y"});
  CHECK(contains(refusal(negative), "channel 1 has a variance that is not positive"));
  auto few = network({1, 3});
  few.tensor("g", {2}, {1, 1});
  few.node("BatchNormalization", {"x", "g", "g", "g", "g"}, {"y"});
  CHECK(contains(refusal(few), "its constant 'g' has 2 numbers for 3 channels"));
  const auto giving = [](const std::vector<std::string>& outputs) {
    auto training = network({2, 1});
    training.opset(9).tensor("g", {1}, {1});
    return training.node("BatchNormalization", {"x", "g", "g", "g", "g"}, outputs);
  };
  CHECK(refusal(giving({"y", "", ""})).empty());
  CHECK(contains(refusal(giving({"y", "mean", "var", "saved_mean", "saved_var"})),
                 "its output 'mean' is one of training"));
  CHECK(contains(refusal(giving({"y", "", "", "", "saved"})), "its output 'saved'"));
}
