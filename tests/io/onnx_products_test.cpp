// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_products.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using io::OnnxShape;

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

}  // namespace

TEST_CASE("Gemm stores its weight either way") {
  CHECK(value_of(gemm({onnx_integer("transB", 1)}, {3, 2}), {1, 10}) == Numbers{21, 43, 65});
  CHECK(value_of(gemm({}, {2, 3}), {1, 10}) == Numbers{41, 52, 63});
  const auto model = model_of(gemm({onnx_float("alpha", 1), onnx_float("beta", 1)}, {2, 3}));
  CHECK(steps_of(model).at(0).weight.transposed);
  CHECK(steps_of(model).at(0).weight.rows == 2);
  CHECK(steps_of(model).at(0).weight.columns == 3);
}

TEST_CASE("Gemm's bias broadcasts") {
  for (const auto& shape : {std::vector<std::int64_t>{3}, {1, 3}, {1}, {}, {1, 1}}) {
    const auto net = gemm({}, {2, 3}, shape, true);
    CHECK(value_of(net, {1, 10}) == Numbers{41.5, 52.5, 63.5});
    CHECK(steps_of(model_of(net)).at(0).bias.rows == 3);
  }
  CHECK(contains(refusal(gemm({}, {2, 3}, {2}, true)), "its bias 'b' of shape [2] does not fit 3"));
  CHECK(contains(refusal(gemm({}, {2, 3}, {3, 1}, true)), "does not fit"));
  CHECK(contains(refusal(gemm({}, {2, 3}, {1, 1, 3}, true)), "does not fit"));
}

TEST_CASE("Gemm's factors scale its product and its bias, exactly or with what that misses") {
  const auto with = [](float alpha, float beta) {
    return gemm({onnx_float("alpha", alpha), onnx_float("beta", beta)}, {2, 3}, {3}, true);
  };
  CHECK(value_of(with(0.5f, 1), {1, 10}) == Numbers{21, 26.5, 32});
  CHECK(value_of(with(1, 4), {1, 10}) == Numbers{43, 54, 65});
  CHECK(value_of(with(-2, 0), {1, 10}) == Numbers{-82, -104, -126});
  CHECK(model_of(with(1, 0)).graph.size() == 2);
  auto doubles = network({1, 2});
  doubles.doubles("W", {2, 1}, {1, 1}).doubles("b", {1}, {0.1});
  doubles.node("Gemm", {"x", "W", "b"}, {"y"}, {onnx_float("beta", 0.1f)});
  const auto model = model_of(doubles);
  CHECK(model.graph.layers.back().step.shift_error.at(0) > 0);
  CHECK(contains(refusal(with(std::nanf(""), 1)), "are not both finite"));
}

TEST_CASE("Gemm adds a tensor, also one that it has to stretch") {
  auto net = network({1, 2});
  net.tensor("W", {2, 2}, {1, 2, 3, 4}).tensor("w", {2, 1}, {1, 1});
  net.node("Gemm", {"x", "W", "x"}, {"a"}, {onnx_float("beta", 2)});
  net.node("MatMul", {"x", "w"}, {"s"}).node("Gemm", {"a", "W", "s"}, {"y"});
  // a = (1 + 30 + 2, 2 + 40 + 20), s = 11
  CHECK(value_of(net, {1, 10}) == Numbers{33 + 186 + 11, 66 + 248 + 11});
  auto wide = network({1, 2});
  wide.tensor("W", {2, 1}, {1, 1}).node("Gemm", {"x", "W", "x"}, {"y"});
  CHECK(contains(refusal(wide), "its bias 'x' of shape [1, 2] does not fit 1 outputs"));
}

