// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/network/plan_of.hpp>
#include <shardbound/verify/descent.hpp>
#include <tests/support/small_network.hpp>

#include <cmath>
#include <limits>

using namespace shardbound;
using namespace shardbound_test;

namespace {

using Rule = Descending::Rule;

// Steps towards a set of y = x over a box, from a point; stops where the set is reached.
struct Way {
  std::vector<double> x;
  int steps = 0;
};
Way way_to(const Conjunction& set, const Box& box, std::vector<double> x, Rule rule, int most) {
  std::mt19937_64 random(1);
  Descending descending(x.size(), random);
  descending.add(descending.add_goal(set, box), x, rule);
  Way way{x};
  for (; way.steps < most && shortfall_of(set, way.x).distance > 1e-4; ++way.steps) {
    descending.move(descending.rows(descending.points()));
    way.x = descending.points();
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(way.x[i] >= box.lower[i]);
      CHECK(way.x[i] <= box.upper[i]);
    }
  }
  return way;
}

}  // namespace

TEST_CASE("what is missing is the sum of the rows that are not satisfied") {
  const Conjunction set{{1, 0, 0, 1, 1, 1}, {0, 0, 5}};
  const auto found = shortfall_of(set, std::vector<double>{2, 1});
  CHECK(found.distance == 3);
  CHECK(found.row == std::vector<double>{1, 1});
  // Inside, but not by a margin; and well inside.
  const auto edge = shortfall_of(set, std::vector<double>{-1, 0});
  CHECK(edge.distance == doctest::Approx(1e-5));
  CHECK(edge.row == std::vector<double>{0, 1});
  CHECK(shortfall_of(set, std::vector<double>{-1, -1}).distance == 0);
  const double nan = std::nan("");
  CHECK(shortfall_of(set, std::vector<double>{nan, 0}).distance ==
        std::numeric_limits<double>::infinity());
}

TEST_CASE("of two rows that are an equality one counts, not the difference of both") {
  const Conjunction set{{1, -1}, {0.5, -0.5}};
  CHECK(shortfall_of(set, std::vector<double>{0.75}).row == std::vector<double>{1});
  CHECK(shortfall_of(set, std::vector<double>{0.25}).row == std::vector<double>{-1});
}

TEST_CASE("projections meet a narrow set in a few steps, whatever the widths of coordinates") {
  // x_0 + x_1 = -1 and x_0 - 100 x_1 = 0, almost.
  const Conjunction set{{1, 1, -1, -1, 1, -100, -1, 100}, {-0.99, 1.01, 1e-3, 1e-3}};
  const Box box{{-2, -0.02}, {2, 0.02}};
  const Way way = way_to(set, box, {1.5, 0.01}, Rule::projections, 40);
  CHECK(way.steps < 40);
  CHECK(way.x[0] + way.x[1] == doctest::Approx(-1).epsilon(0.02));
}

TEST_CASE("signs and corners cross a box of many coordinates at once") {
  const std::size_t n = 100;
  Conjunction set{{}, {-95}};
  for (std::size_t i = 0; i < n; ++i) set.rows.push_back(i % 2 ? 1 : -1);
  const Box box{std::vector<double>(n, -1), std::vector<double>(n, 1)};
  CHECK(way_to(set, box, std::vector<double>(n), Rule::corners, 5).steps == 1);
  CHECK(way_to(set, box, std::vector<double>(n), Rule::signs, 5).steps <= 3);
}

TEST_CASE("a point that comes no nearer, or has no gradient, begins again within its box") {
  const Conjunction set{{1}, {-1}};
  const Box box{{0}, {1}};
  for (const bool is_lost : {false, true}) {
    std::mt19937_64 random(1);
    Descending descending(1, random);
    const std::vector<double> x = {0}, nothing = {std::nan("")};
    descending.add(descending.add_goal(set, box), x, Rule::projections);
    bool moved = false;
    for (int step = 0; step < 10; ++step) {
      const auto rows = descending.rows(descending.points());
      descending.move(is_lost ? nothing : rows);
      const double at = descending.points()[0];
      CHECK(at >= 0);
      CHECK(at <= 1);
      moved = moved || at > 0;
    }
    CHECK(moved);
  }
}

TEST_CASE("a direction is followed first") {
  const Conjunction set{{1, 0}, {-10}};
  const Box box{{-1, -1}, {1, 1}};
  std::mt19937_64 random(1);
  Descending descending(2, random);
  const std::vector<double> x = {0, 0};
  descending.add(descending.add_goal(set, box), x, Rule::signs, {0, -1});
  for (int step = 0; step < 3; ++step) {
    const auto rows = descending.rows(descending.points());
    CHECK(rows == std::vector<double>{0, -1});
    descending.move(rows);
  }
  CHECK(descending.points() == std::vector<double>{0, 1});
  CHECK(descending.rows(descending.points()) == std::vector<double>{1, 0});
}

TEST_CASE("efforts grow, and are less for each point of a larger network") {
  const auto small = small_engine();
  const auto quick = Effort::quick(small->plan()), usual = Effort::usual(small->plan()),
             thorough = Effort::thorough(small->plan());
  const auto visits = [](const Effort& effort) { return effort.walkers * effort.steps; };
  CHECK(visits(quick) < visits(usual));
  CHECK(visits(usual) < visits(thorough));
  using Large = Sequential<Input<1000>, Linear<1000>, ReLU, Linear<1000>>;
  const PlanView large = PlanOf<Large>::view();
  const auto less = Effort::quick(large);
  CHECK(visits(less) < visits(quick));
  CHECK(work_of(large) == 2e6 + 16 * 4000);
  CHECK(usual.walkers_each(3) == static_cast<std::size_t>(usual.walkers) / 3);
  CHECK(less.walkers_each(100) == 2);  // of the few clauses that are nearest
  CHECK(less.goals(2) == static_cast<std::size_t>(less.walkers) / 2);
}
