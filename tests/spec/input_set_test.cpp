// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/spec/input_set.hpp>

#include <random>

using namespace shardbound;
using expr::Norm;

TEST_CASE("a ball knows its bounding box") {
  const auto ball = InputSet::ball({1, -2}, 0.5, Norm::one);
  CHECK(ball.box == Box{{0.5, -2.5}, {1.5, -1.5}});
  CHECK(ball.norm == Norm::one);
  CHECK(InputSet::ball({3}, 0, Norm::two).box == Box{{3}, {3}});
}

TEST_CASE("the box of a ball holds it, however small the radius beside the centre") {
  for (const double centre : {1e10, -1e10, 1.0, 0.1})
    for (const double radius : {1e-10, 1e-17, 0.3}) {
      const auto box = InputSet::ball({centre}, radius, Norm::two).box;
      const long double exact_lower = static_cast<long double>(centre) - radius;
      const long double exact_upper = static_cast<long double>(centre) + radius;
      CHECK(box.lower[0] <= exact_lower);
      CHECK(box.upper[0] >= exact_upper);
    }
}

TEST_CASE("a radius that is none is refused") {
  for (const double radius : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(InputSet::ball({0}, radius, Norm::two), ArgumentError);
}

TEST_CASE("numbers leave double precision outwards, and no further than the next") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-310, 308);
  for (int i = 0; i < 10'000; ++i) {
    const double x = (i % 2 ? 1 : -1) * std::pow(10.0, exponent(random));
    const float below = round_down<float>(x), above = round_up<float>(x);
    REQUIRE(double{below} <= x);
    REQUIRE(double{above} >= x);
    REQUIRE((below == above || std::nextafter(below, INFINITY) == above));
    REQUIRE(round_down<double>(x) == x);
    REQUIRE(round_up<double>(x) == x);
  }
  CHECK(round_down<float>(1e300) == std::numeric_limits<float>::max());
  CHECK(round_up<float>(1e300) == INFINITY);
  CHECK(round_up<float>(-1e300) == std::numeric_limits<float>::lowest());
  CHECK(round_down<float>(0.0) == 0);
}
