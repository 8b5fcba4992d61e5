// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/make_unit.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;

TEST_CASE("a unit makes engines of its scalar, without a file too") {
  const auto narrow = cli::make_unit<shardbound_test::SmallNetwork, float>();
  const auto wide = cli::make_unit<shardbound_test::SmallNetwork, double>();
  CHECK(narrow.scalar == "float32");
  CHECK(wide.scalar == "float64");
  CHECK(narrow.make({})->scalar() == "float32");
  CHECK(wide.make({.threads = 2})->outputs() == 2);
  // Without a file there are no weights, and so no values.
  CHECK_THROWS_WITH_AS(wide.make({})->values(std::vector<double>{1, 1}),
                       doctest::Contains("misses its weight and bias"), ArgumentError);
}
