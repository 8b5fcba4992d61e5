// SPDX-License-Identifier: BSD-3-Clause

// Which tensors of a file become the input and the output of a network.

#include <shardbound/io/onnx_lower.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("several inputs are one, in the order of the file") {
  OnnxWriter net;
  net.input("a", {1, 2}).input("b", {2}).output("y", {1, 2}).node("Sub", {"b", "a"}, {"y"});
  const auto model = model_of(net);
  CHECK(model.inputs == 4);
  CHECK(model.input_name() == "a, b");
  CHECK(model.input_tensors.at(1).first == 2);
  CHECK(model.input_tensors.at(1).shape == std::vector<std::int64_t>{2});
  CHECK(value_of(net, {1, 2, 30, 50}) == std::vector<double>{29, 48});
}

TEST_CASE("inputs that no node needs belong to a network whose property has them") {
  OnnxWriter net;
  net.input("keep", {}).input("x", {1, 2}).output("y", {1, 2}).node("Relu", {"x"}, {"y"});
  net.input("open", {1, -1});  // of no known size, and not needed
  CHECK(model_of(net).inputs == 2);
  OnnxWriter two;
  two.input("keep", {}).input("x", {1, 2}).output("y", {1, 2}).node("Relu", {"x"}, {"y"});
  const auto inputs = [&](std::int64_t wanted) { return model_of(two, {.inputs = wanted}).inputs; };
  CHECK(inputs(0) == 2);
  CHECK(inputs(2) == 2);
  CHECK(inputs(3) == 3);
  CHECK(inputs(7) == 2);
  const auto all = model_of(two, {.inputs = 3});
  CHECK(all.input_tensors.at(1).first == 1);
  CHECK(value(all, {9, -1, 4}) == std::vector<double>{0, 4});
}

TEST_CASE("several outputs: the one that a property fits, or those that are named") {
  OnnxWriter net;
  net.input("x", {1, 2}).output("y", {1, 2}).output("z", {-1, 4});
  net.tensor("W", {2, 4}, {1, 0, 0, 0, 0, 1, 0, 2}).tensor("c", {2}, {1, 2});
  net.node("Add", {"x", "c"}, {"h"})
      .node("Mul", {"h", "c"}, {"y"})
      .node("MatMul", {"y", "W"}, {"z"});
  CHECK(refusal(net) ==
        "net.onnx: has 2 outputs, 'y' [1, 2], 'z' [-1, 4]. Fix: choose with --output");
  CHECK(value(model_of(net, {.features = 4}), {1, 1}) == std::vector<double>{2, 6, 0, 12});
  CHECK(value(model_of(net, {.features = 2}), {1, 1}) == std::vector<double>{2, 6});
  CHECK(contains(refusal(net, {.features = 3}), "none of 3 elements. Fix: choose with --output"));
  // h is in the middle of a run of constants, which ends in a matrix: it is there all the same.
  const auto model = model_of(net, {{"z", "x", "h"}});
  CHECK(value(model, {1, 1}) == std::vector<double>{2, 6, 0, 12, 1, 1, 2, 3});
  REQUIRE(model.output_tensors.size() == 3);
  CHECK(model.output_tensors[0].name == "z");
  CHECK(model.output_tensors[0].type == io::OnnxType::float32);
  CHECK(model.output_tensors[0].shape == std::vector<std::int64_t>{1, 4});
  CHECK(model.output_tensors[0].declared == std::vector<std::int64_t>{-1, 4});
  CHECK(model.output_tensors[1].first == 4);
  CHECK(model.output_tensors[2].first == 6);
  CHECK(model.output_tensors[2].declared.empty());
  CHECK(value(model_of(net, {{"h"}}), {1, 1}) == std::vector<double>{2, 3});
  CHECK(value(model_of(net, {{"x"}}), {1, 5}) == std::vector<double>{1, 5});
  CHECK(value(model_of(net, {{"y", "y"}}), {1, 1}) == std::vector<double>{2, 6, 2, 6});
  CHECK(refusal(net, {{"y", "nowhere"}}) ==
        "net.onnx: its tensor 'nowhere' is neither an input nor computed by any node");
  CHECK(value(model_of(net, {{"y", "c"}}), {1, 1}) == std::vector<double>{2, 6, 1, 2});
}

TEST_CASE("a network whose output is its input has one layer, which changes nothing") {
  OnnxWriter itself;
  itself.input("x", {1, 2}).output("x", {1, 2});
  CHECK(value_of(itself, {3, 4}) == std::vector<double>{3, 4});
  CHECK(model_of(itself).graph.size() == 2);
  OnnxWriter shifted;
  shifted.input("x", {1, 2}).output("y", {1, 2}).tensor("zero", {2}, {0, 0});
  shifted.node("Add", {"x", "zero"}, {"a"}).node("Identity", {"a"}, {"y"});
  CHECK(value_of(shifted, {3, 4}) == std::vector<double>{3, 4});
}
