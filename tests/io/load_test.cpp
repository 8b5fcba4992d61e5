// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/onnx.hpp>
#include <tests/support/small_network.hpp>
#include <tests/support/temporary.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

// The sentence with which a network type refuses a file.
template <class Net>
std::string refusal_of(const OnnxWriter& file) {
  const Temporary onnx(".onnx", file.bytes());
  Network<Net> net;
  try {
    onnx::load(net, onnx.name());
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file's numbers reach the network, whichever way round they are stored") {
  OnnxWriter transposed;
  transposed.input("x", {1, 2}).output("y", {1, 2});
  transposed.tensor("W1", {2, 4}, {1, -1, 0, 0, 0, 0, 1, -1})
      .tensor("W2", {4, 2}, {1, 1, 1, -1, 1, -1, 1, 1});
  transposed.node("MatMul", {"x", "W1"}, {"z"})
      .node("Relu", {"z"}, {"h"})
      .node("MatMul", {"h", "W2"}, {"y"});
  for (const OnnxWriter& file : {small_onnx(), transposed}) {
    const Temporary onnx(".onnx", file.bytes());
    Network<SmallNetwork> net;
    onnx::load(net, onnx.name());
    Linearization<double, EigenBackend> at(net, 1);
    CHECK(at.values(std::vector<double>{-2, 1}) == std::vector<double>{3, -3});
    CHECK(net.parameters(1).name == "z");
  }
}

TEST_CASE("a matrix of several panels is loaded whole, from either layout") {
  using Wide = Sequential<Input<1100>, Linear<1000>>;
  REQUIRE(panel_count(1000, 1100) > 1);
  std::vector<float> weight(1000 * 1100), other(weight.size());
  for (std::size_t r = 0; r < 1000; ++r)
    for (std::size_t c = 0; c < 1100; ++c)
      other[c * 1000 + r] = weight[r * 1100 + c] = static_cast<float>((r * 7 + c * 13) % 97) - 48;
  const auto values = [&](const OnnxWriter& file) {
    const Temporary onnx(".onnx", file.bytes());
    Network<Wide> net;
    onnx::load(net, onnx.name());
    Linearization<double, EigenBackend> at(net, 1);
    std::vector<double> x(1100);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 5) - 2;
    return at.values(x);
  };
  OnnxWriter gemm, matmul;
  gemm.input("x", {1, 1100}).output("y", {1, 1000}).tensor("W", {1000, 1100}, weight);
  gemm.node("Gemm", {"x", "W"}, {"y"}, {onnx_integer("transB", 1)});
  matmul.input("x", {1, 1100}).output("y", {1, 1000}).tensor("W", {1100, 1000}, other);
  matmul.node("MatMul", {"x", "W"}, {"y"});
  const auto y = values(gemm);
  double expected = 0;
  for (std::size_t c = 0; c < 1100; ++c)
    expected += static_cast<double>(weight[999 * 1100 + c]) * (static_cast<double>(c % 5) - 2);
  CHECK(y[999] == expected);
  CHECK(values(matmul) == y);
}

TEST_CASE("another architecture is refused with both layers named") {
  const auto text = refusal_of<Sequential<Input<2>, Linear<5>, ReLU, Linear<2>>>(small_onnx());
  CHECK(text.find("Linear<4>") != text.npos);
  CHECK(text.find("Linear<5>") != text.npos);
  CHECK(refusal_of<Sequential<Input<3>, Linear<4>, ReLU, Linear<2>>>(small_onnx()).find("3") !=
        text.npos);
  CHECK(refusal_of<Sequential<Input<2>, Linear<4>, Tanh, Linear<2>>>(small_onnx()).find("Tanh") !=
        text.npos);
  CHECK(refusal_of<Sequential<Input<2>, Linear<4>, ReLU>>(small_onnx()).find("layers") !=
        text.npos);
}

TEST_CASE("a NaN among the weights names file, node and place") {
  OnnxWriter bad;
  auto weights = small_first;
  weights[5] = std::nanf("");
  bad.input("x", {1, 2}).output("y", {1, 4}).tensor("W", {4, 2}, weights);
  bad.node("Gemm", {"x", "W"}, {"y"}, {onnx_integer("transB", 1)});
  const auto text = refusal_of<Sequential<Input<2>, Linear<4>>>(bad);
  CHECK(text.find(".onnx: node 1") != text.npos);
  CHECK(text.find("row 2, column 1") != text.npos);
}
