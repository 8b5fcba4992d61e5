// SPDX-License-Identifier: BSD-3-Clause

// What sums of planes prove, against their exact least values; and planes of rows.

#include <doctest/doctest.h>

#include <shardbound/verify/plane.hpp>
#include <tests/support/activations.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

using namespace shardbound;
using shardbound_test::uniform;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a sum of planes is above what it is above, and not by less than rounding") {
  std::mt19937 random(1);
  for (int draw = 0; draw < 2000; ++draw) {
    const std::size_t n = 1 + random() % 9, count = 1 + random() % 6;
    const double offset = draw % 2 ? 1000 : 0;  // far away numbers cancel
    Box box;
    for (std::size_t i = 0; i < n; ++i) {
      const double centre = offset + uniform(random), half = uniform(random, 0, 1);
      box.lower.push_back(centre - half);
      box.upper.push_back(centre + half);
    }
    std::vector<Plane> planes(count);
    std::vector<double> weights;
    for (Plane& plane : planes) {
      for (std::size_t i = 0; i < n; ++i) plane.coefficients.push_back(uniform(random));
      plane.constant = uniform(random);
      weights.push_back(random() % 4 ? uniform(random, 0, 2) : 0);
    }
    long double least = 0;
    for (std::size_t k = 0; k < count; ++k)
      least += static_cast<long double>(weights[k]) * planes[k].constant;
    for (std::size_t i = 0; i < n; ++i) {
      long double sum = 0;
      for (std::size_t k = 0; k < count; ++k)
        sum += static_cast<long double>(weights[k]) * planes[k].coefficients[i];
      least += sum * (sum > 0 ? box.lower[i] : box.upper[i]);
    }
    const auto exact = static_cast<double>(least);
    const double little = 1e-12 * (1 + offset);
    CHECK(sum_is_above(exact - 100 * little, box, planes, weights));
    CHECK_FALSE(sum_is_above(exact, box, planes, weights));
    CHECK_FALSE(sum_is_above(exact + little, box, planes, weights));
  }
}

TEST_CASE("weights that are none prove nothing") {
  const Box box{{-1}, {1}};
  const Plane high{{0}, 5}, low{{0}, -5}, wild{{inf}, 5}, none{{not_a_number}, 5};
  const Plane both[] = {high, low};
  CHECK(sum_is_above(0, box, both, std::vector<double>{1, 0}));
  CHECK_FALSE(sum_is_above(0, box, both, std::vector<double>{1, -1}));
  CHECK_FALSE(sum_is_above(0, box, both, std::vector<double>{-1, 0}));
  CHECK_FALSE(sum_is_above(0, box, both, std::vector<double>{not_a_number, 0}));
  CHECK_FALSE(sum_is_above(0, box, both, std::vector<double>{inf, 0}));
  CHECK_FALSE(sum_is_above(0, box, both, std::vector<double>{0, 0}));
  for (const Plane& bad : {wild, none})
    CHECK_FALSE(sum_is_above(0, box, {&bad, 1}, std::vector<double>{1}));
}

TEST_CASE("a row's plane is its linear bound less slack and threshold") {
  PartBounds found;
  found.kept = {1, 4};
  found.linear.coefficients = {1, 2, 3, 4};
  found.linear.constant = {10, -inf};
  found.linear.slack = {0.5, 0};
  const auto plane = row_plane(found, 1, 4, 0);
  REQUIRE(plane);
  CHECK(plane->coefficients == std::vector<double>{1, 2});
  CHECK(plane->constant == 5.5);
  CHECK(row_plane(found, 1, 4, 0.25)->constant == 5.25);
  CHECK_FALSE(row_plane(found, 0, 0, 0));  // it was good enough
  CHECK_FALSE(row_plane(found, 4, 0, 0));  // it has no bound
  CHECK_FALSE(row_plane(PartBounds{}, 0, 0, 0));
  PartBounds bare;  // of an engine without room for linear bounds
  bare.kept = {0};
  CHECK_FALSE(row_plane(bare, 0, 0, 0));
}
