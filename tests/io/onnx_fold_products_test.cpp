// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_fold_products.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

// x + what a node makes of constants a [2, 2] and b [2, 2]
OnnxWriter added(const std::string& op, const std::vector<std::string>& operands,
                 const std::vector<WireWriter>& attributes = {}, double shift = 0) {
  auto net = network({2, 2});
  net.doubles("a", {2, 2}, {1, -2, 3, 4}).doubles("b", {2, 2}, {5 + shift, 6, 7, 8});
  net.tensor("c", {2}, {100, 200});
  return net.node(op, operands, {"k"}, attributes, "fold").node("Add", {"x", "k"}, {"y"});
}

}  // namespace

TEST_CASE("products, sums and ReLU of constants are constants") {
  const Numbers zero(4, 0);
  CHECK(value_of(added("MatMul", {"a", "b"}), zero) == Numbers{-9, -10, 43, 50});
  CHECK(
      value_of(added("Gemm", {"a", "b", "c"},
                     {onnx_integer("transB", 1), onnx_float("alpha", 2), onnx_float("beta", 0.5f)}),
               zero) == Numbers{50 - 14, 100 - 18, 50 + 78, 100 + 106});
  CHECK(value_of(added("Relu", {"a"}), zero) == Numbers{1, 0, 3, 4});
  CHECK(value_of(added("ReduceSum", {"a"}), zero) == Numbers{6, 6, 6, 6});
  CHECK(value_of(added("ReduceMean", {"a"}, {onnx_integers("axes", {0})}), zero) ==
        Numbers{2, 1, 2, 1});
  CHECK(model_of(added("MatMul", {"a", "b"})).graph.size() == 2);
}

TEST_CASE("what doubles miss of them is charged") {
  const auto errors = [](const OnnxWriter& net) {
    return model_of(net).graph.layers.at(1).step.shift_error;
  };
  CHECK(errors(added("MatMul", {"a", "b"})).empty());
  const auto off = added("MatMul", {"a", "b"}, {}, 0x1p-50);  // 3 b has a bit too many
  CHECK(errors(off).at(2) > 0);
  CHECK(errors(off).at(2) < 1e-13);
  auto third = network({1});
  third.doubles("one", {1}, {1}).doubles("three", {1}, {3}).node("Div", {"one", "three"}, {"t"});
  third.node("Neg", {"t"}, {"n"}).node("Relu", {"t"}, {"p"}).node("Relu", {"n"}, {"z"});
  third.node("Add", {"p", "z"}, {"s"}).node("Add", {"x", "s"}, {"y"});
  CHECK(errors(third).at(0) > 0);
  CHECK(errors(third).at(0) < 1e-15);
}

TEST_CASE("products of constants that do not fit are refused") {
  auto net = network({1});
  net.tensor("a", {2, 3}, std::vector<float>(6)).node("MatMul", {"a", "a"}, {"k"}, {}, "fold");
  CHECK(contains(refusal(net.node("Add", {"x", "k"}, {"y"})), "wants 3 features; 2 arrive"));
  auto nan = network({1});
  nan.tensor("a", {1}, {std::nanf("")}).node("Relu", {"a"}, {"k"}).node("Add", {"x", "k"}, {"y"});
  CHECK(contains(refusal(nan), "not finite"));
  auto whole = network({1});
  whole.integers("a", {1}).node("Relu", {"a"}, {"k"}).node("Add", {"x", "k"}, {"y"});
  CHECK(contains(refusal(whole), "holds numbers of type int64"));
}
