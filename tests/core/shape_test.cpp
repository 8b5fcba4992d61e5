// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/shape.hpp>

using namespace shardbound;

static_assert(Shape{784}.elements() == 784 && Shape{784}.is_flat());
static_assert(Shape{3, 4, 5}.elements() == 60 && !Shape{3, 4, 5}.is_flat());
static_assert(Shape{3, 4, 5}.flattened() == Shape{60});
static_assert(Shape{6} != Shape{6, 1} && Shape{2, 3} != Shape{3, 2});
static_assert(Shape{1 << 20, 1 << 20}.elements() == index_t{1} << 40);

// Padding is idempotent, a whole number of groups, and never a full group too much.
static_assert(padded(0) == 0 && padded(1) == 8 && padded(8) == 8 && padded(9) == 16);
static_assert(padded_rows(0) == 16 && padded_rows(16) == 16 && padded_rows(17) == 24);
static_assert([] {
  for (index_t n = 0; n < 100; ++n) {
    if (padded(n) < n || padded(n) >= n + lanes || padded(n) % lanes) return false;
    if (padded(padded(n)) != padded(n) || padded_rows(padded_rows(n)) != padded_rows(n))
      return false;
    if (padded_rows(n) < n || padded_rows(n) < least_rows || padded_rows(n) % row_group)
      return false;
  }
  return true;
}());

TEST_CASE("shapes read as in messages") {
  CHECK(to_string(Shape{256}) == "256");
  CHECK(to_string(Shape{16, 8, 8}) == "16x8x8");
  CHECK(to_string(Shape{}) == "");
}