TEST_CASE("Gemm takes either factor from the network, turned round or not") {
  const auto of = [](const std::vector<std::int64_t>& input,
                     const std::vector<std::int64_t>& weight, std::int64_t a, std::int64_t b,
                     bool left) {
    auto net = network(input);
    net.tensor("W", weight, {1, 2, 3, 4, 5, 6});
    return value_of(
        net.node("Gemm",
                 left ? std::vector<std::string>{"W", "x"} : std::vector<std::string>{"x", "W"},
                 {"y"}, {onnx_integer("transA", a), onnx_integer("transB", b)}),
        {1, 10});
  };
  CHECK(of({2, 1}, {2, 3}, 1, 0, false) == Numbers{41, 52, 63});
  CHECK(of({2, 1}, {3, 2}, 0, 0, true) == Numbers{21, 43, 65});
  CHECK(of({2, 1}, {2, 3}, 1, 0, true) == Numbers{41, 52, 63});
  CHECK(of({1, 2}, {3, 2}, 0, 1, true) == Numbers{21, 43, 65});
  CHECK(of({2, 1}, {1, 6}, 0, 0, false) == Numbers{1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60});
  auto rows = network({2, 2});
  rows.tensor("W", {1, 2}, {1, 2})
      .node("Gemm", {"x", "W"}, {"y"}, {onnx_integer("transA", 1), onnx_integer("transB", 1)});
  CHECK(value_of(rows, {1, 2, 10, 20}) == Numbers{21, 42});
}

TEST_CASE("Gemm with other shapes is refused") {
  CHECK(contains(refusal(gemm({onnx_integer("transA", 1)}, {2, 3})), "wants 2 features; 1 arrive"));
  CHECK(contains(refusal(gemm({onnx_integer("transB", 7)}, {2, 3})), "transB = 7"));
  CHECK(contains(refusal(gemm({}, {3, 3})), "wants 3 features; 2 arrive"));
  CHECK(contains(refusal(gemm({onnx_integer("transB", 1)}, {2, 3})), "wants 3 features; 2 arrive"));
  CHECK(contains(refusal(gemm({}, {2})), "operand 1 of shape [2] is not a matrix"));
  CHECK(contains(refusal(gemm({onnx_float("transB", 1)}, {2, 3})), "has the wrong type"));
  auto rank = network({1, 2, 2});
  rank.tensor("W", {2, 2}, {1, 2, 3, 4}).node("Gemm", {"x", "W"}, {"y"});
  CHECK(contains(refusal(rank), "operand 0 of shape [1, 2, 2] is not a matrix"));
}

TEST_CASE("MatMul of one row, one column, vectors, rows and stacks") {
  const auto of = [](const OnnxShape& input, const OnnxShape& weight,
                     const std::vector<std::string>& operands) {
    auto net = network(input);
    std::vector<float> numbers(static_cast<std::size_t>(io::extent(weight)));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i + 1);
    return net.tensor("W", weight, numbers).node("MatMul", operands, {"y"}, {}, "mm");
  };
  CHECK(value_of(of({1, 1, 1, 2}, {2, 3}, {"x", "W"}), {1, 10}) == Numbers{41, 52, 63});
  CHECK(value_of(of({2}, {2, 3}, {"x", "W"}), {1, 10}) == Numbers{41, 52, 63});
  CHECK(value_of(of({1, 2}, {1, 2, 3}, {"x", "W"}), {1, 10}) == Numbers{41, 52, 63});
  CHECK(value_of(of({1, 2}, {2}, {"x", "W"}), {1, 10}) == Numbers{21});
  CHECK(value_of(of({2, 1}, {3, 2}, {"W", "x"}), {1, 10}) == Numbers{21, 43, 65});
  CHECK(value_of(of({2}, {3, 2}, {"W", "x"}), {1, 10}) == Numbers{21, 43, 65});
  CHECK(value_of(of({2, 2}, {2}, {"W", "x"}), {1, 2, 10, 20}) == Numbers{21, 42});
  CHECK(value_of(of({2, 2}, {2, 1}, {"x", "W"}), {1, 2, 10, 20}) == Numbers{5, 50});
  CHECK(value_of(of({1, 2}, {2, 2, 1}, {"x", "W"}), {1, 10}) == Numbers{21, 43});
  CHECK(value_of(of({2, 1, 2}, {2, 2, 1}, {"x", "W"}), {1, 2, 10, 20}) == Numbers{5, 110});
  // What stays in the file, and what is made.
  const auto weight = [&](const OnnxWriter& net) {
    return model_of(net).graph.layers.at(1).step.weight;
  };
  CHECK(weight(of({1, 2}, {1, 2, 3}, {"x", "W"})).file != nullptr);
  CHECK(weight(of({2}, {3, 2}, {"W", "x"})).file != nullptr);
  CHECK(model_of(of({2, 1, 2}, {2, 2, 1}, {"x", "W"})).output_tensors.at(0).shape ==
        OnnxShape{2, 1, 1});
  CHECK(model_of(of({2, 2}, {2}, {"x", "W"})).output_tensors.at(0).shape == OnnxShape{2});
  CHECK(model_of(of({2}, {2}, {"x", "W"})).output_tensors.at(0).shape.empty());

  CHECK(contains(refusal(of({1, 2}, {3, 2}, {"x", "W"})), "wants 3 features; 2 arrive"));
  CHECK(contains(refusal(of({2, 1}, {2, 3}, {"W", "x"})), "wants 3 features; 2 arrive"));
  CHECK(contains(refusal(of({1, 2}, {}, {"x", "W"})), "a scalar is neither row nor matrix"));
  CHECK(contains(refusal(of({3, 1, 2}, {2, 2, 1}, {"x", "W"})), "do not fit together"));
  CHECK(contains(refusal(of({1, 2}, {2, 0}, {"x", "W"})), "a result of shape [1, 0]"));
  auto stack = network({1, 3});  // of 2^50 products without elements
  stack.tensor(onnx_tensor("W", {std::int64_t{1} << 50, 3, 0}, 1));
  stack.node("MatMul", {"x", "W"}, {"y"});
  CHECK(contains(refusal(stack), ", 1, 0] is not supported"));
}

