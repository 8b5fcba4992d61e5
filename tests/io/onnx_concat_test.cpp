// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_concat.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using io::OnnxShape;

}  // namespace

TEST_CASE("Concat joins features in the order of its operands") {
  auto net = network({1, 2});
  net.tensor("W", {2, 1}, {1, 1}).node("MatMul", {"x", "W"}, {"s"}).node("Relu", {"x"}, {"r"});
  net.node("Concat", {"s", "x", "r"}, {"y"}, {onnx_integer("axis", -1)});
  CHECK(value_of(net, {-1, 3}) == Numbers{2, -1, 3, 0, 3});
  const auto model = model_of(net);
  REQUIRE(steps_of(model).size() == 1);
  CHECK(steps_of(model)[0].kind == io::Step::Kind::concat);
  CHECK(steps_of(model)[0].features == 5);
  CHECK(steps_of(model)[0].branches.at(1).empty());
  auto one = network({1, 2});
  one.node("Concat", {"x"}, {"c"}, {onnx_integer("axis", 1)}).node("Relu", {"c"}, {"y"});
  CHECK(steps_of(model_of(one)).size() == 1);
}

TEST_CASE("Concat on any axis puts features in order") {
  const auto of = [](std::int64_t axis) {
    auto net = network({1, 2, 3});
    net.node("Relu", {"x"}, {"r"});
    return net.node("Concat", {"x", "r"}, {"y"}, {onnx_integer("axis", axis)});
  };
  const Numbers x = {1, 2, 3, -4, -5, -6};
  CHECK(value_of(of(0), x) == Numbers{1, 2, 3, -4, -5, -6, 1, 2, 3, 0, 0, 0});
  CHECK(value_of(of(1), x) == Numbers{1, 2, 3, -4, -5, -6, 1, 2, 3, 0, 0, 0});
  CHECK(value_of(of(2), x) == Numbers{1, 2, 3, 1, 2, 3, -4, -5, -6, 0, 0, 0});
  CHECK(model_of(of(1)).graph.layers.back().step.kind == io::Step::Kind::concat);
  CHECK(model_of(of(2)).graph.layers.back().step.kind == io::Step::Kind::gather);
  CHECK(contains(refusal(of(3)), "axis 3 does not exist"));
}

TEST_CASE("parts that are joined again as they were leave no layer") {
  auto net = network({1, 5});
  net.integers("sizes", {2, 3})
      .node("Split", {"x", "sizes"}, {"a", "b"}, {onnx_integer("axis", 1)});
  auto turned = net;
  net.node("Concat", {"a", "b"}, {"c"}, {onnx_integer("axis", 1)}).node("Relu", {"c"}, {"y"});
  CHECK(model_of(net).graph.size() == 2);
  turned.node("Concat", {"b", "a"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(value_of(turned, {1, 2, 3, 4, 5}) == Numbers{3, 4, 5, 1, 2});
}

TEST_CASE("Concat with constants") {
  auto net = network({2, 1});
  net.tensor("c", {2, 2}, {10, 20, 30, 40}).node("Relu", {"x"}, {"r"});
  net.node("Concat", {"r", "c", "x"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(value_of(net, {-1, 2}) == Numbers{0, 10, 20, -1, 2, 30, 40, 2});
  auto pick = network({1, 2});  // of what was joined only the constant is left
  pick.tensor("c", {1, 2}, {10, 20})
      .integers("i", {3})
      .node("Concat", {"x", "c"}, {"j"}, {onnx_integer("axis", 1)});
  pick.node("Gather", {"j", "i"}, {"g"}, {onnx_integer("axis", 1)}).node("Add", {"x", "g"}, {"y"});
  CHECK(value_of(pick, {1, 2}) == Numbers{21, 22});
  CHECK(model_of(pick).graph.size() == 2);
  auto lists = network({1, 6});
  lists.integers("a", {2}).integers("b", {-1}).node("Concat", {"a", "b"}, {"s"},
                                                    {onnx_integer("axis", 0)});
  lists.node("Reshape", {"x", "s"}, {"r"}).node("Relu", {"r"}, {"y"});
  CHECK(model_of(lists).output_tensors.at(0).shape == OnnxShape{2, 3});
  auto rounded = network({1, 2});
  rounded.doubles("c", {1, 1}, {1}).doubles("d", {}, {3}).node("Div", {"c", "d"}, {"third"});
  rounded.node("Concat", {"x", "third"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(contains(refusal(rounded), "no double holds it exactly"));
}

TEST_CASE("Concat of what is empty takes no time") {
  const std::int64_t far = std::int64_t{1} << 50;
  auto nothing = network({1});
  nothing.tensor(onnx_tensor("k", {far, 0}, 1))
      .node("Concat", {"k", "k"}, {"c"}, {onnx_integer("axis", 1)});
  nothing.node("Size", {"c"}, {"y"});
  CHECK(value_of(nothing, {1}) == Numbers{0});
  auto among = network({3, 1});
  among.tensor(onnx_tensor("k", {3, 0}, 1));
  among.node("Concat", {"k", "x", "k"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(value_of(among, {1, 2, 3}) == Numbers{1, 2, 3});
  auto beyond = network({1});
  beyond.tensor(onnx_tensor("k", {0, std::int64_t{1} << 60}, 1));
  beyond.node("Concat", {"k", "k", "k", "k", "k", "k", "k", "k"}, {"c"}, {onnx_integer("axis", 1)});
  CHECK(contains(refusal(beyond.node("Size", {"c"}, {"y"})), "more than 2^60 elements"));
}

TEST_CASE("Concat of unequal shapes or types, or without an axis, is refused") {
  auto unequal = network({1, 2, 3});
  unequal.node("Flatten", {"x"}, {"f"})
      .node("Concat", {"x", "f"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(contains(refusal(unequal), "operand 1 of shape [1, 6] does not match"));
  auto axis = network({1, 2});
  axis.node("Concat", {"x", "x"}, {"y"});
  CHECK(contains(refusal(axis), "it has no axis"));
  auto types = network({1, 2});
  types.integers("i", {1})
      .tensor("f", {1}, {1})
      .node("Concat", {"i", "f"}, {"c"}, {onnx_integer("axis", 0)});
  types.node("Add", {"x", "c"}, {"y"});
  CHECK(contains(refusal(types), "its operands are of several types"));
  auto whole = network({1, 1});
  whole.tensor(onnx_tensor("i", {1, 1}, std::vector<std::int64_t>{1}));
  whole.node("Concat", {"x", "i"}, {"y"}, {onnx_integer("axis", 1)});
  CHECK(contains(refusal(whole), "holds numbers of type int64"));
}
