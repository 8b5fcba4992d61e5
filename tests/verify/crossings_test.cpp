// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/crossings.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("an equality is met between a point below it and one above") {
  // |x_0| + |x_1| = 0.75 and x_0 - x_1 <= 0.
  const Property property{2, 2, {{small_box(), {{{1, 0, -1, 0, 0, 1}, {0.75, -0.75, 0}}}}}};
  const auto engine = small_engine();
  Judge judge(*engine, property, {});
  Crossings crossings(*engine, property, judge);
  const InputRows none(property, property.regions[0].unsafe[0]);
  const auto hit = crossings.between({0, 0}, {0, 0, -0.5, 1}, none, nullptr);
  REQUIRE(hit);
  CHECK(hit->y[0] == 0.75);
  CHECK(hit->y[1] <= 0);
  CHECK_FALSE(crossings.between({0, 0}, {0, 0, 0.1, 0.1}, none, nullptr));
}

TEST_CASE("where nothing has to be equal nothing is evaluated") {
  const Property property = at_least(1);
  const auto engine = small_engine();
  Judge judge(*engine, property, {});
  Crossings crossings(*engine, property, judge);
  const InputRows none(property, property.regions[0].unsafe[0]);
  CHECK_FALSE(crossings.between({0, 0}, {0, 0, 2, 1}, none, nullptr));
  CHECK_THROWS_AS(engine->gradients(std::vector<double>{1, 0}), ArgumentError);
}
