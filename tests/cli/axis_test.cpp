// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/axis.hpp>

#include <cmath>
#include <limits>
#include <vector>

using shardbound::cli::Axis;
using shardbound::cli::ticks_of;

TEST_CASE("numbers on an axis have the digits that tell them apart") {
  CHECK(Axis{-1, 2}.digits() == 4);
  CHECK(Axis{12345.678, 12345.680}.digits() >= 9);
  CHECK(Axis{-1e308, 1.5e308}.digits() == 4);
}

TEST_CASE("ticks are round numbers") {
  CHECK(ticks_of({-0.3, 0.9}) == std::vector<double>{-0.2, 0, 0.2, 0.4, 0.6000000000000001, 0.8});
  CHECK(ticks_of({0, 6}) == std::vector<double>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("as many ticks as there is room for") {
  CHECK(ticks_of({0, 100}, 4) == std::vector<double>{0, 20, 40, 60, 80, 100});
  CHECK(ticks_of({0, 100}, 2) == std::vector<double>{0, 50, 100});
}

TEST_CASE("ticks of logarithms are round numbers, too") {
  const auto numbers = [](const Axis& axis) {
    std::vector<double> found;
    for (const double tick : shardbound::cli::log_ticks_of(axis)) {
      CHECK(axis.shows(tick));
      found.push_back(std::round(std::pow(10, tick) * 1e4) / 1e4);
    }
    return found;
  };
  CHECK(numbers({-0.1, 1.1}) == std::vector<double>{1, 2, 5, 10});
  CHECK(numbers({-2.5, 1.5}) == std::vector<double>{0.01, 0.1, 1, 10});
  CHECK(numbers({-0.5, 20}).size() <= 8);
  CHECK(numbers({0.4, 0.6}).empty());
}

TEST_CASE("a place is a part of the axis, and never beside it") {
  const Axis axis{-2, 6};
  CHECK(axis.part(0) == 0.25);
  CHECK(axis.part(-9) == 0);
  CHECK(axis.part(std::numeric_limits<double>::infinity()) == 1);
  const double most = std::numeric_limits<double>::max();
  CHECK(Axis{-most, most}.part(0) == 0.5);
}
