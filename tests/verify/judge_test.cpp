// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/judge.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("the first point that satisfies a clause is a hit") {
  const auto engine = small_engine();
  const Property property = at_least(1.5);
  Judge judge(*engine, property, {});
  const std::vector<double> points = {0, 0, 1, 0.5, 2, 1};
  const auto hit = judge.first_hit({0, 0}, points, engine->values(points), nullptr);
  REQUIRE(hit);
  CHECK(hit->x == std::vector<double>{1, 0.5});
  CHECK(hit->y == std::vector<double>{1.5, 0.5});
  CHECK_FALSE(judge.has_moved());
  CHECK_FALSE(judge.satisfies({0, 0}, std::vector<double>{std::nan(""), 0}));
}

TEST_CASE(
    "of a network of float32 the point is one of float32, and what else is certified is spare") {
  const auto engine = small_engine(), single = small_engine<float>();
  // y_0 >= 0.3 over [0.1, 0.2] x {0.1}, where no float32 number is 0.1.
  const Property property{2, 2, {{{{0.1, 0.1}, {0.2, 0.1}}, {{{-1, 0}, {-0.3 + 1e-12}}}}}};
  Judge judge(*engine, property, [&]() -> Engine& { return *single; });
  const std::vector<double> points = {0.2, 0.1};
  CHECK_FALSE(judge.first_hit({0, 0}, points, engine->values(points), nullptr));
  CHECK(judge.has_moved());
  CHECK_FALSE(judge.has_moved());
  REQUIRE(judge.spare());
  CHECK(judge.spare()->x == points);
}
