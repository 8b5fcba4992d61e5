// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/spec/property.hpp>

#include <limits>

using namespace shardbound;

TEST_CASE("a box that is none is refused in one sentence") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(check_box({{0, 1}, {0, 2}}, 2, "the box"));
  CHECK_THROWS_WITH_AS(check_box({{0}, {1}}, 2, "the box"),
                       "the box has 1 lower and 1 upper bounds where the network has 2 inputs",
                       ArgumentError);
  CHECK_THROWS_AS(check_box({{0, 0}, {1}}, 2, "the box"), ArgumentError);
  CHECK_THROWS_WITH_AS(check_box({{0, -infinity}, {1, 1}}, 2, "the box"),
                       "the box is not finite at input 1", ArgumentError);
  CHECK_THROWS_AS(check_box({{0, 0}, {1, std::nan("")}}, 2, "the box"), ArgumentError);
  CHECK_THROWS_WITH_AS(check_box({{0, 2}, {1, 1}}, 2, "the box"),
                       "the box is empty: lower 2.000000 is above upper 1.000000 at input 1",
                       ArgumentError);
}

TEST_CASE("a property's regions are counted from the front") {
  Property property;
  property.regions.push_back({{{1}, {2}}, {{{1, -1}, {0.5}}}});
  CHECK(property.input_box(0) == Box{{1}, {2}});
  CHECK(property.input_box(0).size() == 1);
  CHECK(property.regions[0].unsafe[0].size() == 1);
  CHECK_THROWS(property.input_box(1));
}
