// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/side_by_side.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

// y = relu(x W), of two features and one
OnnxWriter small(float first, float second) {
  OnnxWriter net;
  net.input("x", {1, 2}).output("y", {1, 1}).tensor("W", {2, 1}, {first, second});
  return net.node("MatMul", {"x", "W"}, {"m"}, {}, "fc").node("Relu", {"m"}, {"y"});
}

}  // namespace

TEST_CASE("networks side by side share nothing, though their names clash") {
  OnnxWriter itself;
  itself.input("x", {3}).output("x", {3});
  const auto all =
      io::side_by_side({model_of(small(1, 2)), model_of(itself), model_of(small(-1, 1))});
  CHECK(all.inputs == 7);
  CHECK(all.outputs() == 5);
  CHECK(value(all, {1, 1, 10, 20, 30, 1, 5}) == Numbers{3, 10, 20, 30, 4});
  CHECK(value(all, {-1, 0, 1, 1, 1, 9, 0}) == Numbers{0, 1, 1, 1, 0});
  REQUIRE(all.input_tensors.size() == 3);
  CHECK(all.input_tensors[1].name == "x");
  CHECK(all.input_tensors[1].first == 2);
  CHECK(all.input_tensors[2].first == 5);
  REQUIRE(all.output_tensors.size() == 3);
  CHECK(all.output_tensors[1].first == 1);
  CHECK(all.output_tensors[2].first == 4);
  CHECK(all.file == "net.onnx, net.onnx, net.onnx");
  int named = 0;
  for (const auto& layer : all.graph.layers)
    named += layer.step.node == "1:fc" || layer.step.tensor == "3:y";
  CHECK(named == 2);
}

TEST_CASE("one network stays itself, and none is a mistake") {
  CHECK(value(io::side_by_side({model_of(small(1, 2))}), {1, 1}) == Numbers{3});
  CHECK(io::side_by_side({model_of(small(1, 2))}).graph.size() ==
        model_of(small(1, 2)).graph.size());
  CHECK_THROWS_AS(io::side_by_side({}), ArgumentError);
}

TEST_CASE("networks whose inputs are too many together are refused by file") {
  OnnxWriter wide;
  wide.input("x", {1, 1 << 23}).output("y", {1, 1 << 23}).node("Relu", {"x"}, {"y"});
  CHECK(io::side_by_side(std::vector<io::Model>(2, model_of(wide))).inputs == 1 << 24);
  CHECK_THROWS_WITH_AS(io::side_by_side(std::vector<io::Model>(3, model_of(wide))),
                       doctest::Contains("networks of 25165824 inputs together are not supported"),
                       FormatError);
}

TEST_CASE("an observed input stands behind the outputs") {
  const auto seen = io::observing_inputs(model_of(small(1, 2)));
  CHECK(value(seen, {1, 1}) == Numbers{3, 1, 1});
  CHECK(seen.inputs == 2);
  REQUIRE(seen.output_tensors.size() == 2);
  CHECK(seen.output_tensors[1].name == "x");
  CHECK(seen.output_tensors[1].first == 1);
  const auto both =
      io::observing_inputs(io::side_by_side({model_of(small(1, 2)), model_of(small(0, 1))}));
  CHECK(value(both, {1, 2, 3, 4}) == Numbers{5, 4, 1, 2, 3, 4});
  CHECK(both.output_tensors.at(3).first == 4);
}
