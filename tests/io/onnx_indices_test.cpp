// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_indices.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using io::OnnxShape;

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

TEST_CASE("what only changes the shape leaves no layer") {
  for (const auto& net :
       {shaped("Flatten", {}), shaped("Flatten", {onnx_integer("axis", 0)}),
        shaped("Flatten", {onnx_integer("axis", 3)}), shaped("Flatten", {onnx_integer("axis", -1)}),
        shaped("Reshape", {}, {1, -1}), shaped("Reshape", {}, {-1, 6}),
        shaped("Reshape", {}, {0, 3, 2}), shaped("Reshape", {}, {6}),
        shaped("Reshape", {onnx_integers("shape", {1, 6})}), shaped("Squeeze", {}),
        shaped("Squeeze", {onnx_integers("axes", {0})}), shaped("Squeeze", {}, {-3}),
        shaped("Unsqueeze", {onnx_integers("axes", {1, -1})}), shaped("Unsqueeze", {}, {0}),
        shaped("Transpose", {onnx_integers("perm", {1, 2, 0})})}) {
    CHECK(steps_of(model_of(net)).size() == 1);
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
  CHECK(value_of(rows, {1, 1, 1, 0, 0, 2}) == Numbers{6, 6});
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
  CHECK(contains(refusal(shaped("Squeeze", {onnx_integers("axes", {})})), "a list of no axes"));
  CHECK(contains(refusal(shaped("Unsqueeze", {}, {0, 0})), "is added twice"));
  CHECK(contains(refusal(shaped("Unsqueeze", {})), "it has no axes"));
  CHECK(contains(refusal(shaped("Flatten", {onnx_integer("axis", 4)})), "axis 4 does not exist"));
  auto dynamic = network({1, 6});
  dynamic.node("Relu", {"x"}, {"a"}).node("Reshape", {"x", "a"}, {"y"});
  CHECK(contains(refusal(dynamic), "operand 'a' depends on the network's input"));
}

TEST_CASE("Transpose orders axes, and is a layer only where something reads it") {
  auto net = network({1, 2, 3});
  net.node("Transpose", {"x"}, {"t"}, {onnx_integers("perm", {0, 2, 1})}, "turn");
  auto back = net;
  net.node("Relu", {"t"}, {"y"}, {}, "reads");
  CHECK(value_of(net, {1, 2, 3, 4, 5, 6}) == Numbers{1, 4, 2, 5, 3, 6});
  // What works feature by feature is applied before, and the order left to whoever reads it.
  const auto model = model_of(net);
  REQUIRE(model.graph.size() == 3);
  CHECK(model.graph.layers[1].step.activation == "ReLU");
  CHECK(model.graph.layers[2].step.kind == io::Step::Kind::gather);
  CHECK(model.graph.layers[2].step.tensor == "y");
  CHECK(model.graph.layers[2].step.indices == std::vector<std::int32_t>{0, 3, 1, 4, 2, 5});
  CHECK(model.graph.layers[2].step.fill.empty());
  back.node("Transpose", {"t"}, {"u"}, {onnx_integers("perm", {0, 2, 1})})
      .node("Relu", {"u"}, {"y"});
  CHECK(model_of(back).graph.size() == 2);
  auto reversed = network({2, 3});
  reversed.node("Transpose", {"x"}, {"y"});
  CHECK(value_of(reversed, {1, 2, 3, 4, 5, 6}) == Numbers{1, 4, 2, 5, 3, 6});
  CHECK(contains(refusal(shaped("Transpose", {onnx_integers("perm", {0, 1, 1})})), "axis 1 twice"));
  CHECK(contains(refusal(shaped("Transpose", {onnx_integers("perm", {0, 1})})), "does not order"));
  CHECK(contains(refusal(shaped("Transpose", {onnx_integers("perm", {0, 1, 3})})),
                 "axis 3 does not"));
}

TEST_CASE("a selection of many features costs no more than their indices") {
  auto net = network({2, 300'000});
  net.node("Transpose", {"x"}, {"t"}).node("Relu", {"t"}, {"y"}, {}, "reads");
  CHECK(model_of(net).graph.layers.back().step.indices.size() == 600'000);
}

TEST_CASE("constants and sums go before an order that all of their operands share") {
  auto net = network({2, 3});
  net.tensor("c", {3, 2}, {1, 2, 3, 4, 5, 6}).node("Relu", {"x"}, {"r"});
  net.node("Transpose", {"x"}, {"a"}).node("Transpose", {"r"}, {"b"});
  net.node("Add", {"a", "c"}, {"d"}).node("Mul", {"d", "b"}, {"p"}).node("Add", {"p", "b"}, {"s"});
  net.node("Transpose", {"s"}, {"y"});
  const auto model = model_of(net);
  for (const auto& layer : model.graph.layers) CHECK(layer.step.kind != io::Step::Kind::gather);
  // y = (x + c^T) relu(x) + relu(x)
  CHECK(value(model, {1, -2, 3, 4, 5, -6}) == Numbers{3, 0, 27, 28, 50, 0});
}

TEST_CASE("Slice from start to end in steps, either way") {
  const auto of = [](const std::vector<std::vector<std::int64_t>>& lists) {
    auto net = network({2, 4});
    std::vector<std::string> operands = {"x"};
    for (const auto& list : lists) {
      operands.push_back("l" + std::to_string(operands.size()));
      net.integers(operands.back(), list);
    }
    return net.node("Slice", operands, {"y"});
  };
  const Numbers x = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = -most - 1;
  CHECK(value_of(of({{1}, {3}, {1}}), x) == Numbers{1, 2, 5, 6});
  CHECK(value_of(of({{0, 1}, {1, 100}}), x) == Numbers{1, 2, 3});
  CHECK(value_of(of({{-1}, {least}, {-1}, {-2}}), x) == Numbers{3, 1, 7, 5});
  CHECK(value_of(of({{most}, {least}, {0}, {least}}), x) == Numbers{4, 5, 6, 7});
  CHECK(value_of(of({{0}, {most}, {1}, {most}}), x) == Numbers{0, 4});
  CHECK(value_of(of({{-10}, {least}, {1}, {-1}}), x) == Numbers{0, 4});
  CHECK(value_of(of({{-10}, {least}, {1}, {-2}}), x) == Numbers{0, 4});
  CHECK(contains(refusal(of({{-10}, {0}, {1}, {-1}})), "a result of shape [2, 0]"));
  auto old = network({2, 4});
  old.node("Slice", {"x"}, {"y"},
           {onnx_integers("starts", {1}), onnx_integers("ends", {2}), onnx_integers("axes", {-1})});
  CHECK(value_of(old, x) == Numbers{1, 5});
  CHECK(contains(refusal(of({{3}, {1}, {1}})), "a result of shape [2, 0] is not supported"));
  CHECK(contains(refusal(of({{0}, {1}, {2}})), "axis 2 does not exist"));
  CHECK(contains(refusal(of({{0, 0}, {1, 1}, {1, -1}})), "axis 1 is sliced twice"));
  CHECK(contains(refusal(of({{0}, {1}, {1}, {0}})), "a step of 0"));
  CHECK(contains(refusal(of({{0}, {1, 2}})), "do not belong together"));
  CHECK(contains(refusal(of({{0, 0, 0}, {1, 1, 1}})), "do not belong together"));
  CHECK(contains(refusal(of({{0}})), "no starts or no ends"));
}

TEST_CASE("Slice of constants that are empty or far between") {
  const auto of = [](const OnnxShape& shape, const std::vector<std::int64_t>& start,
                     const std::vector<std::int64_t>& step) {
    auto net = network({1});
    net.tensor(onnx_tensor("k", shape, 1)).integers("s", start).integers("e", {9});
    net.integers("a", {1}).integers("t", step).node("Slice", {"k", "s", "e", "a", "t"}, {"z"});
    return value_of(net.node("Size", {"z"}, {"y"}), {1});
  };
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(of({0, 1, std::int64_t{1} << 40}, {0}, {most}) == Numbers{0});
  CHECK(of({1, 0}, {0}, {-1}) == Numbers{0});
  CHECK(of({1, 0}, {-9}, {most}) == Numbers{0});
}

TEST_CASE("Gather picks along an axis by constant indices") {
  const auto of = [](const OnnxShape& shape, const std::vector<std::int64_t>& indices,
                     std::int64_t axis) {
    auto net = network({2, 3});
    net.tensor(onnx_tensor("i", shape, indices));
    return net.node("Gather", {"x", "i"}, {"y"}, {onnx_integer("axis", axis)});
  };
  const Numbers x = {0, 1, 2, 3, 4, 5};
  CHECK(value_of(of({2}, {2, -3}, 1), x) == Numbers{2, 0, 5, 3});
  CHECK(value_of(of({}, {1}, 0), x) == Numbers{3, 4, 5});
  CHECK(model_of(of({}, {1}, 0)).output_tensors.at(0).shape == OnnxShape{3});
  CHECK(value_of(of({1, 2}, {0, 0}, -1), x) == Numbers{0, 0, 3, 3});
  CHECK(model_of(of({1, 2}, {0, 0}, -1)).output_tensors.at(0).shape == OnnxShape{2, 1, 2});
  CHECK(contains(refusal(of({1}, {3}, 1)), "index 3 does not exist on an axis of 3"));
  CHECK(contains(refusal(of({1}, {-4}, 1)), "index -4 does not exist"));
  CHECK(contains(refusal(of({1}, {0}, 2)), "axis 2 does not exist"));
  auto empty = network({1});  // 2^50 rows of nothing
  empty.tensor(onnx_tensor("k", {std::int64_t{1} << 50, 1, 0}, 1)).integers("i", {0});
  empty.node("Gather", {"k", "i"}, {"g"}, {onnx_integer("axis", 1)}).node("Size", {"g"}, {"y"});
  CHECK(value_of(empty, {1}) == Numbers{0});
  auto varying = network({1, 3});
  varying.node("Relu", {"x"}, {"i"}).node("Gather", {"x", "i"}, {"y"});
  CHECK(contains(refusal(varying), "operand 'i' depends on the network's input"));
  auto floats = network({1, 3});
  floats.tensor("i", {1}, {0}).node("Gather", {"x", "i"}, {"y"});
  CHECK(contains(refusal(floats), "numbers of type float where integers are wanted"));
}

TEST_CASE("Split gives every part its name") {
  const auto of = [](const std::vector<WireWriter>& attributes,
                     const std::vector<std::int64_t>& sizes,
                     const std::vector<std::string>& outputs) {
    auto net = network({1, 5});
    std::vector<std::string> operands = {"x"};
    if (!sizes.empty()) {
      net.integers("sizes", sizes);
      operands.push_back("sizes");
    }
    net.node("Split", operands, outputs, attributes);
    return net.node("Relu", {outputs.back()}, {"y"});
  };
  const WireWriter axis = onnx_integer("axis", -1);
  CHECK(value_of(of({axis}, {2, 3}, {"a", "b"}), {1, 2, 3, 4, 5}) == Numbers{3, 4, 5});
  CHECK(value_of(of({axis, onnx_integers("split", {4, 1})}, {}, {"a", "b"}), {1, 2, 3, 4, 5}) ==
        Numbers{5});
  CHECK(value_of(of({axis}, {}, {"", "", "", "", "e"}), {1, 2, 3, 4, 5}) == Numbers{5});
  CHECK(value_of(of({axis, onnx_integer("num_outputs", 2)}, {}, {"a", "b"}), {1, 2, 3, 4, 5}) ==
        Numbers{4, 5});
  CHECK(contains(refusal(of({axis}, {}, {"a", "b"})), "cannot be split evenly into 2"));
  CHECK(contains(refusal(of({axis}, {2, 2}, {"a", "b"})), "cannot be split into [2, 2]"));
  CHECK(contains(refusal(of({axis}, {6, -1}, {"a", "b"})), "cannot be split into [6, -1]"));
  CHECK(contains(refusal(of({axis}, {5}, {"a", "b"})), "for 2 outputs"));
  CHECK(contains(refusal(of({axis, onnx_integer("num_outputs", 2)}, {2, 3}, {"a", "b"})),
                 "its parts are given twice"));
  CHECK(contains(refusal(of({axis, onnx_integers("split", {2, 3})}, {2, 3}, {"a", "b"})),
                 "'split' is given twice"));
  CHECK(contains(refusal(of({axis, onnx_integer("num_outputs", 4)}, {}, {"a", "b", "c", "d"})),
                 "has no 4 parts"));
}

TEST_CASE("Expand repeats features") {
  const auto of = [](const std::vector<std::int64_t>& shape) {
    auto net = network({1, 2});
    return net.integers("s", shape).node("Expand", {"x", "s"}, {"y"});
  };
  CHECK(value_of(of({2, 1}), {1, 2}) == Numbers{1, 2, 1, 2});
  CHECK(value_of(of({1}), {1, 2}) == Numbers{1, 2});
  CHECK(model_of(of({2, 1, 1})).output_tensors.at(0).shape == OnnxShape{2, 1, 2});
  CHECK(contains(refusal(of({3})), "do not fit together"));
  CHECK(contains(refusal(of({-1, 2})), "a shape of [-1, 2] is not supported"));
  CHECK_FALSE(refusal(of({std::int64_t{1} << 40, 1})).empty());
  CHECK_FALSE(refusal(of({1 << 24, 1})).empty());
}
