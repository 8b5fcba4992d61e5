// SPDX-License-Identifier: BSD-3-Clause

// What is asked about rows, and in which order it is answered.

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

struct Setting {
  sb::Network<zoo::Mlp> network;
  std::vector<sb::InputSet> sets;
  sb::Pass<double, sb::EigenBackend> pass{
      network, sb::Crown{}, {.domains = 2, .rows = 8, .coefficients_at = {2}, .starts = {3}}};

  Setting() {
    HostNetwork::random(network, 2).copy_to(network);
    std::mt19937 random(3);
    for (int d = 0; d < 2; ++d) sets.push_back(random_box(random, 5, 0.4));
  }
};

}  // namespace

TEST_CASE("both sides of a row are those of the row and of minus the row") {
  Setting s;
  const auto both = s.pass.run(
      s.sets, {.matrix = {1, -2, 0.5, 0, 1, 0}, .domain = {1, 0}, .sides = sb::Sides::both});
  const auto lower = s.pass.run(s.sets, {.matrix = {1, -2, 0.5, 0, 1, 0}, .domain = {1, 0}});
  const auto minus = s.pass.run(s.sets, {.matrix = {-1, 2, -0.5, 0, -1, 0}, .domain = {1, 0}});
  REQUIRE(both.rows.lower.size() == 2);
  CHECK(lower.rows.upper.empty());
  for (std::size_t r = 0; r < 2; ++r) {
    CHECK(both.rows.lower[r] == lower.rows.lower[r]);
    CHECK(both.rows.upper[r] == -minus.rows.lower[r]);
    CHECK(both.rows.slack[r] == std::max(lower.rows.slack[r], minus.rows.slack[r]));
  }
  CHECK(both.rows.lower[1] == doctest::Approx(both.outputs[0].lower[1]));
  CHECK(both.rows.upper[1] == doctest::Approx(both.outputs[0].upper[1]));
}

TEST_CASE("rows of a node inside are about its features") {
  Setting s;
  sb::RowQuery query{.matrix = std::vector<double>(17, 0), .domain = {1}, .node = 3};
  query.matrix[4] = 1;
  const auto found = s.pass.run(s.sets, query);
  CHECK(found.rows.lower[0] == doctest::Approx(s.pass.node_bounds(3)[1].lower[4]));
}

TEST_CASE("what does not fit is refused") {
  Setting s;
  const auto says = [&](const sb::RowQuery& query, const sb::Wanted& wanted, const char* sentence) {
    CHECK_THROWS_WITH_AS(s.pass.run(s.sets, query, wanted), sentence, sb::Error);
  };
  says({.matrix = std::vector<double>(15, 1)}, {},
       "10 rows for a pass prepared for 8, counting each for every domain and side. Fix: "
       "Capacity::rows");
  says({.matrix = {1, 2}}, {}, "the rows to bound hold 2 numbers where 0 rows of 3 outputs belong");
  says({.matrix = {1, 2}, .domain = {0}, .node = 3}, {},
       "the rows to bound hold 2 numbers where 1 rows of 17 features belong");
  says({.matrix = {1, 2, 3}}, {.worst_points = true},
       "worst points are asked for where Capacity has no room for them");
  says({.matrix = {1, 2, 3}}, {.linear_bounds = true},
       "linear bounds are asked for where Capacity has no room for them");
  CHECK_NOTHROW(s.pass.run(s.sets, {.matrix = {1, 2, 3}}, {.coefficients = true}));
}
