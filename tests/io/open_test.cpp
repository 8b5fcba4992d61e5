// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <networks/acasxu.hpp>
#include <shardbound/io.hpp>
#include <shardbound/io/open.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/onnx_cases.hpp>
#include <tests/support/temporary.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {
const std::string acasxu = SHARDBOUND_SOURCE_DIR "/examples/data/ACASXU_run2a_2_7_batch_2000.onnx";
}

TEST_CASE_TEMPLATE("a file that is opened has the bits of its type", T, float, double) {
  const auto property = vnnlib::read(SHARDBOUND_SOURCE_DIR "/examples/data/acasxu_prop_3.vnnlib");
  Network<AcasXu<>, T> typed;
  onnx::load(typed, acasxu);
  const auto opened = onnx::open<T>(acasxu);
  const auto a = crown(typed, property.input_box(0)), b = crown(opened, property.input_box(0));
  CHECK(a.lower == b.lower);
  CHECK(a.upper == b.upper);
  CHECK(a.slack == b.slack);
}

TEST_CASE("names of the file are those of the nodes") {
  auto net = network({1, 2});
  net.tensor("W", {2, 2}, {1, 2, 3, 4});
  net.node("MatMul", {"x", "W"}, {"a"}).node("Relu", {"a"}, {"y"});
  const Temporary file(".onnx", net.bytes());
  const auto opened = onnx::open(file.name(), {}, {WeightCut::panels}, 2);
  CHECK(opened.node("a") == 1);
  CHECK(opened.node("y") == 2);
  CHECK(opened.plan()[1].cut == WeightCut::panels);
}

TEST_CASE("a graph that no type has is opened all the same") {
  // y = 2 (a + b) + b, where b is read on branches that do not start there
  auto net = network({1, 1});
  net.tensor("V", {1, 1}, {3}).tensor("W", {1, 1}, {-1});
  net.node("MatMul", {"x", "V"}, {"a"}).node("MatMul", {"x", "W"}, {"b"});
  net.node("Add", {"a", "b"}, {"c"}).node("Relu", {"c"}, {"d"}).node("Relu", {"b"}, {"e"});
  net.node("Add", {"d", "e"}, {"f"}).node("Add", {"f", "c"}, {"y"});
  const Temporary file(".onnx", net.bytes());
  CHECK_THROWS_AS(io::series_parallel(model_of(net).graph), FormatError);
  const auto opened = onnx::open(file.name());
  const auto found = crown(opened, Box{{1}, {2}});  // 2 x + 0 + 2 x
  CHECK(found.lower[0] == doctest::Approx(4));
  CHECK(found.upper[0] == doctest::Approx(8));
}

TEST_CASE("a file that is none is named") {
  CHECK_THROWS_WITH_AS(onnx::open("/nowhere/net.onnx"), doctest::Contains("/nowhere/net.onnx"),
                       Error);
}
