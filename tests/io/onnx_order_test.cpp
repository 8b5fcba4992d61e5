// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_order.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;

io::OnnxGraph graph_of(const std::vector<std::pair<std::vector<std::string>, std::string>>& nodes) {
  io::OnnxGraph graph;
  for (const auto& [inputs, output] : nodes) {
    graph.nodes.emplace_back();
    graph.nodes.back().index = static_cast<std::int64_t>(graph.nodes.size()) - 1;
    graph.nodes.back().op_type = "Op";
    graph.nodes.back().inputs = inputs;
    graph.nodes.back().outputs = {output};
  }
  return graph;
}

std::string order_of(const io::OnnxGraph& graph, const std::vector<std::string>& tensors) {
  std::string out;
  for (const auto* node : io::OnnxOrder(graph, "f.onnx").needed_for(tensors))
    out += node->outputs.front();
  return out;
}

}  // namespace

TEST_CASE("a sorted file keeps its order, less what is not needed") {
  const auto graph = graph_of({{{"x"}, "a"}, {{"x"}, "b"}, {{"a"}, "c"}, {{"c", "b"}, "d"}});
  CHECK(order_of(graph, {"d"}) == "abcd");
  CHECK(order_of(graph, {"c"}) == "ac");
  CHECK(order_of(graph, {"b", "a"}) == "ab");
  CHECK(order_of(graph, {"x", "nowhere"}).empty());
}

TEST_CASE("nodes that stand after their use are put before it") {
  CHECK(order_of(graph_of({{{"x", "w"}, "a"}, {{"a", "v"}, "b"}, {{}, "v"}, {{}, "w"}}), {"b"}) ==
        "wavb");
}

TEST_CASE("cycles and tensors of two nodes are named") {
  CHECK_THROWS_WITH_AS(
      order_of(graph_of({{{"b"}, "a"}, {{"a"}, "b"}}), {"b"}),
      "f.onnx: node '#1' (Op): its operand 'a' depends on its own result: the graph "
      "has a cycle",
      FormatError);
  CHECK(order_of(graph_of({{{"b"}, "a"}, {{"a"}, "b"}, {{"x"}, "y"}}), {"y"}) == "y");
  CHECK_THROWS_WITH_AS(order_of(graph_of({{{"x"}, "a"}, {{"x"}, "a"}}), {"a"}),
                       "f.onnx: tensor 'a' is computed by two nodes", FormatError);
}
