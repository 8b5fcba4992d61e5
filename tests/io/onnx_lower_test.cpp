// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/generate.hpp>
#include <shardbound/io/onnx_lower.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <tests/support/skip.hpp>
#include <tests/support/temporary.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using io::InputFile;
using io::Step;

//  x --Gemm-- z1 --Relu-- h --Gemm-- z2 --Add-- s --Relu-- r --Gemm-- y
//                         |________________|
OnnxWriter residual_network() {
  OnnxWriter net;
  net.input("x", {-1, 2}).output("y", {-1, 1});
  net.tensor("W1", {3, 2}, {1, -1, 0.5f, 1, -1, 0.25f}).tensor("b1", {3}, {0, 1, 0.5f});
  net.tensor("W2", {3, 3}, {1, 0, 0, 0, 2, 0, 0, 0, 3}).tensor("W3", {1, 3}, {1, 1, -1});
  net.node("Gemm", {"x", "W1", "b1"}, {"z1"}, {onnx_integer("transB", 1)}, "first");
  net.node("Relu", {"z1"}, {"h"}).node("Gemm", {"h", "W2"}, {"z2"});
  net.node("Add", {"h", "z2"}, {"s"}, {}, "meet").node("Relu", {"s"}, {"r"});
  net.node("Gemm", {"r", "W3"}, {"y"}, {onnx_integer("transB", 1)});
  return net;
}

// The tensors that enter activations.
void collect_pre_activations(const io::Steps& steps, std::string last, std::set<std::string>& out) {
  for (const io::Step& step : steps) {
    if (step.kind == io::Step::Kind::activation) out.insert(last);
    for (const auto& branch : step.branches) collect_pre_activations(branch, last, out);
    last = step.tensor;
  }
}

}  // namespace

TEST_CASE("a residual network becomes steps with a main branch and an empty shortcut") {
  const auto model = model_of(residual_network());
  CHECK(model.file == "net.onnx");
  CHECK(model.inputs == 2);
  CHECK(model.input_name() == "x");
  REQUIRE(steps_of(model).size() == 5);
  CHECK(steps_of(model)[0].kind == io::Step::Kind::linear);
  CHECK(steps_of(model)[0].node == "first");
  CHECK(steps_of(model)[0].tensor == "z1");
  CHECK(steps_of(model)[0].features == 3);
  CHECK(steps_of(model)[0].weight.name == "W1");
  CHECK(steps_of(model)[0].bias.name == "b1");
  CHECK_FALSE(steps_of(model)[0].weight.transposed);
  CHECK(steps_of(model)[1].activation == "ReLU");
  CHECK(steps_of(model)[1].node == "#1");
  const io::Step meet = steps_of(model)[2];
  CHECK(meet.kind == io::Step::Kind::residual);
  REQUIRE(meet.branches.size() == 2);
  REQUIRE(meet.branches[0].size() == 1);
  CHECK(meet.branches[0][0].weight.transposed);
  CHECK(meet.branches[0][0].bias.empty());
  CHECK(meet.branches[1].empty());
  // x = (1, 2): z1 = (-1, 3.5, 0), h = (0, 3.5, 0), s = (0, 10.5, 0)
  CHECK(value_of(residual_network(), {1, 2}) == std::vector<double>{10.5});
}

TEST_CASE("nodes that the output does not need are not looked at") {
  auto net = residual_network();
  net.node("Conv", {"h", "nowhere"}, {"unused"}).node("Custom", {}, {"too"}, {}, "", "my.domain");
  net.opset(13).opset(2, "my.domain");
  CHECK(steps_of(model_of(net)).size() == 5);
}

TEST_CASE("initializers listed as inputs are not inputs, and a batch of one may be fixed") {
  OnnxWriter net;
  net.input("W", {2, 1}).input("x", {1, 1, 2}).output("y", {1, 1}).tensor("W", {2, 1}, {2, 3});
  net.node("Flatten", {"x"}, {"f"}).node("MatMul", {"f", "W"}, {"y"});
  CHECK(value_of(net, {5, 7}) == std::vector<double>{31});
}

TEST_CASE("an unsupported operator is named with its node and file") {
  OnnxWriter net;
  net.input("x", {1, 3, 8, 8})
      .output("y", {1, 4})
      .tensor("W", {4, 3, 1, 1}, std::vector<float>(12));
  net.node("LSTM", {"x", "W"}, {"y"}, {}, "cell");
  CHECK(refusal(net).starts_with("net.onnx: node 'cell' (LSTM): this operator is not supported; "));
  CHECK(contains(refusal(net), "of activations Abs, Atan, Clip, "));
  OnnxWriter domain;
  domain.input("x", {1, 3}).output("y", {1, 3});
  domain.node("Relu", {"x"}, {"y"}, {}, "", "com.example");
  CHECK(refusal(domain) ==
        "net.onnx: node '#0' (Relu): operators of the domain 'com.example' are not "
        "supported");
}

