// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/spec/half_spaces.hpp>

#include <random>

using namespace shardbound;

namespace {
const double infinity = std::numeric_limits<double>::infinity();
}

TEST_CASE("a half-space cuts the sides of a box that it reaches") {
  Box box{{0, 0}, {1, 1}};
  const HalfSpace half{{{0, -1}, {1, -1}}, -1.5};  // x + y >= 1.5
  CHECK(tighten(box, {&half, 1}));
  CHECK(box == Box{{0.5, 0.5}, {1, 1}});
  const HalfSpace beyond{{{0, -1}, {1, -1}}, -2.5};
  CHECK_FALSE(tighten(box, {&beyond, 1}));
}

TEST_CASE("an equality hands bounds on to a coordinate that has none") {
  Box box{{-1, -infinity}, {2, infinity}};
  const HalfSpace both[] = {{{{0, 1}, {1, -1}}, 0}, {{{0, -1}, {1, 1}}, 0}};
  CHECK(tighten(box, both));
  CHECK(box == Box{{-1, -1}, {2, 2}});
  // One infinity is enough to say nothing of the others.
  Box open{{-infinity, 0, 0}, {infinity, 1, infinity}};
  const HalfSpace sum{{{0, 1}, {1, 1}, {2, 1}}, 5};
  CHECK(tighten(open, {&sum, 1}));
  CHECK(open == Box{{-infinity, 0, 0}, {5, 1, infinity}});
}

TEST_CASE("no point of the box that is in all half-spaces is lost") {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> number(-2, 2);
  int inside = 0;
  for (int i = 0; i < 4'000; ++i) {
    Box box{{-1, -1, -1}, {1, 1, 1}};
    std::vector<HalfSpace> halves(3);
    for (HalfSpace& half : halves) {
      for (std::size_t k = 0; k < 3; ++k) half.coefficients.emplace_back(k, number(random));
      half.rhs = number(random) / 2;
    }
    const bool left = tighten(box, halves);
    for (int point = 0; point < 20; ++point) {
      const double x[] = {number(random) / 2, number(random) / 2, number(random) / 2};
      bool in = true;
      for (const HalfSpace& half : halves) {
        long double sum = 0;
        for (const auto& [k, factor] : half.coefficients)
          sum += static_cast<long double>(factor) * x[k];
        in = in && sum <= half.rhs;
      }
      if (!in) continue;
      ++inside;
      REQUIRE(left);
      for (std::size_t k = 0; k < 3; ++k) REQUIRE((x[k] >= box.lower[k] && x[k] <= box.upper[k]));
    }
  }
  CHECK(inside > 1000);
}
