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

TEST_CASE("layers that mix features arrive in the plan, and their tables in the network") {
  io::Model model;
  model.file = "made";
  model.inputs = 4;
  model.graph.layers.resize(1);
  const auto add = [&](io::Step::Kind kind, std::int64_t features, std::int64_t run,
                       std::vector<std::int32_t> from) {
    io::Step step;
    step.kind = kind;
    step.node = "n" + std::to_string(model.graph.size());
    step.features = features;
    step.run = run;
    model.graph.layers.push_back({step, "", std::move(from)});
    return model.graph.size() - 1;
  };
  const int gather = add(io::Step::Kind::gather, 6, 1, {0});
  auto& table = model.graph.layers[static_cast<std::size_t>(gather)].step;
  table.indices = {3, 1, 3, -1, 3, -1};
  table.fill = {0, 0, 0, -7, 0, 7};
  const int largest = add(io::Step::Kind::maximum, 2, 3, {gather});
  const int share = add(io::Step::Kind::softmax, 6, 3, {gather});
  const int total = add(io::Step::Kind::sum, 2, 3, {share});
  const int product = add(io::Step::Kind::multiply, 2, 1, {largest, total});
  const auto plan = io::plan_of<Functions<relax::ReLU>>(model);
  const PlanView view = plan.view();
  CHECK(view[gather].kind == NodeKind::gather);
  CHECK(view[gather].repeats == 3);
  CHECK(view[largest].kind == NodeKind::maximum);
  CHECK(view[largest].run == 3);
  CHECK(view[share].kind == NodeKind::softmax);
  CHECK(view[total].kind == NodeKind::sum);
  CHECK(view[product].kind == NodeKind::multiply);
  PlannedNetwork<double, EigenBackend, Functions<relax::ReLU>> network(
      plan, {}, std::make_unique<EigenBackend>());
  io::load(network, model);
  CHECK(network.missing().empty());
  const Box point{{1, 2, 0, 4}, {1, 2, 0, 4}};
  const auto found = ibp(network, point);
  CHECK(found.lower[0] == doctest::Approx(4));  // max(4, 2, 4), and a softmax sums to 1
  CHECK(found.upper[1] == doctest::Approx(7));
  model.graph.layers[static_cast<std::size_t>(share)].step.run = 2;
  CHECK_THROWS_WITH_AS(io::load(network, model), doctest::Contains("is a Softmax<2>"), FormatError);
}