TEST_CASE("inputs without fixed features, of other types, or of no elements are refused") {
  const auto with_input = [](const std::vector<std::int64_t>& shape, std::int64_t type = 1) {
    OnnxWriter net;
    return refusal(net.input("x", shape, type).output("y", {-1, -1}).node("Relu", {"x"}, {"y"}));
  };
  CHECK(with_input({-1, 3, -1}).find("open extent on axis 2") != std::string::npos);
  CHECK(with_input({1, -7}).find("negative extent") != std::string::npos);
  CHECK(with_input({1, 0}).find("1 to 16777216 elements") != std::string::npos);
  CHECK(with_input({1, 1 << 25}).find("1 to 16777216 elements") != std::string::npos);
  CHECK(with_input({1, std::int64_t{1} << 40, std::int64_t{1} << 40}).find("2^60") !=
        std::string::npos);
  CHECK(with_input({1, 2}, 10).find("type float16") != std::string::npos);
  CHECK(with_input({1, 2}, 99).find("element type 99") != std::string::npos);
  OnnxWriter none;
  none.output("y", {1, 2}).tensor("W", {1, 2}, {1, 2}).node("Relu", {"W"}, {"y"});
  CHECK(refusal(none) == "net.onnx: has no input");
  OnnxWriter large;
  large.input("a", {1, 1 << 24}).input("b", {1, 1}).output("y", {-1, -1});
  large.node("Add", {"a", "b"}, {"y"});
  CHECK(refusal(large) == "net.onnx: has inputs of more than 16777216 elements");
}

