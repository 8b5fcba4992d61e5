// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/decimal.hpp>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

using namespace shardbound;

namespace {

double read(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

}  // namespace

TEST_CASE("the shortest decimal reads back as the same number") {
  CHECK(decimal(0.1) == "0.1");
  CHECK(decimal(1e-300) == "1e-300");
  CHECK(decimal(-2) == "-2");
  CHECK(read(decimal(1.0 / 3)) == 1.0 / 3);
}

TEST_CASE("what is shortened stays on its side") {
  CHECK(decimal_below(1.0 / 3, 3) == "0.333");
  CHECK(decimal_above(1.0 / 3, 3) == "0.334");
  CHECK(decimal_below(-1.0 / 3, 3) == "-0.334");
  CHECK(decimal_above(-1.0 / 3, 3) == "-0.333");
  CHECK(decimal_below(9.9999999999, 3) == "9.99");
  CHECK(decimal_above(9.9999999999, 3) == "10");
  for (double exact : {0.0, 0.25, -3.0, 1e-15, 1e300}) {
    CHECK(read(decimal_below(exact, 9)) == exact);
    CHECK(read(decimal_above(exact, 9)) == exact);
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(decimal_below(-infinity, 9) == "-inf");
  CHECK(decimal_above(infinity, 9) == "inf");
}

TEST_CASE("whatever the number, it lies between two decimals that are next to each other") {
  std::mt19937_64 random(1);
  int outside = 0, apart = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto bits = random();
    double x = 0;
    std::memcpy(&x, &bits, sizeof x);
    if (!std::isnormal(x) || std::abs(x) > 1e307) continue;
    const int digits = 1 + i % 12;
    const double below = read(decimal_below(x, digits)), above = read(decimal_above(x, digits));
    outside += !(below <= x && x <= above);
    const double unit = std::pow(10, std::floor(std::log10(std::abs(x))) - digits + 1);
    apart += std::abs(x) > 1e-290 && above - below > 1.01 * unit;
  }
  CHECK(outside == 0);
  CHECK(apart == 0);
}
