// SPDX-License-Identifier: BSD-3-Clause

// What a query's rows are to an optimisation: one side at a time, with targets and groups for the lower one.

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

struct Setting {
  sb::Network<zoo::Mlp> network;
  sb::MethodPlan method{network.plan(), sb::Crown{}, {.domains = 2, .rows = 12, .starts = {3}}};
  sb::DomainState<double, sb::EigenBackend> state{network, 2};
  sb::RowPass<double, sb::EigenBackend> rows{network, method.routes(), 16, 0};
  sb::QueryRows<double, sb::EigenBackend> query{network, method};

  Setting() {
    HostNetwork::random(network, 2).copy_to(network);
    std::mt19937 random(3);
    std::vector<sb::InputSet> sets;
    for (int d = 0; d < 2; ++d) sets.push_back(random_box(random, 5, 0.4));
    state.set_domains(sets);
    for (int v = 1; v < network.plan().size(); ++v) {
      state.interval(v);
      if (network.plan().is_activation(v)) state.lines(v);
    }
  }
  void run(const sb::RowQuery& asked) {
    query.load(asked, {}, 2);
    query.run(rows, {&network.backend(), &network.exchange(), nullptr, nullptr}, state);
  }
};

}  // namespace

TEST_CASE("an objective is an aggregate that is empty at first") {
  const sb::Objective<double> none;
  CHECK(none.entries.empty());
  CHECK(none.known.lower.empty());
  CHECK(none.targets.empty());
  CHECK(none.largest.empty());
  CHECK(none.matrix.data == nullptr);
}

TEST_CASE("rows over every domain, from below, with their targets and groups") {
  Setting s;
  s.run({.matrix = {1, -2, 0.5, 0, 4, 0}, .targets = {-1, 2}, .groups = {7, 8}});
  const auto below = s.query.objective(1);
  CHECK(below.start == s.network.plan().output());
  CHECK(below.rows == sb::Trajectory::Rows::of_query);
  CHECK(below.matrix.columns == 3);
  CHECK(below.matrix.leading == 8);
  CHECK(below.matrix.data[8 + 1] == 4);
  REQUIRE(below.entries.size() == 4);
  for (std::size_t e = 0; e < 4; ++e) {
    CHECK(below.entries[e].index == static_cast<std::int32_t>(e % 2));
    CHECK(below.entries[e].domain == static_cast<std::int32_t>(e / 2));
    CHECK(below.entries[e].sign == 1);
  }
  CHECK(below.targets == std::vector<double>{-1, 2, -1, 2});
  CHECK(below.groups == std::vector<std::int32_t>{7, 8, 7, 8});
  CHECK(below.largest == std::vector<double>{4, 4});
  CHECK(s.query.objective(-1).entries.empty());
  CHECK(!s.query.has_sides());
}

TEST_CASE("both sides of rows over domains of their own") {
  Setting s;
  s.run({.matrix = {1, -2, 0.5, 0, 4, 0, 0.5, 0.5, 0.25},
         .domain = {1, 0, 1},
         .sides = sb::Sides::both,
         .targets = {1, 2, 3}});
  CHECK(s.query.has_sides());
  const auto below = s.query.objective(1), above = s.query.objective(-1);
  CHECK(below.largest == std::vector<double>{4, 2});
  CHECK(above.largest == below.largest);
  CHECK(above.rows == sb::Trajectory::Rows::of_query_from_above);
  CHECK(below.targets == std::vector<double>{1, 2, 3});
  CHECK(below.groups.empty());
  CHECK(above.targets.empty());  // nothing is good enough from above
  const std::int32_t domains[] = {1, 0, 1};
  for (const auto* one : {&below, &above}) {
    REQUIRE(one->entries.size() == 3);
    REQUIRE(one->known.lower.size() == 3);
    for (std::size_t e = 0; e < 3; ++e) {
      CHECK(one->entries[e].index == static_cast<std::int32_t>(e));
      CHECK(one->entries[e].domain == domains[e]);
      CHECK(one->entries[e].sign == (one == &below ? 1 : -1));
    }
  }
  // What is taken is what is known from then on, and what is read.
  sb::RowBounds<double> better = above.known;
  for (double& bound : better.lower) bound += 0.25;
  s.query.take(-1, better);
  CHECK(s.query.objective(-1).known.lower == better.lower);
  CHECK(s.query.objective(1).known.lower == below.known.lower);
  sb::Bounds<double> found;
  s.query.read(s.rows, s.state.inflation(), found);
  for (std::size_t e = 0; e < 3; ++e) {
    CHECK(found.rows.lower[e] == below.known.lower[e]);
    CHECK(found.rows.upper[e] == -better.lower[e]);
  }
  // Until other rows are loaded.
  s.run({.matrix = {1, 0, 0}});
  CHECK(s.query.objective(1).known.lower.size() == 2);
}

TEST_CASE("rows of a node inside, none smaller than 1") {
  Setting s;
  std::vector<double> row(17, 0.125);
  s.run({.matrix = row, .node = 3});
  const auto below = s.query.objective(1);
  CHECK(below.start == 3);
  CHECK(below.matrix.columns == 17);
  CHECK(below.largest == std::vector<double>{1, 1});
}
