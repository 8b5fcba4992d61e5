// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/expr/line_source.hpp>

using namespace shardbound;
using namespace shardbound::expr;

static_assert([] {
  const float numbers[64] = {};
  const Strided<float> all{numbers}, domains{numbers, 8, 0}, rows{numbers, 0, 8};
  if (all.at(5, 3) != numbers) return false;  // one set for all
  if (domains.at(5, 3) != numbers + 24) return false;
  return rows.at(5, 3) == numbers + 40 && rows.from(2).at(3, 3) == numbers + 40 &&
         domains.from(2).at(3, 3) == numbers + 24;
}());

TEST_CASE("a tile further down reads the lines of its own rows") {
  const double planes[6][64] = {};
  const std::int32_t slots[8] = {};
  const auto source = [&](index_t per_domain, index_t per_row) {
    const auto at = [&](int i) { return Strided<double>{planes[i], per_domain, per_row}; };
    return LineSource<double>{at(0), at(1), at(2), at(3), at(4), at(5), {slots, 8, planes[0], 16},
                              {}};
  };
  CHECK(source(0, 0).is_shared());
  CHECK(source(8, 0).is_shared());
  CHECK(!source(0, 8).is_shared());
  for (const index_t per_domain : {0, 8}) {
    CHECK(source(per_domain, 0).from(3).lower_slope.data == planes[0]);
    CHECK(source(per_domain, 0).from(3).upper_slack.data == planes[5]);
  }
  const auto below = source(0, 8).from(3);
  CHECK(below.lower_slope.data == planes[0] + 24);
  CHECK(below.lower_intercept.data == planes[1] + 24);
  CHECK(below.upper_slope.data == planes[2] + 24);
  CHECK(below.upper_intercept.data == planes[3] + 24);
  CHECK(below.lower_slack.data == planes[4] + 24);
  CHECK(below.upper_slack.data == planes[5] + 24);
  // Parameters are found by a row's home, wherever its tile begins.
  CHECK(below.lower.slot == slots);
  CHECK(below.lower.value == planes[0]);
  CHECK(below.lower.leading == 16);
}

TEST_CASE("one set among lines that are the rows' own is enough for a source not to be shared") {
  const double numbers[8] = {};
  for (int own = 0; own < 6; ++own) {
    const auto at = [&](int i) { return Strided<double>{numbers, 0, i == own ? 8 : 0}; };
    CHECK(!LineSource<double>{at(0), at(1), at(2), at(3), at(4), at(5), {}, {}}.is_shared());
  }
}
