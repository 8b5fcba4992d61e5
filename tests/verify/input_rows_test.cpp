// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/input_rows.hpp>

using namespace shardbound;

namespace {

// One output, three inputs.
Property observing(std::vector<double> rows, std::vector<double> rhs) {
  Property property{3, 4, {}, Observed::outputs_and_inputs};
  property.regions.push_back({{{-1, -1, -1}, {1, 1, 1}}, {{std::move(rows), std::move(rhs)}}});
  return property;
}

}  // namespace

TEST_CASE("equalities give their last coordinate, one after the other") {
  // x_0 = x_1, and 2 x_2 = x_1 + 1
  const Property property =
      observing({0, 1, -1, 0, 0, -1, 1, 0, 0, 0, -1, 2, 0, 0, 1, -2}, {0, 0, 1, -1});
  const InputRows rows(property, property.regions[0].unsafe[0]);
  CHECK_FALSE(rows.empty());
  std::vector<double> x = {0.25, -0.5, 0};
  rows.settle(x, property.regions[0].box);
  CHECK(x == std::vector<double>{0.25, 0.25, 0.625});
}

TEST_CASE("a point beyond a row goes to its edge, one within stays") {
  const Property property = observing({0, -1, -1, 0}, {-1});  // x_0 + x_1 >= 1
  const InputRows rows(property, property.regions[0].unsafe[0]);
  std::vector<double> x = {0, 0, 0.5}, within = {1, 0.5, 0};
  rows.settle(x, property.regions[0].box);
  CHECK(x == std::vector<double>{0.5, 0.5, 0.5});
  rows.settle(within, property.regions[0].box);
  CHECK(within == std::vector<double>{1, 0.5, 0});
  std::vector<double> corner = {-1, 1, 0};
  rows.settle(corner, property.regions[0].box);
  CHECK(corner[0] + corner[1] == doctest::Approx(1).epsilon(0.3));
  CHECK(corner[1] <= 1);
}

TEST_CASE("rows that see outputs are not about inputs alone") {
  const Property property = observing({1, -1, 0, 0}, {0});
  CHECK(InputRows(property, property.regions[0].unsafe[0]).empty());
  Property plain{3, 1, {}};
  CHECK(InputRows(plain, Conjunction{{0}, {1}}).empty());
}

TEST_CASE("points are settled one by one") {
  const Property property = observing({0, -1, -1, 0}, {-1});  // x_0 + x_1 >= 1
  const InputRows rows(property, property.regions[0].unsafe[0]);
  std::vector<double> points = {0, 0, 0.5, 1, 0.5, 0};
  rows.settle_all(points, property.regions[0].box);
  CHECK(points == std::vector<double>{0.5, 0.5, 0.5, 1, 0.5, 0});
}
