// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/expr/row_constants.hpp>

using namespace shardbound::expr;

TEST_CASE("whole and owed move together, and stay apart") {
  double whole[2][8] = {}, owed[2][8] = {};
  const RowConstants<double> constants{{whole[0], whole[1]}, {owed[0], owed[1]}};
  const auto below = constants.from(3);
  CHECK(below.whole.constant == whole[0] + 3);
  CHECK(below.whole.slack == whole[1] + 3);
  CHECK(below.owed.constant == owed[0] + 3);
  CHECK(below.owed.slack == owed[1] + 3);
}
