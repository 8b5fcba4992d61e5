// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/attack.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/small_network.hpp>

#include <cmath>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("centre and corners are tried") {
  const auto engine = small_engine();
  const Property property = at_least(3);
  Attack attack(*engine, property, {});
  const auto points = attack.obvious_points(0);
  CHECK(points.size() == 2 * (1 + 4));
  const auto hit = attack.try_points(0, points);  // only a corner with x_0 = 2 reaches 3
  REQUIRE(hit);
  CHECK(hit->x[0] == 2);
  CHECK(hit->y[0] == 3);
}

TEST_CASE("the descent finds what no corner shows, and only inside the box") {
  // Unsafe: y_0 <= 0.25, reached around the origin alone.
  const Property property{2, 2, {{{{-1, -3}, {2, 1}}, {{{1, 0}, {0.25}}}}}};
  const auto engine = small_engine();
  Attack attack(*engine, property, {7});
  CHECK_FALSE(attack.try_points(0, attack.obvious_points(0)));
  const auto hit = attack.search({0, 0}, {1.5, -2.5}, {}, nullptr);
  REQUIRE(hit);
  CHECK(hit->y[0] <= 0.25);
  CHECK(std::abs(hit->x[0]) + std::abs(hit->x[1]) == doctest::Approx(hit->y[0]));
  for (int i : {0, 1}) {
    CHECK(hit->x[i] >= property.regions[0].box.lower[i]);
    CHECK(hit->x[i] <= property.regions[0].box.upper[i]);
  }
}

TEST_CASE("what cannot be reached is not found, and the same seed gives the same points") {
  const auto engine = small_engine();
  const Property unreachable = at_least(3.0000001);
  CHECK_FALSE(Attack(*engine, unreachable, {}).search({0, 0}, {}, {}, nullptr));
  const Property reachable = at_least(2.5);
  const auto a = Attack(*engine, reachable, {3}).search({0, 0}, {}, {}, nullptr);
  const auto b = Attack(*engine, reachable, {3}).search({0, 0}, {}, {}, nullptr);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->x == b->x);
}

TEST_CASE("outputs that have to be equal to something are met between points on either side") {
  // |x_0| + |x_1| = 0.75 and x_0 - x_1 <= 0.
  const Property property{2, 2, {{{{-1, -3}, {2, 1}}, {{{1, 0, -1, 0, 0, 1}, {0.75, -0.75, 0}}}}}};
  const auto engine = small_engine();
  Attack attack(*engine, property, {});
  const auto hit = attack.search({0, 0}, {}, {}, nullptr);
  REQUIRE(hit);
  CHECK(hit->y[0] == 0.75);
  CHECK(hit->y[1] <= 0);
}

namespace {

/// |x_0| + |x_1| and x_0 - x_1 within 1e-6 of what they are at a point of positive numbers, and at the one with the
/// negatives of both in the other order: some 1e-12 of the box.
Conjunction needle(double x_0, double x_1) {
  const double sum = std::abs(x_0) + std::abs(x_1), difference = x_0 - x_1, width = 1e-6;
  return {{1, 0, -1, 0, 0, 1, 0, -1},
          {sum + width, width - sum, difference + width, width - difference}};
}

}  // namespace

TEST_CASE("a set that no random point is in is met") {
  const Property property{2, 2, {{{{-1, -3}, {2, 1}}, {needle(0.7, 0.45), needle(0.3, 0.2)}}}};
  const auto engine = small_engine();
  for (const std::uint64_t seed : {1, 2, 3, 4, 5})
    for (const std::size_t clause : {0, 1}) {
      const auto hit = Attack(*engine, property, {seed}).search({0, clause}, {}, {}, nullptr);
      REQUIRE(hit);
      const double first = clause == 0 ? 0.7 : 0.3, second = clause == 0 ? 0.45 : 0.2;
      CHECK(hit->x[0] == doctest::Approx(hit->x[0] > 0 ? first : -second).epsilon(1e-4));
    }
}

TEST_CASE("of many targets those that are nearest are tried first") {
  // Three clauses of two regions, of which one of the second can be met.
  const Region near{{{-1, -3}, {2, 1}}, {{{1, 0}, {-1}}, needle(0.7, 0.45)}};
  const Property property{2, 2, {{small_box(), {{{1, 0}, {-1}}}}, near}};
  const auto engine = small_engine();
  const std::vector<Target> targets = {{{0, 0}, {1, 1}}, {{1, 0}}, {{1, 1}}};
  Effort effort;
  effort.walkers = 8;
  const auto hit = Attack(*engine, property, {}).search(targets, effort, nullptr);
  REQUIRE(hit);
  CHECK(hit->clause.region == 1);
  CHECK(hit->clause.conjunction == 1);
  effort.steps = 0;
  CHECK_FALSE(Attack(*engine, property, {}).search(targets, effort, nullptr));
}

TEST_CASE("starts are where points begin") {
  const Property property{2, 2, {{{{-1, -3}, {2, 1}}, {needle(0.7, 0.45)}}}};
  const auto engine = small_engine();
  Effort effort;
  effort.steps = 0;
  const auto hit = Attack(*engine, property, {}).search({0, 0}, {0.7, 0.45}, effort, nullptr);
  REQUIRE(hit);
  CHECK(hit->x == std::vector<double>{0.7, 0.45});
}

TEST_CASE("any number of ranks finds the same point") {
  const Property property{2, 2, {{{{-1, -3}, {2, 1}}, {needle(0.7, 0.45)}}}};
  const auto on = [&](int ranks) {
    return on_ranks(ranks, [&](AnyCommunicator communicator) {
      auto network = std::make_unique<Network<SmallNetwork>>(std::move(communicator));
      network->set_linear(1, small_first, std::vector<float>(4));
      network->set_linear(3, small_second, std::vector<float>(2));
      EngineOf<double, EigenBackend> engine(std::move(network));
      CancelToken token;
      const auto hit = Attack(engine, property, {}).search({0, 0}, {}, {}, &token);
      return hit ? hit->x : std::vector<double>{};
    });
  };
  const auto alone = on(1);
  CHECK(alone.size() == 2);
  CHECK(on(2) == alone);
  CHECK(on(3) == alone);
}
