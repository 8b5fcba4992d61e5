// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/wanted.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace shardbound;
using io::OnnxType;
using Names = std::vector<std::string>;

TEST_CASE("what is observed is named, or the only output, or the first of the right size") {
  io::OnnxGraph graph;
  const auto said = [&](const io::Wanted& wanted) {
    return io::observed_tensors(graph, wanted, "f.onnx");
  };
  CHECK_THROWS_WITH_AS(said({}), "f.onnx: has no output", FormatError);
  graph.outputs.push_back({"y", OnnxType::float32, true, {-1, 3}});
  CHECK(said({}) == Names{"y"});
  CHECK(said({.features = 8}) ==
        Names{"y"});  // whoever wants eight is told by the property's check
  CHECK(said({{"h", "y"}}) == Names{"h", "y"});
  graph.outputs.push_back({"z", OnnxType::float32, true, {0, 2, 2}});
  graph.outputs.push_back({"v", OnnxType::float32, false, {}});
  graph.outputs.push_back({"w", OnnxType::float32, true, {2, 2}});
  CHECK(said({.features = 4}) == Names{"z"});
  CHECK_THROWS_WITH_AS(said({.features = 5}),
                       "f.onnx: has 4 outputs, 'y' [-1, 3], 'z' [0, 2, 2], 'v' of no said shape, "
                       "'w' [2, 2], none of 5 elements. Fix: choose with --output",
                       FormatError);
  CHECK_THROWS_AS(said({}), FormatError);
}

TEST_CASE("constants that are listed as inputs are none") {
  io::OnnxGraph graph;
  graph.inputs = {{"W", OnnxType::float32, true, {2}}, {"x", OnnxType::float32, true, {2}}};
  graph.initializers.resize(1);
  graph.initializers[0].name = "W";
  REQUIRE(io::graph_inputs(graph).size() == 1);
  CHECK(io::graph_inputs(graph)[0].name == "x");
}
