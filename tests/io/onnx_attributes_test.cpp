// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_attributes.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;

std::string said(const std::string& op, const std::vector<WireWriter>& attributes,
                 const io::Wanted& wanted = {}) {
  auto net = network({1, 2});
  return refusal(net.node(op, {"x"}, {"y"}, attributes, "n"), wanted);
}

std::string with_constant(const std::string& op, const std::vector<WireWriter>& attributes) {
  auto net = network({1, 2});
  return refusal(net.tensor("c", {2}, {1, 1}).node(op, {"x", "c"}, {"y"}, attributes, "n"));
}

void own(io::OnnxScope& scope) { scope.give_same(scope.variable(0), scope.operand(0).shape); }

}  // namespace

TEST_CASE("the attributes of every operator that is read are known") {
  const auto names = io::detail::onnx_attribute_names();
  const auto of_layers = io::detail::onnx_rules_of_layers();
  const auto of_constants = io::detail::onnx_rules_of_constants();
  for (const auto& [name, rule] : of_layers) CHECK_MESSAGE(names.contains(name), name);
  for (const auto& [name, rule] : of_constants) CHECK_MESSAGE(names.contains(name), name);
  for (const auto& [name, attributes] : names)
    CHECK_MESSAGE((name == "Constant" || of_layers.contains(name) || of_constants.contains(name)),
                  name);
}

TEST_CASE("an attribute that a rule does not know is refused by name") {
  CHECK(said("Relu", {onnx_integer("slope", 3)}) ==
        "net.onnx: node 'n' (Relu): its attribute 'slope' is not known; it may mean anything");
  CHECK(contains(with_constant("Add", {onnx_integer("broadcast", 1), onnx_integer("axis", 0)}),
                 "its attribute 'broadcast' is not known"));
  CHECK(contains(said("Flatten", {onnx_integer("axes", 1)}), "its attribute 'axes' is not known"));
  CHECK(contains(said("LeakyRelu", {onnx_float("beta", 1)}), "its attribute 'beta'"));
  CHECK(contains(said("Dropout", {onnx_integer("is_test", 0)}), "its attribute 'is_test'"));
  CHECK(said("Dropout", {onnx_float("ratio", 0.5f), onnx_integer("seed", 1)}).empty());
  CHECK(said("LeakyRelu", {onnx_float("alpha", 0.5f)}).empty());
  CHECK(said("HardSigmoid", {onnx_float("alpha", 0.5f), onnx_float("beta", 0.5f)}).empty());
  CHECK(said("Cast", {onnx_integer("to", 1), onnx_integer("saturate", 1)}).empty());
}

TEST_CASE("an attribute that is given twice is refused") {
  CHECK(contains(said("LeakyRelu", {onnx_float("alpha", 0.5f), onnx_float("alpha", 0.25f)}),
                 "its attribute 'alpha' is given twice"));
  auto two = network({1, 1});
  two.node("Constant", {}, {"c"}, {onnx_float("value_float", 1), onnx_integer("value_int", 2)});
  CHECK(contains(refusal(two.node("Add", {"x", "c"}, {"y"})), "more than one thing"));
}

TEST_CASE("the attributes of a caller's operator are its own matter") {
  CHECK(said("Own", {onnx_integer("depth", 3)}, {.operators = {{"Own", own}}}).empty());
  CHECK(contains(said("Own", {onnx_integer("depth", 3)}), "this operator is not supported"));
}
