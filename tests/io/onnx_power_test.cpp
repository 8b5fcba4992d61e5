// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_power.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

OnnxWriter power(const std::vector<float>& c, bool base = false) {
  auto net = network({1, 2});
  net.tensor("c", c.size() == 1 ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{2}, c);
  return net.node(
      "Pow", base ? std::vector<std::string>{"c", "x"} : std::vector<std::string>{"x", "c"}, {"y"});
}

std::string function(float exponent) {
  return model_of(power({exponent})).graph.layers.back().step.activation;
}

}  // namespace

TEST_CASE("exponents that have a function of their own") {
  CHECK(function(2) == "Square");
  CHECK(function(0.5f) == "Sqrt");
  CHECK(function(-1) == "Reciprocal");
  CHECK(function(3) == "Power");
  CHECK(model_of(power({3})).graph.layers.back().step.coefficients == Numbers{3});
  CHECK(value_of(power({1}), {3, 4}) == Numbers{3, 4});
  CHECK(value_of(power({2}), {3, -4}) == Numbers{9, 16});
  CHECK(value_of(power({3}), {3, -4}) == Numbers{27, -64});
  CHECK(value_of(power({0.5f}), {9, 4}) == Numbers{3, 2});
  auto whole = network({1, 2});
  whole.integers("c", {2}).node("Pow", {"x", "c"}, {"y"});
  CHECK(value_of(whole, {3, 4}) == Numbers{9, 16});
}

TEST_CASE("features with exponents of their own are raised apart") {
  CHECK(value_of(power({2, 3}), {3, -2}) == Numbers{9, -8});
  CHECK(value_of(power({3, 1}), {2, 5}) == Numbers{8, 5});
  auto wide = network({2, 1});
  wide.tensor("c", {2}, {-1, 2}).node("Pow", {"x", "c"}, {"y"});
  CHECK(value_of(wide, {2, 4}) == Numbers{0.5, 4, 0.25, 16});
}

TEST_CASE("an exponent of 0 makes 1 of whatever it meets") {
  CHECK(value_of(power({0}), {3, -4}) == Numbers{1, 1});
  CHECK(value_of(power({-0.0f, 2}), {0, -4}) == Numbers{1, 16});
  auto mixed = network({1});
  mixed.tensor("c", {1}, {5}).tensor("e", {2}, {0, 1});
  mixed.node("Concat", {"x", "c"}, {"j"}, {onnx_integer("axis", 0)});
  CHECK(value_of(mixed.node("Pow", {"j", "e"}, {"y"}), {7}) == Numbers{1, 5});
}

TEST_CASE("a constant base is charged with its logarithm") {
  const Numbers y = value_of(power({2}, true), {3, -1});
  CHECK(y.at(0) == doctest::Approx(8));
  CHECK(y.at(1) == doctest::Approx(0.5));
  const auto model = model_of(power({2}, true));
  CHECK(model.graph.layers.at(1).step.scale == Numbers{std::log(2.0), std::log(2.0)});
  CHECK(model.graph.layers.at(1).step.scale_error.at(0) > 0);
  CHECK(model.graph.layers.at(2).step.activation == "Exp");
  CHECK(value_of(power({1}, true), {3, -1}) == Numbers{1, 1});
  CHECK(contains(refusal(power({0}, true)), "a base of 0.000000 is not supported"));
  CHECK(contains(refusal(power({-2, 3}, true)), "a base of -2.000000"));
}

TEST_CASE("exponents that are not numbers, or depend on the input, are refused") {
  CHECK(contains(refusal(power({std::nanf("")})), "an exponent of nan"));
  CHECK(contains(refusal(power({1, INFINITY})), "an exponent of inf"));
  auto whole = network({1, 2});
  whole.integers("c", {2}).node("Pow", {"c", "x"}, {"y"}, {}, "pow");
  CHECK(refusal(whole) ==
        "net.onnx: node 'pow' (Pow): its constant 'c' holds numbers of type int64; float and "
        "double are supported");
  auto both = network({1, 2});
  both.node("Relu", {"x"}, {"r"}).node("Pow", {"r", "x"}, {"y"});
  CHECK(
      contains(refusal(both), "operand 'x' depends on the network's input, and so does its base"));
}
