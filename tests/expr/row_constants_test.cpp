// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/expr/row_constants.hpp>

using namespace shardbound::expr;

TEST_CASE("full and partial move together, and stay apart") {
  double full[2][8] = {}, partial[2][8] = {};
  const RowConstants<double> constants{{full[0], full[1]}, {partial[0], partial[1]}};
  const auto below = constants.from(3);
  CHECK(below.full.constant == full[0] + 3);
  CHECK(below.full.slack == full[1] + 3);
  CHECK(below.partial.constant == partial[0] + 3);
  CHECK(below.partial.slack == partial[1] + 3);
}
