// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/sharding/panels.hpp>

using namespace shardbound;

static_assert(panel_count(10, 10) == 1 && panel_height(10, 10) == 10);
static_assert(panel_count(1200, 1000) == 2 && panel_height(1200, 1000) == 1048);
static_assert(panel_count(0, 5) == 0);

TEST_CASE("panels cover every row once, in order, and stay near their size") {
  for (const index_t out : {1, 7, 8, 1000, 1200, 4096, 100'003})
    for (const index_t in : {1, 9, 784, 4096, 2'000'000}) {
      CAPTURE(out);
      CAPTURE(in);
      index_t next = 0;
      for (index_t p = 0; p < panel_count(out, in); ++p) {
        const auto [first, rows] = panel(out, in, p);
        CHECK(first == next);
        CHECK(rows > 0);
        const bool last = p + 1 == panel_count(out, in);
        CHECK((last || rows % row_group == 0));
        CHECK((rows <= row_group || rows * padded(in) <= panel_elements));
        next += rows;
      }
      CHECK(next == out);
    }
}
