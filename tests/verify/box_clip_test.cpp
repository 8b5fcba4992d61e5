// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/box_clip.hpp>
#include <shardbound/verify/clause.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace shardbound;

TEST_CASE("each coordinate is left what the others leave to it") {
  // x_0 + 2 x_1 - 1 <= 0 over [0, 4] x [0, 3], and the other way round.
  const std::vector<double> row = {1, 2}, opposite = {-1, -2};
  Box box{{0, 0}, {4, 3}};
  CHECK(clip(box, {row, -1, 0, 0}));
  CHECK(box == Box{{0, 0}, {1, 0.5}});
  box = {{0, 0}, {4, 3}};
  CHECK(clip(box, {opposite, 9, 0, 0}));  // x_0 + 2 x_1 >= 9
  CHECK(box == Box{{3, 2.5}, {4, 3}});
  box = {{0, 0}, {4, 3}};
  CHECK(clip(box, {row, 0, 0.5, 0.5}));  // the slack is added to the threshold
  CHECK(box == Box{{0, 0}, {1, 0.5}});
}

TEST_CASE("a box without points in the half-space is empty, one that touches it is not") {
  const std::vector<double> row = {1, -1};
  Box box{{0, 0}, {1, 1}};
  CHECK_FALSE(clip(box, {row, 1.5, 0, 0}));
  CHECK(box == Box{{0, 0}, {1, 1}});
  CHECK(clip(box, {row, 1, 0, 0}));
  CHECK(box == Box{{0, 1}, {0, 1}});
}

TEST_CASE("what is not finite cuts nothing off") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Box whole{{-1, -1}, {1, 1}};
  for (const double strange : {infinity, nan}) {
    const std::vector<double> row = {1, 1}, other = {strange, 1};
    for (const RowBelow& below : {RowBelow{row, -strange, 0, -5}, RowBelow{row, 0, strange, -5},
                                  RowBelow{row, 0, 0, strange}, RowBelow{other, 0, 0, -5}}) {
      Box box = whole;
      CHECK(clip(box, below));
      CHECK(box == whole);
    }
  }
}

TEST_CASE("no point of the half-space is cut off, whatever the numbers") {
  std::mt19937_64 random(5);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-52 - 1; };
  int smaller = 0;
  for (const int reach : {0, 30, 500}) {  // of exponents
    const auto number = [&] {
      if (random() % 8 == 0) return 0.0;
      const int exponent = reach > 0 ? static_cast<int>(random() % (2 * reach)) - reach : 0;
      return std::ldexp(uniform(), exponent);
    };
    for (int round = 0; round < 20000; ++round) {
      const std::size_t n = 1 + random() % 5;
      Box box;
      Conjunction set;
      std::vector<double> x;
      for (std::size_t i = 0; i < n; ++i) {
        double a = number(), b = number();
        if (random() % 8 == 0) b = std::nextafter(a, 1.0);
        if (a > b) std::swap(a, b);
        box.lower.push_back(a), box.upper.push_back(b);
        const double inside = a + (uniform() / 2 + 0.5) * (b - a);
        x.push_back(random() % 4 == 0   ? a
                    : random() % 4 == 0 ? b
                                        : std::max(a, std::min(b, inside)));
        set.rows.push_back(number());
      }
      // The point lies on the edge of the half-space, or just inside.
      set.rhs = {0};
      const double threshold = row_value(set, 0, x);
      if (!std::isfinite(threshold)) continue;
      Box clipped = box;
      REQUIRE(clip(clipped, {set.rows, 0, 0, threshold}));
      smaller += clipped != box;
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(clipped.lower[i] >= box.lower[i]);
        REQUIRE(clipped.upper[i] <= box.upper[i]);
        REQUIRE(clipped.lower[i] <= x[i]);
        REQUIRE(x[i] <= clipped.upper[i]);
      }
    }
  }
  CHECK(smaller > 10000);
}

TEST_CASE("the hull holds both boxes") {
  Box hull{{0, 0}, {1, 1}};
  widen(hull, {{-1, 0.5}, {0.5, 2}});
  CHECK(hull == Box{{-1, 0}, {1, 2}});
}