TEST_CASE("rows times a matrix are a convolution over the rows, whose matrix stays in the file") {
  auto net = network({2, 3, 2});
  net.tensor("W", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}).tensor("b", {4}, {0, 0, 1, 1});
  net.node("MatMul", {"x", "W"}, {"m"}).node("Add", {"m", "b"}, {"a"}).node("Relu", {"a"}, {"y"});
  const auto model = model_of(net);
  REQUIRE(model.graph.size() == 5);  // turned round, multiplied, cut off, turned back
  const io::Step& product = model.graph.layers[2].step;
  CHECK(product.weight.file != nullptr);
  CHECK(product.weight.transposed);
  CHECK(product.bias.rows == 4);
  CHECK(product.geometry.in_channels == 2);
  CHECK(product.geometry.out_channels == 4);
  CHECK(product.geometry.columns.in == 6);
  CHECK(product.geometry.columns.out == 6);
  CHECK(product.geometry.groups == 1);
  const Numbers y = value(model, {1, 0, 0, 1, 1, 1, -1, 0, 0, -1, 2, 0});
  CHECK(y == Numbers{1, 2, 4, 5, 5, 6, 8, 9, 6, 8, 11, 13, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 7, 9});
  auto twice = network({3, 2});  // between two products nothing is turned
  twice.tensor("W", {2, 2}, {1, 2, 3, 4}).node("MatMul", {"x", "W"}, {"m"});
  twice.node("Relu", {"m"}, {"r"}).node("MatMul", {"r", "W"}, {"y"});
  CHECK(model_of(twice).graph.size() == 6);
  auto beside = network({3, 2});  // beside each other they share what turns their operand
  beside.tensor("V", {2, 2}, {1, 2, 3, 4}).tensor("W", {2, 2}, {5, 6, 7, 8});
  beside.node("MatMul", {"x", "V"}, {"v"}).node("MatMul", {"x", "W"}, {"w"});
  CHECK(model_of(beside.node("Add", {"v", "w"}, {"y"})).graph.size() == 6);
}

