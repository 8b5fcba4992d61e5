// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_pad.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using List = std::vector<std::int64_t>;

OnnxWriter padded(const List& shape, const List& pads, const std::string& mode,
                  const std::vector<float>& fill = {}) {
  auto net = network(shape);
  std::vector<std::string> operands = {"x", "pads"};
  net.integers("pads", pads);
  if (!fill.empty()) net.tensor("fill", {}, fill), operands.push_back("fill");
  return net.node("Pad", operands, {"y"}, {onnx_attribute("mode", 3).bytes(4, mode)}, "pad");
}

}  // namespace

TEST_CASE("what stands around a tensor, in every mode") {
  const Numbers x = {1, 2, 3};
  CHECK(value_of(padded({3}, {2, 1}, "constant"), x) == Numbers{0, 0, 1, 2, 3, 0});
  CHECK(value_of(padded({3}, {2, 1}, "constant", {7}), x) == Numbers{7, 7, 1, 2, 3, 7});
  CHECK(value_of(padded({3}, {2, 1}, "edge"), x) == Numbers{1, 1, 1, 2, 3, 3});
  CHECK(value_of(padded({3}, {2, 1}, "reflect"), x) == Numbers{3, 2, 1, 2, 3, 2});
  CHECK(value_of(padded({3}, {2, 1}, "wrap"), x) == Numbers{2, 3, 1, 2, 3, 1});
  CHECK(value_of(padded({3}, {5, 0}, "reflect"), x) == Numbers{2, 1, 2, 3, 2, 1, 2, 3});
  CHECK(value_of(padded({3}, {-1, 1}, "constant", {5}), x) == Numbers{2, 3, 5});
  CHECK(value_of(padded({1, 3}, {1, 0, 0, 1}, "constant", {4}), x) ==
        Numbers{4, 4, 4, 4, 1, 2, 3, 4});
}

TEST_CASE("a padding is one choice of features, together with those before it") {
  auto net = network({2, 2});
  net.tensor("fill", {}, {3}).integers("pads", {0, 1}).integers("axes", {-1});
  net.node("Transpose", {"x"}, {"t"}).node("Pad", {"t", "pads", "fill", "axes"}, {"p"});
  net.node("Pad", {"p", "pads", "", "axes"}, {"y"});
  const auto model = model_of(net);
  REQUIRE(model.graph.size() == 2);
  CHECK(model.graph.layers[1].step.indices ==
        std::vector<std::int32_t>{0, 2, -1, -1, 1, 3, -1, -1});
  CHECK(model.graph.layers[1].step.fill == Numbers{0, 0, 3, 0, 0, 0, 3, 0});
  CHECK(value(model, {1, 2, 3, 4}) == Numbers{1, 3, 3, 0, 2, 4, 3, 0});
}

TEST_CASE("pads were attributes before opset 11") {
  auto net = network({1, 2});
  net.opset(10).node("Pad", {"x"}, {"y"},
                     {onnx_integers("pads", {0, 1, 0, 0}), onnx_float("value", 2)});
  CHECK(value_of(net, {5, 6}) == Numbers{2, 5, 6});
}

TEST_CASE("constants are padded too") {
  auto net = network({1, 3});
  net.tensor("c", {2}, {1, 2}).integers("pads", {0, 1}).node("Pad", {"c", "pads"}, {"d"});
  CHECK(value_of(net.node("Add", {"x", "d"}, {"y"}), {10, 10, 10}) == Numbers{11, 12, 10});
}

TEST_CASE("what is chosen of a padding may be a constant, and is one wherever it is read") {
  const List four = {1, 1, 4};
  auto split = network({2});
  split.integers("pads", {0, 2}).integers("halves", {2, 2});
  split.node("Pad", {"x", "pads"}, {"p"}).node("Split", {"p", "halves"}, {"a", "b"});
  CHECK(value_of(split.node("Add", {"a", "b"}, {"y"}), {5, 6}) == Numbers{5, 6});
  auto cut = network({4});
  cut.integers("pads", {-4, 4}).node("Pad", {"x", "pads"}, {"p"});
  CHECK(value_of(cut.node("Add", {"p", "x"}, {"y"}), {1, 2, 3, 4}) == Numbers{1, 2, 3, 4});
  // A batch of two maps, the first of which is all padding.
  auto convolved = network(four);
  convolved.integers("pads", {1, 0, 0, 0, 0, 0}).tensor("fill", {}, {1.5f});
  convolved.tensor("w", {1, 1, 2}, {1, 2}).node("Pad", {"x", "pads", "fill"}, {"p"});
  CHECK(value_of(convolved.node("Conv", {"p", "w"}, {"y"}), {1, 2, 3, 4}) ==
        Numbers{4.5, 4.5, 4.5, 5, 8, 11});
  auto pooled = network({1, 1, 2});
  pooled.integers("pads", {0, 0, 2, 0, 0, 0}).tensor("fill", {}, {1.5f});
  pooled.node("Pad", {"x", "pads", "fill"}, {"p"});
  pooled.node("MaxPool", {"p"}, {"y"},
              {onnx_integers("kernel_shape", {2}), onnx_integers("strides", {4})});
  CHECK(value_of(pooled, {7, 8}) == Numbers{1.5});
  auto raised = network({2});
  raised.integers("pads", {0, 2}).tensor("fill", {}, {1.5f}).tensor("e", {4}, {2, 2, 3, 0});
  raised.node("Pad", {"x", "pads", "fill"}, {"p"}).node("Pow", {"p", "e"}, {"y"});
  CHECK(value_of(raised, {2, 3}) == Numbers{4, 9, 3.375, 1});
}

TEST_CASE("pads that make no sense are refused in a sentence") {
  CHECK(refusal(padded({3}, {1}, "edge")) ==
        "net.onnx: node 'pad' (Pad): its pads [1] are not two for each of 1 axes");
  CHECK(contains(refusal(padded({3}, {1, 1}, "mirror")), "mode = 'mirror' is not known"));
  CHECK(contains(refusal(padded({3}, {-2, -1}, "constant")), "with pads of -2 and -1"));
  CHECK(contains(refusal(padded({3}, {std::int64_t{1} << 62, 0}, "edge")), "a pad of 46116"));
  CHECK(contains(refusal(padded({3}, {1 << 24, 0}, "edge")), "features are"));
  CHECK(contains(refusal(padded({3}, {1, 0}, "constant", {std::nanf("")})), "not finite"));
  for (const char* mode : {"reflect", "wrap"}) {
    CHECK(contains(refusal(padded({3}, {-1, 2}, mode)), "those that cut nothing are"));
    CHECK(contains(refusal(padded({3}, {2, -1}, mode)), "pads of 2 and -1 with mode = '"));
  }
  auto twice = network({2});
  twice.integers("pads", {1, 1, 1, 1}).integers("axes", {0, -1});
  twice.node("Pad", {"x", "pads", "", "axes"}, {"y"});
  CHECK(contains(refusal(twice), "axis 0 is padded twice"));
  auto none = network({2});
  CHECK(contains(refusal(none.node("Pad", {"x"}, {"y"})), "it has no pads"));
  auto whole = network({2});
  whole.integers("pads", {1, 1}).integers("fill", {3}).node("Pad", {"x", "pads", "fill"}, {"y"});
  CHECK(contains(refusal(whole), "holds numbers of type int64"));
}
