// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_scope.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound::io;

std::string message(const auto& action) {
  try {
    action();
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

// A node over a variable "x" of shape [1, 4] and a constant "c" of shape [4].
struct Fixture {
  Fixture() {
    constant.name = "c";
    constant.type = OnnxType::float32;
    constant.shape = {constant.elements = 4};
    constant.numbers = {1, 2, 3, 4};
    scope.set_inputs(4);
    scope.define("x", {{1, 4}, nullptr, 0});
    scope.define("c", {constant.shape, &constant});
    node.index = 7;
    node.op_type = "Op";
    node.inputs = {"x", "c", "", "nowhere"};
    node.outputs = {"y"};
    scope.enter(node);
  }
  std::shared_ptr<const InputFile> file =
      std::make_shared<const InputFile>(InputFile::from_bytes("", "f.onnx"));
  OnnxTensor constant;
  OnnxNode node;
  OnnxScope scope{file};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "operands are constants or variables, and are asked for as such") {
  CHECK(scope.has(0));
  CHECK_FALSE(scope.has(2));
  CHECK_FALSE(scope.has(9));
  CHECK(scope.variable(0).features() == 4);
  CHECK(scope.constant(1).name == "c");
  const std::string opening = "f.onnx: node '#7' (Op): ";
  CHECK(message([&] { scope.constant(0); }).starts_with(opening + "operand 'x' depends on"));
  CHECK(message([&] { scope.variable(1); }).starts_with(opening + "operand 'c' is a constant"));
  CHECK(message([&] { scope.operand(2); }) == opening + "operand 2 is missing");
  CHECK(message([&] { scope.operand(3); }).starts_with(opening + "its operand 'nowhere' is not"));
  CHECK(message([&] { scope.want_operands(1, 3); }) ==
        opening + "has 4 operands where 1 to 3 are wanted");
}

TEST_CASE_FIXTURE(Fixture, "attributes have a type, and axes a range") {
  OnnxAttribute axis;
  axis.name = "axis", axis.kind = OnnxAttribute::Kind::integer, axis.integer = -1;
  node.attributes.push_back(axis);
  CHECK(scope.integer("axis", 3) == -1);
  CHECK(scope.integer("other", 3) == 3);
  CHECK(scope.number("other", 0.5) == 0.5);
  CHECK_FALSE(scope.integers("axes", 2).has_value());
  CHECK(message([&] { scope.number("axis", 1); }).ends_with("'axis' has the wrong type"));
  CHECK(scope.axis(-1, 3) == 2);
  CHECK(
      message([&] { scope.axis(3, 3); }).ends_with("axis 3 does not exist in a tensor of 3 axes"));
}

TEST_CASE_FIXTURE(Fixture, "results are layers, other shapes of the same tensor, or constants") {
  io::Step step;
  step.kind = io::Step::Kind::activation;
  scope.give_layer(step, {0}, {1, 4});
  CHECK(scope.find("y")->layer == 1);
  node.outputs = {"z"};
  scope.give_same(*scope.find("y"), {4});
  CHECK(scope.find("z")->layer == 1);
  CHECK(scope.find("z")->shape == OnnxShape{4});
  CHECK(message([&] { scope.give(scope.made_constant(constant, {4})); }) ==
        "f.onnx: tensor 'z' is defined twice");
  node.outputs = {""};
  CHECK(message([&] {
          scope.give(scope.made_constant(constant, {4}));
        }).ends_with("its output has no name"));
  node.outputs = {"w"};
  CHECK_FALSE(message([&] { scope.give_layer(step, {0}, {1, 1 << 25}); }).empty());
  CHECK_FALSE(message([&] { scope.give_layer(step, {0}, {1, 0}); }).empty());
  CHECK_FALSE(message([&] { scope.count_spread(OnnxScope::spread_limit + 1); }).empty());
  const LayerGraph graph = scope.take_layers();
  CHECK(graph.layers.at(1).step.node == "#7");
  CHECK(graph.layers.at(1).step.tensor == "y");
  CHECK(graph.layers.at(1).step.features == 4);
}
