// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_reduce.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

OnnxWriter reduced(const std::string& op, const std::vector<WireWriter>& attributes,
                   const std::vector<std::int64_t>& axes = {}) {
  auto net = network({1, 2, 3});
  std::vector<std::string> operands = {"x"};
  if (!axes.empty()) {
    net.integers("axes", axes);
    operands.push_back("axes");
  }
  return net.node(op, operands, {"y"}, attributes);
}

io::OnnxShape shape_of(const OnnxWriter& net) { return model_of(net).output_tensors.at(0).shape; }

const Numbers x = {1, 2, 3, 10, 20, 30};

}  // namespace

TEST_CASE("sums over axes, kept or dropped") {
  CHECK(value_of(reduced("ReduceSum", {}, {1}), x) == Numbers{11, 22, 33});
  CHECK(shape_of(reduced("ReduceSum", {}, {1})) == io::OnnxShape{1, 1, 3});
  CHECK(value_of(reduced("ReduceSum", {onnx_integer("keepdims", 0)}, {-1, 0}), x) ==
        Numbers{6, 60});
  CHECK(shape_of(reduced("ReduceSum", {onnx_integer("keepdims", 0)}, {-1, 0})) == io::OnnxShape{2});
  CHECK(value_of(reduced("ReduceSum", {onnx_integer("keepdims", 0)}), x) == Numbers{66});
  CHECK(shape_of(reduced("ReduceSum", {onnx_integer("keepdims", 0)})).empty());
  CHECK(value_of(reduced("ReduceSum", {onnx_integers("axes", {2})}), x) == Numbers{6, 60});
  CHECK(value_of(reduced("ReduceSum", {onnx_integer("noop_with_empty_axes", 1)}), x) == x);
  CHECK(model_of(reduced("ReduceSum", {}, {0})).graph.layers.back().step.kind ==
        io::Step::Kind::scale_shift);  // over an extent of one: the identity
}

TEST_CASE("a mean's divisor is off by its rounding") {
  const auto thirds = reduced("ReduceMean", {}, {2});
  CHECK(value_of(thirds, x).at(0) == doctest::Approx(2));
  const auto step = model_of(thirds).graph.layers.back().step;
  CHECK(step.scale == Numbers{1.0 / 3, 1.0 / 3});
  CHECK(step.scale_error.at(0) > 0);
  CHECK(value_of(reduced("ReduceMean", {}, {1}), x) == Numbers{5.5, 11, 16.5});
  CHECK(model_of(reduced("ReduceMean", {}, {1})).graph.layers.back().step.scale_error.empty());
}

TEST_CASE("axes that are not there are refused") {
  CHECK(contains(refusal(reduced("ReduceSum", {}, {3})), "axis 3 does not exist"));
  CHECK(contains(refusal(reduced("ReduceSum", {onnx_integer("keepdims", 2)})), "keepdims = 2"));
}

TEST_CASE("axes that are given twice are refused") {
  auto net = network({2, 3});
  net.integers("axes", {1}).node("ReduceSum", {"x", "axes"}, {"y"}, {onnx_integers("axes", {0})});
  CHECK(contains(refusal(net), "'axes' is given twice, as an attribute and as an operand"));
}