TEST_CASE("stacks of matrices are more channels of one matrix, and groups of a stack") {
  const auto of = [](const OnnxShape& input, const OnnxShape& weight, bool left) {
    auto net = network(input);
    std::vector<float> numbers(static_cast<std::size_t>(io::extent(weight)));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i + 1);
    return net.tensor("W", weight, numbers)
        .node("MatMul",
              left ? std::vector<std::string>{"W", "x"} : std::vector<std::string>{"x", "W"},
              {"y"});
  };
  const auto product = [](const OnnxWriter& net) {
    const auto model = model_of(net);
    for (const auto& layer : model.graph.layers)
      if (!layer.step.weight.empty()) return layer.step;
    return io::Step{};
  };
  CHECK(value_of(of({2, 2}, {2, 2, 1}, false), {1, 0, 0, 1}) == Numbers{1, 2, 3, 4});
  CHECK(product(of({2, 2}, {2, 2, 1}, false)).geometry.groups == 1);
  CHECK(value_of(of({2, 2, 2}, {2, 2, 1}, false), {1, 0, 0, 1, 1, 1, 2, 0}) == Numbers{1, 2, 7, 6});
  CHECK(product(of({2, 2, 2}, {2, 2, 1}, false)).geometry.groups == 2);
  CHECK(value_of(of({2, 2, 1}, {2, 1, 2}, true), {1, 2, 3, 4}) == Numbers{5, 25});
  CHECK(product(of({2, 2, 1}, {2, 1, 2}, true)).weight.file != nullptr);
  CHECK(value_of(of({2, 1}, {2, 1, 2}, true), {1, 10}) == Numbers{21, 43});
  CHECK(value_of(of({2, 2, 1}, {1, 2}, true), {1, 10, 2, 20}) == Numbers{21, 42});
}

TEST_CASE("products of two tensors that depend on the input") {
  const auto of = [](const std::string& op, const OnnxShape& to,
                     const std::vector<WireWriter>& attributes = {}) {
    auto net = network({2, 3});
    net.integers("to", to).tensor("one", {1}, {1}).node("Add", {"x", "one"}, {"a"});
    net.node("Reshape", {"a", "to"}, {"b"});
    return net.node(op, {"x", "b"}, {"y"}, attributes);
  };
  const Numbers x = {1, 2, 3, 4, 5, 6};
  // b = [2 3; 4 5; 6 7]
  CHECK(value_of(of("MatMul", {3, 2}), x) == Numbers{28, 34, 64, 79});
  CHECK(value_of(of("Gemm", {3, 2}), x) == Numbers{28, 34, 64, 79});
  CHECK(value_of(of("Gemm", {2, 3}, {onnx_integer("transB", 1), onnx_float("alpha", 2)}), x) ==
        Numbers{40, 76, 94, 184});
  CHECK(value_of(of("MatMul", {2, 3, 1}), x) == Numbers{20, 47, 38, 92});
  CHECK(contains(refusal(of("MatMul", {2, 3})), "operands of shapes [2, 3] and [2, 3]"));
  std::vector<io::Step::Kind> kinds;
  const auto model = model_of(of("MatMul", {3, 2}));
  for (const auto& layer : model.graph.layers) kinds.push_back(layer.step.kind);
  CHECK(kinds.back() == io::Step::Kind::sum);
  CHECK(kinds.at(kinds.size() - 2) == io::Step::Kind::multiply);
  auto square = network({1, 1});
  square.node("MatMul", {"x", "x"}, {"y"});
  CHECK(model_of(square).graph.layers.back().step.activation == "Square");
  auto wide = network({1, 5000});
  wide.node("MatMul", {"x", "x"}, {"y"});
  CHECK(contains(refusal(wide), "do not fit together"));
  auto outer = network({5000, 1});
  outer.node("Transpose", {"x"}, {"t"}).node("MatMul", {"x", "t"}, {"y"});
  CHECK(contains(refusal(outer), "[5000, 5000, 1] is not supported"));
}

TEST_CASE("a weight that no double holds exactly is charged factor by factor") {
  const auto of = [](double divisor) {
    auto net = network({1, 2});
    net.doubles("V", {2, 1}, {1, 2}).doubles("d", {}, {divisor});
    return net.node("Div", {"V", "d"}, {"W"}).node("MatMul", {"x", "W"}, {"y"});
  };
  CHECK(value_of(of(4), {1, 10}) == Numbers{5.25});
  CHECK(model_of(of(4)).graph.size() == 2);
  CHECK(value_of(of(3), {1, 10}).at(0) == doctest::Approx(7));
  const auto model = model_of(of(3));
  CHECK(model.graph.layers.at(1).step.scale_error.at(0) > 0);
  CHECK(model.graph.layers.back().step.kind == io::Step::Kind::sum);
}
