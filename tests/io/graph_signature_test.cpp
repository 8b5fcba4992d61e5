// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/graph_signature.hpp>

#include <doctest/doctest.h>

#include <tests/support/onnx_writer.hpp>
#include <tests/support/temporary.hpp>
#include <vector>

using namespace shardbound;

TEST_CASE("inputs and outputs are listed without looking at a node, constants left out") {
  shardbound_test::OnnxWriter net;
  net.input("x", {-1, 3}).input("W", {3, 3}).input("n", {}, 7).output("y", {-1, 3}, 11);
  net.tensor("W", {3, 3}, std::vector<float>(9)).node("Unheard", {"x"}, {"y"});
  const shardbound_test::Temporary path(".onnx", net.bytes());
  const auto said = io::graph_signature(path.name());
  REQUIRE(said.inputs.size() == 2);
  CHECK(said.inputs[0].name == "x");
  CHECK(said.inputs[0].shape == std::vector<std::int64_t>{-1, 3});
  CHECK(said.inputs[1].name == "n");
  CHECK(said.inputs[1].type == io::OnnxType::int64);
  CHECK(said.inputs[1].has_shape);
  CHECK(said.inputs[1].shape.empty());
  REQUIRE(said.outputs.size() == 1);
  CHECK(said.outputs[0].type == io::OnnxType::float64);
}
