// SPDX-License-Identifier: BSD-3-Clause

// Which nodes get rows under which method, where rows stop, and what a capacity makes of that.

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/ibp.hpp>
#include <tests/support/random_plan.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using sb::MethodPlan;
using Stops = std::vector<int>;

namespace {

template <class Net>
MethodPlan plan_of(const sb::Method& method, const sb::Capacity& capacity = {}) {
  return MethodPlan(sb::PlanOf<Net>::view(), method, capacity);
}

}  // namespace

TEST_CASE("where rows stop") {
  using zoo::Mlp;  // 0 - 1 linear - 2 relu - 3 linear - 4 relu - 5 linear
  CHECK(plan_of<Mlp>(sb::Ibp{}).descents(5) == Stops{4});
  CHECK(plan_of<Mlp>(sb::CrownIbp{}).descents(5) == Stops{0});
  CHECK(plan_of<Mlp>(sb::Crown{}).descents(5) == Stops{0, 4});
  CHECK(plan_of<Mlp>(sb::Crown{}).descents(4) == Stops{0, 4});
  CHECK(plan_of<Mlp>(sb::Crown{}).descents(1) == Stops{0});  // its input is the network's
  CHECK(plan_of<Mlp>(sb::Crown{sb::Intermediates::textbook}).descents(5) == Stops{0});
}

TEST_CASE("which nodes get rows, and how many") {
  const auto crown = plan_of<zoo::Mlp>(sb::Crown{}, {.domains = 2});
  CHECK(crown.gets_rows(1));
  CHECK(crown.gets_rows(3));
  CHECK_FALSE(crown.gets_rows(2));
  CHECK_FALSE(crown.gets_rows(5));  // nothing reads it
  CHECK_FALSE(plan_of<zoo::Mlp>(sb::CrownIbp{}).gets_rows(3));
  CHECK(crown.most_listed() == 2 * 2 * 17);
  CHECK(crown.interval_is_exact(1, sb::expr::Norm::two));
  CHECK_FALSE(crown.interval_is_exact(3, sb::expr::Norm::infinity));
  CHECK(crown.only_reader(1) == 2);
  CHECK(plan_of<zoo::Nest>(sb::Crown{}).only_reader(1) < 0);  // a ReLU and a sigmoid
  CHECK(plan_of<zoo::Nest>(sb::Crown{}).lists_all(1));
}

TEST_CASE("routes for what there is room for") {
  const auto count = [](const sb::Capacity& capacity) {
    return plan_of<zoo::Mlp>(sb::Crown{}, capacity).routes().size();
  };
  CHECK(count({}) == 4);           // two pre-activations, two descents of the outputs
  CHECK(count({.rows = 3}) == 6);  // and two of the query's rows
  CHECK(count({.rows = 3, .linear_bounds = true}) == 8);
  CHECK(count({.rows = 3, .starts = {3, 5, sb::output_node}}) == 8);
  const auto one_run =
      plan_of<zoo::Mlp>(sb::Crown{}, {.rows = 3, .worst_points = true, .linear_bounds = true})
          .routes_of_a_run();
  CHECK(one_run.size() == 5);  // the first layer's intervals are exact over boxes
  int kept = 0, points = 0;
  for (const sb::Route& route : one_run) {
    kept += route.kept == Stops{0};
    points += route.points == sb::Route::Points::written;
  }
  CHECK(kept == 1);
  CHECK(points == 1);
}

TEST_CASE("nodes are noted once, the output under its own number") {
  const auto plan = plan_of<zoo::Mlp>(sb::Crown{}, {.rows = 1,
                                                    .linear_bounds = true,
                                                    .coefficients_at = {3, 0, 3, sb::output_node},
                                                    .given = {3}});
  CHECK(plan.starts() == Stops{5});
  CHECK(plan.kept() == Stops{0, 3, 5});
  CHECK(plan.given() == Stops{3});
}

TEST_CASE("what nodes that mix features read gets rows, all of it") {
  PlanWriter plan(3);
  const int first = plan.linear(4, 0), bent = plan.relu(first), next = plan.linear(4, bent);
  const int windows = plan.gather(8, next, 2);
  const int largest = plan.runs(sb::NodeKind::maximum, 2, windows);
  const int product = plan.multiply(bent, largest);
  const auto written = plan.written();
  const MethodPlan crown(written.view(), sb::Crown{}, {});
  CHECK(crown.only_reader(first) == bent);
  for (int v : {bent, next, largest}) {
    CAPTURE(v);
    CHECK(crown.gets_rows(v));
    CHECK(crown.lists_all(v));
  }
  CHECK_FALSE(crown.gets_rows(windows));
  CHECK_FALSE(crown.gets_rows(product));
  CHECK(crown.descents(product) == Stops{0, product});
}
