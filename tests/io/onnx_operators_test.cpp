// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_operators.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using io::Step;
using Numbers = std::vector<double>;

OnnxWriter gemm(const std::vector<WireWriter>& attributes, const std::vector<std::int64_t>& weight,
                const std::vector<std::int64_t>& bias = {}, bool with_bias = false) {
  auto net = network({1, 2});
  std::int64_t elements = 1;
  for (const auto extent : weight) elements *= extent;
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < elements; ++i) numbers.push_back(static_cast<float>(i + 1));
  net.tensor("W", weight, numbers);
  elements = 1;
  for (const auto extent : bias) elements *= extent;
  net.tensor("b", bias, std::vector<float>(static_cast<std::size_t>(elements), 0.5f));
  std::vector<std::string> operands = {"x", "W"};
  if (with_bias) operands.push_back("b");
  return net.node("Gemm", operands, {"y"}, attributes, "dense");
}

// What a chain of shape operators makes of [1, 2, 3], seen through MatMul by its last axis.
OnnxWriter shaped(const std::string& op, const std::vector<WireWriter>& attributes,
                  const std::vector<std::int64_t>& operand = {}) {
  auto net = network({1, 2, 3});
  std::vector<std::string> operands = {"x"};
  if (!operand.empty()) {
    net.integers("list", operand);
    operands.push_back("list");
  }
  net.node(op, operands, {"r"}, attributes, "shape").node("Relu", {"r"}, {"y"});
  return net;
}

}  // namespace

TEST_CASE("Gemm stores its weight either way") {
  CHECK(value_of(gemm({onnx_integer("transB", 1)}, {3, 2}), {1, 10}) == Numbers{21, 43, 65});
  CHECK(value_of(gemm({}, {2, 3}), {1, 10}) == Numbers{41, 52, 63});
  const auto model = model_of(gemm({onnx_float("alpha", 1), onnx_float("beta", 1)}, {2, 3}));
  CHECK(model.steps.at(0).weight.transposed);
  CHECK(model.steps.at(0).weight.rows == 2);
  CHECK(model.steps.at(0).weight.columns == 3);
}

TEST_CASE("Gemm's bias broadcasts") {
  for (const auto& shape : {std::vector<std::int64_t>{3}, {1, 3}, {1}, {}, {1, 1}}) {
    const auto net = gemm({}, {2, 3}, shape, true);
    CHECK(value_of(net, {1, 10}) == Numbers{41.5, 52.5, 63.5});
    CHECK(model_of(net).steps.at(0).bias.rows == 3);
  }
  CHECK(contains(refusal(gemm({}, {2, 3}, {2}, true)), "its bias 'b' of shape [2] does not fit 3"));
  CHECK(contains(refusal(gemm({}, {2, 3}, {3, 1}, true)), "does not fit"));
  CHECK(contains(refusal(gemm({}, {2, 3}, {1, 1, 3}, true)), "does not fit"));
}

TEST_CASE("Gemm with other factors, transposes or shapes is refused") {
  CHECK(refusal(gemm({onnx_float("alpha", 0.5f)}, {2, 3})) ==
        "net.onnx: node 'dense' (Gemm): alpha = 0.500000 is not supported; 1 is");
  CHECK(contains(refusal(gemm({onnx_float("beta", 0)}, {2, 3}, {3}, true)), "beta = 0.0"));
  CHECK(contains(refusal(gemm({onnx_integer("transA", 1)}, {2, 3})), "transA = 1"));
  CHECK(contains(refusal(gemm({onnx_integer("transB", 7)}, {2, 3})), "transB = 7"));
  CHECK(contains(refusal(gemm({}, {3, 3})), "wants 3 features; 2 arrive"));
  CHECK(contains(refusal(gemm({}, {2})), "operands of shapes [1, 2] and [2]"));
  CHECK(contains(refusal(gemm({onnx_float("transB", 1)}, {2, 3})), "has the wrong type"));
  auto rank = network({1, 2, 2});
  rank.tensor("W", {2, 2}, {1, 2, 3, 4}).node("Gemm", {"x", "W"}, {"y"});
  CHECK(contains(refusal(rank), "operands of shapes [1, 2, 2] and [2, 2]"));
  auto both = network({1, 1});
  both.node("Relu", {"x"}, {"a"}).node("Gemm", {"x", "a"}, {"y"});
  CHECK(contains(refusal(both), "operand 'a' depends on the network's input"));
  auto left = network({1, 1});
  left.tensor("W", {1, 1}, {1}).node("Gemm", {"W", "x"}, {"y"});
  CHECK(contains(refusal(left), "operand 'W' is a constant"));
}