TEST_CASE("inputs of any rank are read, and a batch is an axis like any other") {
  const auto relu = [](const std::vector<std::int64_t>& shape) {
    OnnxWriter net;
    return net.input("x", shape).output("y", {}).node("Relu", {"x"}, {"y"});
  };
  const auto shape_of = [&](const std::vector<std::int64_t>& shape) {
    OnnxWriter net;
    return model_of(net.input("x", shape).output("y", shape).node("Relu", {"x"}, {"y"}))
        .output_tensors.at(0)
        .shape;
  };
  CHECK(value_of(relu({}), {-3}) == std::vector<double>{0});
  CHECK(shape_of({3}) == std::vector<std::int64_t>{3});
  CHECK(shape_of({2, 3}) == std::vector<std::int64_t>{2, 3});
  CHECK(shape_of({0, 3}) == std::vector<std::int64_t>{1, 3});
  CHECK(shape_of({-1, 3}) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("an output that does not depend on the input is what it is") {
  OnnxWriter constant;
  constant.input("x", {1, 3}).output("s", {2}, 7).node("Shape", {"x"}, {"s"});
  CHECK(value_of(constant, {7, 8, 9}) == std::vector<double>{1, 3});
  CHECK(model_of(constant).inputs == 3);
  OnnxWriter beyond;
  beyond.input("x", {1, 3}).output("s", {1}, 7).integers("s", {(std::int64_t{1} << 53) + 1});
  CHECK(contains(refusal(beyond), "which no double holds exactly"));
  OnnxWriter none;
  none.input("x", {1, 3}).output("s", {-1}).integers("s", {});
  CHECK(contains(refusal(none), "has no elements"));
}

TEST_CASE("names of the file are printed without control characters") {
  auto unknown = network({2});
  unknown.node("Foo\n", {"x"}, {"y"}, {}, "a\x1b[2J");
  CHECK(refusal(unknown).starts_with("net.onnx: node 'a?[2J' (Foo?): "));
  auto named = network({2});
  named.node("Relu", {"x"}, {"y"}, {}, "a\rb");
  CHECK(model_of(named).graph.layers.at(1).step.node == "a?b");
  CHECK(model_of(named).graph.layers.at(1).place == "node 'a?b' (Relu)");
  OnnxWriter none;
  none.input("x", {2}).output("z\n", {2}).node("Relu", {"x"}, {"y"});
  CHECK(refusal(none).starts_with("net.onnx: its tensor 'z?' is neither"));
}

TEST_CASE("outputs that the network does not compute are refused, a stale batch is not") {
  OnnxWriter none;
  none.input("x", {1, 2}).output("z", {1, 2}).node("Relu", {"x"}, {"y"});
  CHECK(refusal(none) == "net.onnx: its tensor 'z' is neither an input nor computed by any node");
  const auto said = [](const std::vector<std::int64_t>& shape) {
    OnnxWriter net;
    return refusal(net.input("x", {1, 2}).output("y", shape).node("Relu", {"x"}, {"y"}));
  };
  CHECK(said({1, 3}) ==
        "net.onnx: output 'y' is said to have the shape [1, 3], but its nodes compute [1, 2]");
  CHECK(said({25, 2}).empty());
  CHECK(said({0, 2}).empty());
  CHECK(said({-1, 3}) ==
        "net.onnx: output 'y' is said to have the shape [-1, 3], but its nodes compute [1, 2]");
  CHECK(contains(said({25, 1, 2}), "but its nodes compute"));
  CHECK(contains(said({25}), "but its nodes compute"));
  OnnxWriter vector;
  vector.input("x", {3}).output("y", {-1}).node("Relu", {"x"}, {"y"});
  CHECK(value_of(vector, {1, 2, 3}) == std::vector<double>{1, 2, 3});
}

TEST_CASE("cycles, tensors computed twice, old operators are refused") {
  OnnxWriter self;
  self.input("x", {1, 2}).output("y", {1, 2}).node("Add", {"x", "y"}, {"y"}, {}, "loop");
  CHECK(refusal(self) ==
        "net.onnx: node 'loop' (Add): its operand 'y' depends on its own result: the graph has a "
        "cycle");
  OnnxWriter cycle;
  cycle.input("x", {1, 2}).output("y", {1, 2});
  cycle.node("Add", {"x", "b"}, {"a"}).node("Relu", {"a"}, {"b"}).node("Relu", {"b"}, {"y"});
  CHECK(refusal(cycle).find("the graph has a cycle") != std::string::npos);
  OnnxWriter twice;
  twice.input("x", {1, 2})
      .output("y", {1, 2})
      .node("Relu", {"x"}, {"y"})
      .node("Tanh", {"x"}, {"y"});
  CHECK(refusal(twice) == "net.onnx: tensor 'y' is computed by two nodes");
  OnnxWriter shadow;
  shadow.input("x", {1, 2}).output("x", {1, 2}).node("Relu", {"x"}, {"x"});
  CHECK(contains(refusal(shadow), "the graph has a cycle"));
  OnnxWriter again;
  again.input("x", {1, 2}).output("y", {1, 2}).tensor("y", {1}, {1}).node("Relu", {"x"}, {"y"});
  CHECK(refusal(again) == "net.onnx: tensor 'y' is defined twice");
  auto old = residual_network();
  old.opset(6);
  CHECK(refusal(old) == "net.onnx: operators of opset 6 are not supported; 7 to 23 are");
  CHECK(refusal(residual_network().opset(23)).empty());
  CHECK(refusal(residual_network().opset(24)) ==
        "net.onnx: operators of opset 24 are not supported; 7 to 23 are");
}

TEST_CASE("what is not an ONNX file is refused") {
  CHECK(refusal("this is text, not a network\n").starts_with("net.onnx: byte 0: "));
  CHECK(refusal("") == "net.onnx: is empty; this is not an ONNX model");
  CHECK(refusal(std::string(100, '\0')).starts_with("net.onnx: byte 0: "));
}

TEST_CASE("a file cut at any byte is refused, or the cut lost nothing that matters") {
  const std::string whole = residual_network().bytes();
  for (std::size_t cut = 0; cut + 1 < whole.size(); ++cut)
    CHECK_FALSE_MESSAGE(refusal(whole.substr(0, cut)).empty(), cut);
}

TEST_CASE("a long chain and deep branches neither overflow the stack nor take for ever") {
  OnnxWriter chain;
  chain.input("x", {1, 2}).output("t100000", {1, 2});
  std::string last = "x";
  for (int i = 1; i <= 100'000; ++i) {
    const std::string next = "t" + std::to_string(i);
    chain.node(i % 2 ? "Relu" : "Tanh", {last}, {next});
    last = next;
  }
  CHECK(steps_of(model_of(chain)).size() == 100'000);

  OnnxWriter deep;  // x + tanh(x + tanh(x + ..
  deep.input("x", {1, 2}).output("s20000", {1, 2});
  last = "x";
  for (int i = 1; i <= 20'000; ++i) {
    const std::string number = std::to_string(i);
    deep.node("Tanh", {last}, {"t" + number}).node("Add", {"x", "t" + number}, {"s" + number});
    last = "s" + number;
  }
  CHECK(refusal(deep).empty());  // it can be opened, but has no type
  CHECK_THROWS_WITH_AS(io::network_header(model_of(deep)), doctest::Contains("more than 100 deep"),
                       FormatError);
}

TEST_CASE("a network of more than 4 GB is read without touching its weights") {
  // W is [70000, 20000], and its 5.6 GB of raw data are a hole at the end of the file.
  const std::int64_t hole = 70'000ll * 20'000 * 4;
  const auto nested = [](std::uint32_t field, const WireWriter& content, std::int64_t more) {
    WireWriter out;
    out.tag(field, 2).varint(content.str().size() + static_cast<std::uint64_t>(more));
    return out.str() + content.str();
  };
  WireWriter raw;
  raw.tag(9, 2).varint(static_cast<std::uint64_t>(hole));
  const auto with = [](const std::string& before, const std::string& after) {
    WireWriter out;
    for (const char byte : before + after) out.raw(byte);
    return out;
  };
  OnnxWriter rest;
  rest.input("x", {1, 20'000}).output("y", {1, 70'000});
  rest.node("Gemm", {"x", "W"}, {"y"}, {onnx_integer("transB", 1)});
  const WireWriter tensor = with(onnx_tensor("W", {70'000, 20'000}, 1).str(), raw.str());
  const WireWriter graph = with(rest.graph(), nested(5, tensor, hole));
  const std::string head = WireWriter{}.message(8, WireWriter{}.integer(2, 13)).str();
  const Temporary path("large.onnx", head + nested(7, graph, hole));
  const auto start = static_cast<std::int64_t>(std::filesystem::file_size(path.name()));
  std::filesystem::resize_file(path.name(), static_cast<std::uintmax_t>(start + hole));
  std::fstream out(path.name(), std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(start + hole - 4) << packed<float>({1.5f});
  out.close();

  const auto model = io::read_onnx(path.name());
  const auto weight = steps_of(model).at(0).weight;
  CHECK(weight.offset == start);
  std::vector<float> row(20'000);
  io::read_parameter(weight, 69'999, 1, row.data());
  CHECK(row[19'998] == 0);
  CHECK(row[19'999] == 1.5f);
}

TEST_CASE("every network of the benchmarks is lowered") {
  const std::string shared = SHARDBOUND_SHARED_DIR "/benchmarks";
  if (!std::filesystem::exists(shared)) return skip("no folder " + shared);
  int lowered = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared)) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".onnx") && !path.ends_with(".onnx.gz")) continue;
    CHECK_NOTHROW_MESSAGE(io::read_onnx(path), path);
    ++lowered;
  }
  CHECK(lowered >= 83);
}

TEST_CASE("interval bounds through the lowered networks are those of the oracles") {
  const std::string folder = SHARDBOUND_SHARED_DIR "/oracles/";
  if (!std::filesystem::exists(folder)) return skip("no folder " + folder);
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().string().ends_with(".json.gz")) continue;
    const InputFile text(entry.path().string());
    const auto oracle = nlohmann::json::parse(text.read_all(std::int64_t{1} << 30));
    if (!oracle.contains("onnx")) continue;
    const std::string path = folder + std::string(oracle["onnx"]);
    const auto model = io::read_onnx(path);
    for (const auto& stored : oracle["boxes"]) {
      std::set<std::string> pre_activations, expected;
      collect_pre_activations(steps_of(model), model.input_name(), pre_activations);
      const Box box = interval(
          model, {stored["input"]["lower"].get<std::vector<double>>(), stored["input"]["upper"]});
      for (const auto& node : stored["crown_textbook"]["intermediate"])
        expected.insert(std::string(node["onnx_tensor"]));
      CHECK_MESSAGE(pre_activations == expected, path);
      const std::vector<double> lower = stored["ibp"]["output"]["lower"];
      const std::vector<double> upper = stored["ibp"]["output"]["upper"];
      REQUIRE(box.lower.size() == lower.size());
      for (std::size_t i = 0; i < lower.size(); ++i) {
        const double margin = 1e-9 * std::max({1.0, std::abs(lower[i]), std::abs(upper[i])});
        CHECK_MESSAGE(std::abs(box.lower[i] - lower[i]) <= margin, path);
        CHECK_MESSAGE(std::abs(box.upper[i] - upper[i]) <= margin, path);
      }
      ++compared;
    }
  }
  CHECK(compared >= 20);
}
