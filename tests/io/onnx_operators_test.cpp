// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_operators.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

}  // namespace

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
  const auto leaky = steps_of(model_of(of("LeakyRelu"))).at(0);
  CHECK(leaky.activation == "LeakyReLU");
  CHECK(leaky.coefficients == Numbers{static_cast<double>(0.01f)});
  CHECK(contains(refusal(of("LeakyRelu", {onnx_float("alpha", -1)})),
                 "alpha = -1; 0 to 1 are supported"));
  CHECK(contains(refusal(of("LeakyRelu", {onnx_float("alpha", std::nanf(""))})),
                 "alpha = nan, which is not finite"));
  CHECK(value_of(of("HardSigmoid"), {-3, 9}) == Numbers{0, 1});
  const auto hard = of("HardSigmoid", {onnx_float("alpha", 0.25f), onnx_float("beta", -1)});
  CHECK(value_of(hard, {6, 2}) == Numbers{0.5, 0});
  CHECK(steps_of(model_of(of("HardSigmoid"))).at(0).coefficients ==
        Numbers{static_cast<double>(0.2f), 0.5});
  CHECK(contains(refusal(of("HardSigmoid", {onnx_float("alpha", -0.5f)})),
                 "alpha = -0.5; 0 and above are supported"));
  auto two = network({1, 2});
  two.node("Relu", {"x", "x"}, {"y"});
  CHECK(contains(refusal(two), "has 2 operands where 1 are wanted"));
}

TEST_CASE("what changes nothing leaves no layer") {
  const auto of = [](const std::string& op, const std::vector<WireWriter>& attributes = {}) {
    auto net = network({1, 2});
    return net.node(op, {"x"}, {"r"}, attributes).node("Relu", {"r"}, {"y"});
  };
  for (const auto& net : {of("Identity"), of("Dropout"), of("Cast", {onnx_integer("to", 1)}),
                          of("Cast", {onnx_integer("to", 11)})}) {
    CHECK(model_of(net).graph.size() == 2);
    CHECK(value_of(net, {1, 2}) == Numbers{1, 2});
  }
  CHECK(contains(refusal(of("Cast", {onnx_integer("to", 7)})), "a cast to int64"));
  CHECK(contains(refusal(of("Cast", {onnx_integer("to", 10)})), "a cast to float16"));
}

TEST_CASE("a Dropout that trains, or whose mask is used, is refused") {
  const auto dropout = [](const WireWriter& training) {
    auto net = network({1, 2});
    net.tensor("r", {}, {0.5f}).tensor(training);
    return net.node("Dropout", {"x", "r", "t"}, {"d"}).node("Relu", {"d"}, {"y"});
  };
  CHECK(value_of(dropout(onnx_tensor("t", {}, 9).integer(5, 0)), {1, -2}) == Numbers{1, 0});
  CHECK(value_of(dropout(onnx_tensor("t", {}, 9).bytes(9, std::string(1, '\0'))), {1, 2}) ==
        Numbers{1, 2});
  CHECK(contains(refusal(dropout(onnx_tensor("t", {}, 9).integer(5, 1))), "a training mode"));
  CHECK(contains(refusal(dropout(onnx_tensor("t", {}, 9).integer(5, 2))),
                 "not a number of type bool"));
  CHECK(contains(refusal(dropout(onnx_tensor("t", {}, std::vector<float>{0}))),
                 "is not one boolean"));
  auto mask = network({1, 2});
  mask.node("Dropout", {"x"}, {"d", "m"}).node("Add", {"d", "m"}, {"y"});
  CHECK(contains(refusal(mask), "its operand 'm' is not computed by any node, or is an output"));
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

TEST_CASE("weights of sixteen bits are read exactly") {
  for (const auto& [type, bits] :
       {std::pair<int, std::vector<std::uint16_t>>{10, {0x3e00, 0xc000}}, {16, {0x3fc0, 0xc000}}}) {
    auto raw = network({1, 2});
    raw.tensor(onnx_tensor("W", {2, 1}, type).bytes(9, packed(bits)));
    CHECK(value_of(raw.node("MatMul", {"x", "W"}, {"y"}), {1, 10}) == Numbers{1.5 - 20});
    auto listed = network({1, 2});
    listed.tensor(onnx_tensor("W", {2, 1}, type).integer(5, bits[0]).integer(5, bits[1]));
    CHECK(value_of(listed.node("MatMul", {"x", "W"}, {"y"}), {1, 10}) == Numbers{1.5 - 20});
  }
}