TEST_CASE("a weight of integers is refused by its type") {
  auto net = network({1, 2});
  net.tensor(onnx_tensor("W", {2, 1}, std::vector<std::int64_t>{1, 2}));
  net.node("MatMul", {"x", "W"}, {"y"});
  CHECK(contains(refusal(net), "its constant 'W' holds numbers of type int64"));
  auto doubles = network({1, 2});
  doubles.doubles("W", {2, 1}, {0.1, 0.2}).node("MatMul", {"x", "W"}, {"y"});
  CHECK(value_of(doubles, {1, 1}) == Numbers{0.1 + 0.2});
}

TEST_CASE("MatMul acts on the last axis of a single row") {
  auto row = network({1, 1, 1, 2});
  row.tensor("W", {2, 3}, {1, 2, 3, 4, 5, 6}).node("MatMul", {"x", "W"}, {"y"});
  CHECK(value_of(row, {1, 10}) == Numbers{41, 52, 63});
  auto rows = network({1, 3, 2});
  rows.tensor("W", {2, 3}, {1, 2, 3, 4, 5, 6}).node("MatMul", {"x", "W"}, {"y"}, {}, "mm");
  CHECK(refusal(rows) ==
        "net.onnx: node 'mm' (MatMul): it acts on the last axis only, and its operand of shape "
        "[1, 3, 2] has more than one row; that is not supported");
  auto left = network({1, 2});
  left.tensor("W", {2, 1}, {1, 2}).node("MatMul", {"W", "x"}, {"y"});
  CHECK(contains(refusal(left), "a constant on the left is not supported"));
  auto wide = network({1, 2});
  wide.tensor("W", {3, 2}, {1, 2, 3, 4, 5, 6}).node("MatMul", {"x", "W"}, {"y"});
  CHECK(contains(refusal(wide), "wants 3 features; 2 arrive"));
  auto cube = network({1, 2});
  cube.tensor("W", {1, 2, 1}, {1, 2}).node("MatMul", {"x", "W"}, {"y"});
  CHECK(contains(refusal(cube), "a row and a matrix are"));
  auto product = network({1, 1});
  product.node("Relu", {"x"}, {"a"}).node("MatMul", {"a", "x"}, {"y"});
  CHECK(contains(refusal(product), "depends on the network's input"));
}

TEST_CASE("activations") {
  const auto of = [](const std::string& op, const std::vector<WireWriter>& attributes = {}) {
    auto net = network({1, 2});
    net.node(op, {"x"}, {"y"}, attributes);
    return net;
  };
  CHECK(value_of(of("Relu"), {-1, 2}) == Numbers{0, 2});
  CHECK(value_of(of("Tanh"), {-1, 2}) == Numbers{std::tanh(-1), std::tanh(2)});
  CHECK(value_of(of("Sigmoid"), {0, 0}) == Numbers{0.5, 0.5});
  CHECK(value_of(of("LeakyRelu", {onnx_float("alpha", 0.25f)}), {-1, 2}) == Numbers{-0.25, 2});
  const auto leaky = model_of(of("LeakyRelu")).steps.at(0);
  CHECK(leaky.activation == "LeakyReLU");
  CHECK(leaky.coefficients == Numbers{static_cast<double>(0.01f)});
  CHECK(contains(refusal(of("LeakyRelu", {onnx_float("alpha", -1)})),
                 "alpha = -1; 0 to 1 are supported"));
  CHECK(contains(refusal(of("LeakyRelu", {onnx_float("alpha", std::nanf(""))})),
                 "alpha = nan, which is not finite"));
  CHECK(value_of(of("HardSigmoid"), {-3, 9}) == Numbers{0, 1});
  const auto hard = of("HardSigmoid", {onnx_float("alpha", 0.25f), onnx_float("beta", -1)});
  CHECK(value_of(hard, {6, 2}) == Numbers{0.5, 0});
  CHECK(model_of(of("HardSigmoid")).steps.at(0).coefficients ==
        Numbers{static_cast<double>(0.2f), 0.5});
  CHECK(contains(refusal(of("HardSigmoid", {onnx_float("alpha", -0.5f)})),
                 "alpha = -0.5; 0 and above are supported"));
  auto two = network({1, 2});
  two.node("Relu", {"x", "x"}, {"y"});
  CHECK(contains(refusal(two), "has 2 operands where 1 are wanted"));
}

