// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_graph.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_writer.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound::io;
using namespace shardbound_test;

OnnxGraph graph_of(const std::string& bytes) {
  return read_onnx_graph(InputFile::from_bytes(bytes, "f.onnx"));
}

std::string refusal(const std::string& bytes) {
  try {
    graph_of(bytes);
  } catch (const FormatError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a graph is read with its nodes, initializers, inputs and outputs") {
  OnnxWriter net;
  net.opset(11).opset(11).opset(3, "ai.onnx.ml");
  net.input("x", {-1, 1, 28}).output("y", {1, 10}).tensor("W", {2}, {1, 2});
  net.node("Relu", {"x"}, {"a"}, {}, "relu")
      .node("Gemm", {"a", "", "c"}, {"y", "z"}, {}, "", "dom");
  const OnnxGraph graph = graph_of(net.bytes());
  CHECK(graph.opset == 11);
  REQUIRE(graph.inputs.size() == 1);
  CHECK(graph.inputs[0].name == "x");
  CHECK(graph.inputs[0].type == OnnxType::float32);
  CHECK(graph.inputs[0].shape == std::vector<std::int64_t>{OnnxValueInfo::open, 1, 28});
  REQUIRE(graph.outputs.size() == 1);
  CHECK(graph.outputs[0].shape == std::vector<std::int64_t>{1, 10});
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.nodes[0].name == "relu");
  CHECK(graph.nodes[1].index == 1);
  CHECK(graph.nodes[1].op_type == "Gemm");
  CHECK(graph.nodes[1].domain == "dom");
  CHECK(graph.nodes[1].inputs == std::vector<std::string>{"a", "", "c"});
  CHECK(graph.nodes[1].outputs == std::vector<std::string>{"y", "z"});
  CHECK(graph.initializers.at(0).elements == 2);
}

TEST_CASE("attributes of every kind that a network uses") {
  OnnxWriter net;
  net.node("Any", {}, {"y"},
           {onnx_float("alpha", 0.5f), onnx_integer("axis", -2), onnx_integers("axes", {1, -1}),
            onnx_floats("value_floats", {1, 2}), onnx_attribute("mode", 3).bytes(4, "fast"),
            onnx_attribute("loose", 6).float32(7, 3),
            onnx_attribute("dense", 7).bytes(8, WireWriter{}.varint(4).varint(300).str()),
            onnx_constant("value", onnx_tensor("", {1}, std::vector<float>{7})),
            onnx_attribute("body", 5).bytes(6, "a subgraph, skipped")});
  const OnnxGraph graph = graph_of(net.bytes());
  const OnnxNode& node = graph.nodes.at(0);
  using Kind = OnnxAttribute::Kind;
  CHECK(node.find("nothing") == nullptr);
  CHECK(node.find("alpha")->number == 0.5);
  CHECK(node.find("alpha")->kind == Kind::float32);
  CHECK(node.find("axis")->integer == -2);
  CHECK(node.find("axes")->integers == std::vector<std::int64_t>{1, -1});
  CHECK(node.find("value_floats")->numbers == std::vector<double>{1, 2});
  CHECK(node.find("mode")->text == "fast");
  CHECK(node.find("loose")->numbers == std::vector<double>{3});
  CHECK(node.find("dense")->integers == std::vector<std::int64_t>{4, 300});
  CHECK(node.find("value")->tensor.elements == 1);
  CHECK(node.find("body")->kind == Kind::graph);
}

TEST_CASE("models without a graph, with two, or with sparse initializers are refused") {
  CHECK(refusal(WireWriter{}.integer(1, 8).str()) ==
        "f.onnx: holds no graph; this is not an ONNX model, or it ends early, at byte 2");
  CHECK(refusal(OnnxWriter{}.bytes() + OnnxWriter{}.bytes()).find("a second graph") !=
        std::string::npos);
  const WireWriter sparse = WireWriter{}.message(7, WireWriter{}.bytes(15, ""));
  CHECK(refusal(sparse.str()).find("sparse initializers") != std::string::npos);
  CHECK(refusal(WireWriter{}.integer(7, 1).str()) ==
        "f.onnx: byte 0: field 7 has the wrong wire type");
}

TEST_CASE("a file that ends early is said to, with the byte where it does") {
  OnnxWriter net;
  net.input("x", {1, 2}).output("y", {1, 2}).tensor("W", {2, 2}, {1, 2, 3, 4});
  net.node("MatMul", {"x", "W"}, {"y"});
  const std::string whole = net.bytes();
  const auto file = InputFile::from_bytes(whole, "f.onnx");
  WireWindow window(file);
  WireReader reader(window);
  std::vector<std::size_t> ends;  // of whole fields: nothing there says that another should follow
  while (reader.next())
    ends.push_back(reader.type() == WireType::length_delimited
                       ? static_cast<std::size_t>(reader.bytes().end())
                       : 0);
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    const std::string said = refusal(whole.substr(0, cut));
    INFO(cut << ": " << said);
    if (std::find(ends.begin(), ends.end(), cut) == ends.end())
      CHECK(said.find("ends early, at byte " + std::to_string(cut)) != std::string::npos);
  }
  CHECK(refusal("") == "f.onnx: is empty; this is not an ONNX model");
}

TEST_CASE("a list that never ends is refused before it fills the memory") {
  std::string nodes;
  for (int i = 0; i < 5'000'000; ++i) nodes += std::string("\x0a\x00", 2);
  CHECK(refusal(WireWriter{}.bytes(7, nodes).str()).find("lists more things than any network") !=
        std::string::npos);
}

TEST_CASE("negative extents of inputs are refused") {
  OnnxWriter net;
  net.input("x", {1, -5});
  CHECK(refusal(net.bytes()).find("a negative extent, -5") != std::string::npos);
}

TEST_CASE("shapes of more axes than any network has are refused") {
  const auto of = [](std::size_t rank) {
    OnnxWriter net;
    return net.input("x", std::vector<std::int64_t>(rank, 1)).bytes();
  };
  CHECK(refusal(of(64)).empty());
  CHECK(refusal(of(65)).find("a shape of more than 64 axes") != std::string::npos);
}
