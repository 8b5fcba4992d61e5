// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/attack.hpp>
#include <tests/support/small_network.hpp>

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
  Attack attack(*engine, property, {200, 16, 7});
  CHECK_FALSE(attack.try_points(0, attack.obvious_points(0)));
  const auto hit = attack.search({0, 0}, {1.5, -2.5}, nullptr);
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
  CHECK_FALSE(Attack(*engine, unreachable, {}).search({0, 0}, {}, nullptr));
  const Property reachable = at_least(2.5);
  const auto a = Attack(*engine, reachable, {40, 16, 3}).search({0, 0}, {}, nullptr);
  const auto b = Attack(*engine, reachable, {40, 16, 3}).search({0, 0}, {}, nullptr);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->x == b->x);
}

TEST_CASE("outputs that have to be equal to something are met between points on either side") {
  // |x_0| + |x_1| = 0.75 and x_0 - x_1 <= 0.
  const Property property{2, 2, {{{{-1, -3}, {2, 1}}, {{{1, 0, -1, 0, 0, 1}, {0.75, -0.75, 0}}}}}};
  const auto engine = small_engine();
  Attack attack(*engine, property, {});
  const auto hit = attack.search({0, 0}, {}, nullptr);
  REQUIRE(hit);
  CHECK(hit->y[0] == 0.75);
  CHECK(hit->y[1] <= 0);
}