TEST_CASE("what only changes the shape leaves no layer") {
  for (const auto& net :
       {shaped("Flatten", {}), shaped("Flatten", {onnx_integer("axis", 0)}),
        shaped("Flatten", {onnx_integer("axis", 3)}), shaped("Flatten", {onnx_integer("axis", -1)}),
        shaped("Reshape", {}, {1, -1}), shaped("Reshape", {}, {-1, 6}),
        shaped("Reshape", {}, {0, 3, 2}), shaped("Reshape", {}, {6}),
        shaped("Reshape", {onnx_integers("shape", {1, 6})}), shaped("Squeeze", {}),
        shaped("Squeeze", {onnx_integers("axes", {0})}), shaped("Squeeze", {}, {-3}),
        shaped("Unsqueeze", {onnx_integers("axes", {1, -1})}), shaped("Unsqueeze", {}, {0}),
        shaped("Identity", {}), shaped("Dropout", {}), shaped("Cast", {onnx_integer("to", 1)}),
        shaped("Cast", {onnx_integer("to", 11)})}) {
    CHECK(model_of(net).steps.size() == 1);
    CHECK(value_of(net, {1, 2, 3, 4, 5, 6}) == Numbers{1, 2, 3, 4, 5, 6});
  }
}

TEST_CASE("shapes are exact: a later operator sees what a real run would see") {
  auto net = network({1, 2, 3});
  net.integers("to", {1, 3, 2}).tensor("W", {6, 1}, {1, 2, 3, 4, 5, 6});
  net.node("Reshape", {"x", "to"}, {"r"})
      .node("Unsqueeze", {"r"}, {"u"}, {onnx_integers("axes", {1})});
  net.node("Flatten", {"u"}, {"f"}, {onnx_integer("axis", 2)}).node("MatMul", {"f", "W"}, {"y"});
  CHECK(value_of(net, {1, 1, 1, 1, 1, 1}) == Numbers{21});
  auto rows = network({1, 2, 3});
  rows.tensor("W", {3, 1}, {1, 2, 3});
  rows.node("Flatten", {"x"}, {"f"}, {onnx_integer("axis", 2)}).node("MatMul", {"f", "W"}, {"y"});
  CHECK(contains(refusal(rows), "its operand of shape [2, 3] has more than one row"));
}

