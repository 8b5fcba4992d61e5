// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/model_plan.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/onnx_cases.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("a file's plan is its type's") {
  const auto made = io::plan_of(model_of(small_onnx()));
  const PlanView planned = made.view(), typed = PlanOf<SmallNetwork>::view();
  REQUIRE(planned.size() == typed.size());
  for (int v = 0; v < typed.size(); ++v) {
    Node node = planned[v];
    node.operation = typed[v].operation;  // numbered otherwise
    node.lines = typed[v].lines;
    const bool same = node == typed[v];
    CHECK(same);
  }
}

TEST_CASE("policies reach layers by name, by tensor and by number") {
  auto net = network({1, 2});
  net.tensor("W", {2, 2}, {1, 0, 0, 1});
  net.node("MatMul", {"x", "W"}, {"a"}, {}, "first").node("Relu", {"a"}, {"b"}, {}, "act");
  net.node("MatMul", {"b", "W"}, {"c"}).node("Relu", {"c"}, {"d"});
  net.node("MatMul", {"d", "W"}, {"y"});
  const auto model = model_of(net);
  Policies policies;
  policies.layers = {
      {"first", WeightCut::panels}, {"c", WeightCut::rows}, {"5", WeightCut::columns}};
  const auto plan = io::plan_of(model, policies);
  CHECK(plan.view()[1].cut == WeightCut::panels);
  CHECK(plan.view()[3].cut == WeightCut::rows);
  CHECK(plan.view()[5].cut == WeightCut::columns);
  policies.layers = {{"nobody", WeightCut::rows}};
  CHECK_THROWS_WITH_AS(io::plan_of(model, policies),
                       doctest::Contains("net.onnx: there is no layer 'nobody'"), ArgumentError);
  policies.layers = {{"act", WeightCut::rows}};
  CHECK_THROWS_WITH_AS(io::plan_of(model, policies), doctest::Contains("'act' has no matrix"),
                       ArgumentError);
}

TEST_CASE("an activation that the list does not hold is refused") {
  auto net = network({1, 2});
  net.node("Tanh", {"x"}, {"y"}, {}, "curve");
  CHECK_THROWS_WITH_AS(io::plan_of<Functions<relax::ReLU>>(model_of(net)),
                       doctest::Contains("net.onnx: node 'curve': this program was built without "
                                         "the activation Tanh"),
                       ArgumentError);
}
