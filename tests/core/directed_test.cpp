// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/core/directed.hpp>

#include <random>

using namespace shardbound;

TEST_CASE(
    "operations are rounded downwards and upwards, by one at most, and not where they are exact") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-12, 12), sign(-1, 1);
  using Wide = long double;  // 64 bits of mantissa or more decide most cases
  for (int i = 0; i < 100'000; ++i) {
    const double a = std::copysign(std::pow(10, exponent(random)), sign(random));
    const double b = std::copysign(std::pow(10, exponent(random)), sign(random));
    const auto check = [&](double down, double up, Wide wide, double nearest) {
      REQUIRE(static_cast<Wide>(down) <= wide);
      REQUIRE(static_cast<Wide>(up) >= wide);
      REQUIRE((down == up || std::nextafter(down, up) == up));
      REQUIRE((down == nearest || up == nearest));
    };
    check(add_down(a, b), add_up(a, b), static_cast<Wide>(a) + b, a + b);
    check(multiply_down(a, b), multiply_up(a, b), static_cast<Wide>(a) * b, a * b);
    check(divide_down(a, b), divide_up(a, b), static_cast<Wide>(a) / b, a / b);
  }
  CHECK(add_down(1, 2) == 3);
  CHECK(add_up(1, 1e-30) == std::nextafter(1, 2));
  CHECK(add_down(1, -1e-30) == std::nextafter(1, 0));
  CHECK(multiply_up(0.5, 3) == 1.5);
  CHECK(divide_up(3, 2) == 1.5);
  CHECK(divide_down(1, 3) < divide_up(1, 3));
  CHECK(divide_down(1, -3) < divide_up(1, -3));
}

TEST_CASE("what overflows or vanishes stays on its side") {
  const double infinity = std::numeric_limits<double>::infinity(),
               most = std::numeric_limits<double>::max();
  CHECK(add_down(most, most) == most);
  CHECK(add_up(most, most) == infinity);
  CHECK(add_down(infinity, 1) == infinity);
  CHECK(add_down(infinity, -infinity) == -infinity);
  CHECK(add_up(infinity, -infinity) == infinity);
  CHECK(multiply_down(most, 2) == most);
  CHECK(multiply_down(-most, 2) == -infinity);
  CHECK(multiply_down(0, infinity) == 0);
  CHECK(multiply_down(1e-200, 1e-200) < 0);
  CHECK(multiply_up(1e-200, 1e-200) > 0);
  CHECK(divide_up(1e-300, 1e300) > 0);
  CHECK(divide_down(-infinity, 2) == -infinity);
}
