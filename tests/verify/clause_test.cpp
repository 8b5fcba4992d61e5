// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/clause.hpp>

using namespace shardbound;

TEST_CASE("clauses are pairs of region and conjunction in the property's order") {
  Property property{1, 1, {}};
  property.regions.resize(2);
  property.regions[0].unsafe.resize(2);
  property.regions[1].unsafe.resize(1);
  const auto clauses = clauses_of(property);
  REQUIRE(clauses.size() == 3);
  CHECK(clauses[1].region == 0);
  CHECK(clauses[1].conjunction == 1);
  CHECK(clauses[2].region == 1);
}

TEST_CASE("the furthest row decides whether a point is in a conjunction") {
  const Conjunction set{{1, 0, 0, 1}, {1, 2}};  // y_0 <= 1 and y_1 <= 2
  const auto at = [&](double a, double b) {
    const double y[] = {a, b};
    return furthest_row(set, y);
  };
  CHECK(at(1, 2).excess == 0);
  CHECK(at(0, 5).row == 1);
  CHECK(at(0, 5).excess == 3);
  CHECK(at(4, 0).row == 0);
  CHECK_FALSE(at(std::nan(""), 0).excess <= 0);
  CHECK_FALSE(at(0, std::nan("")).excess <= 0);
}