TEST_CASE("shapes that do not fit are refused with both") {
  CHECK(refusal(shaped("Reshape", {}, {1, 7})) ==
        "net.onnx: node 'shape' (Reshape): a tensor of shape [1, 2, 3] cannot become [1, 7]");
  for (const auto& shape : {std::vector<std::int64_t>{-1, -1}, {-1, 4}, {-2, 3}, {1, 2}, {7, -1}})
    CHECK(contains(refusal(shaped("Reshape", {}, shape)), "cannot become"));
  const std::int64_t huge = std::int64_t{1} << 62;
  CHECK(contains(refusal(shaped("Reshape", {}, {huge, huge, huge})), "cannot become"));
  CHECK(contains(refusal(shaped("Reshape", {onnx_integer("allowzero", 1)}, {0, -1})), "cannot"));
  CHECK(contains(refusal(shaped("Reshape", {})), "it has no shape"));
  CHECK(contains(refusal(shaped("Reshape", {}, std::vector<std::int64_t>(65, 1))), "integers"));
  CHECK(contains(refusal(shaped("Squeeze", {}, {1})),
                 "axis 1 of shape [1, 2, 3] is not of extent 1"));
  CHECK(contains(refusal(shaped("Squeeze", {}, {3})), "axis 3 does not exist"));
  CHECK(contains(refusal(shaped("Unsqueeze", {}, {0, 0})), "is added twice"));
  CHECK(contains(refusal(shaped("Unsqueeze", {})), "it has no axes"));
  CHECK(contains(refusal(shaped("Flatten", {onnx_integer("axis", 4)})), "axis 4 does not exist"));
  CHECK(contains(refusal(shaped("Cast", {onnx_integer("to", 7)})), "a cast to int64"));
  auto dynamic = network({1, 6});
  dynamic.node("Relu", {"x"}, {"a"}).node("Reshape", {"x", "a"}, {"y"});
  CHECK(contains(refusal(dynamic), "operand 'a' depends on the network's input"));
}

TEST_CASE("a Dropout that trains, or whose mask is used, is refused") {
  auto train = network({1, 2});
  train.tensor("r", {}, {0.5f}).tensor("t", {}, {1});
  train.node("Dropout", {"x", "r", "t"}, {"y"});
  CHECK(contains(refusal(train), "a training mode"));
  auto mask = network({1, 2});
  mask.node("Dropout", {"x"}, {"d", "m"}).node("Add", {"d", "m"}, {"y"});
  CHECK(contains(refusal(mask), "'m' is not the first output"));
}

TEST_CASE("Concat joins features in the order of its operands") {
  auto net = network({1, 2});
  net.tensor("W", {2, 1}, {1, 1}).node("MatMul", {"x", "W"}, {"s"}).node("Relu", {"x"}, {"r"});
  net.node("Concat", {"s", "x", "r"}, {"y"}, {onnx_integer("axis", -1)});
  CHECK(value_of(net, {-1, 3}) == Numbers{2, -1, 3, 0, 3});
  const auto model = model_of(net);
  REQUIRE(model.steps.size() == 1);
  CHECK(model.steps[0].kind == io::Step::Kind::concat);
  CHECK(model.steps[0].features == 5);
  CHECK(model.steps[0].branches.at(1).empty());
  auto one = network({1, 2});
  one.node("Concat", {"x"}, {"c"}, {onnx_integer("axis", 1)}).node("Relu", {"c"}, {"y"});
  CHECK(model_of(one).steps.size() == 1);
}

TEST_CASE("Concat on other axes, with constants or of unequal shapes is refused") {
  const auto of = [](std::int64_t axis) {
    auto net = network({1, 2, 3});
    return net.node("Concat", {"x", "x"}, {"y"}, {onnx_integer("axis", axis)});
  };
  CHECK(value_of(of(1), {1, 2, 3, 4, 5, 6}).size() == 12);
  CHECK(contains(refusal(of(0)), "on axis 0 is not supported"));
  CHECK(contains(refusal(of(2)), "on axis 2 is not supported"));
  CHECK(contains(refusal(of(3)), "axis 3 does not exist"));
  auto constant = network({1, 2});
  constant.tensor("c", {1, 2}, {1, 2});
  constant.node("Concat", {"x", "c"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(contains(refusal(constant), "operand 'c' is a constant"));
  auto unequal = network({1, 2, 3});
  unequal.node("Flatten", {"x"}, {"f"})
      .node("Concat", {"x", "f"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(contains(refusal(unequal), "operand 1 of shape [1, 6] does not match"));
  auto axis = network({1, 2});
  axis.node("Concat", {"x", "x"}, {"y"});
  CHECK(contains(refusal(axis), "it has no axis"));
}
