// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/verify/region_rows.hpp>
#include <tests/support/searching.hpp>

using namespace shardbound_test;

TEST_CASE("rows of some regions, in the order of the property") {
  const sb::Conjunction one{{1, 2}, {0}}, two{{3, 4, 5, 6}, {1, 2}};
  const sb::Property property{2, 2, {{{}, {one}}, {{}, {two, one}}, {{}, {one}}}};
  const auto query = sb::rows_of(property, 1, 2);
  CHECK(query.matrix == std::vector<double>{3, 4, 5, 6, 1, 2, 1, 2});
  CHECK(query.domain == std::vector<std::int32_t>{0, 0, 0, 1});
}

TEST_CASE("a property of another network is refused") {
  CHECK_NOTHROW(sb::check_property({2, 2, {}}, 2, 2, "p"));
  CHECK_THROWS_AS(sb::check_property({2, 3, {}}, 2, 2, "p"), sb::ArgumentError);
  CHECK_THROWS_AS(sb::check_property({1, 2, {}}, 2, 2, "p"), sb::ArgumentError);
}

TEST_CASE("slopes of rows inside a network, of both sides") {
  // 2 - 6 - 5 - 2: the second layer's rows come by the first one's activations.
  CHECK(sb::most_slopes(searched_engine(1)->plan()) == 2.0 * 5 * 6);
}
