// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/expr/line_source.hpp>

using namespace shardbound;
using namespace shardbound::expr;

static_assert([] {
  LineSource<float> source;
  source.leading = 8;
  source.per = LinesPer::neuron;
  if (source.line(5, 3) != 0) return false;  // one set of lines for all
  source.per = LinesPer::domain;
  if (source.line(5, 3) != 24) return false;
  source.per = LinesPer::row;
  return source.line(5, 3) == 40;
}());

TEST_CASE("a tile further down reads the lines of its own rows") {
  const double planes[4][32] = {}, slacks[2][8] = {};
  LineSource<double> source{planes[0], planes[1], planes[2], planes[3], slacks[0], slacks[1], 8};
  for (const auto per : {LinesPer::neuron, LinesPer::domain}) {
    source.per = per;
    CHECK(source.from(3).lower_slope == planes[0]);
    CHECK(source.from(3).upper_intercept == planes[3]);
  }
  source.per = LinesPer::row;
  const auto below = source.from(3);
  CHECK(below.lower_slope == planes[0] + 24);
  CHECK(below.lower_intercept == planes[1] + 24);
  CHECK(below.upper_slope == planes[2] + 24);
  CHECK(below.upper_intercept == planes[3] + 24);
  CHECK(below.lower_slack == slacks[0]);  // slacks are per domain
  CHECK(below.line(0, 0) + 24 == source.line(3, 0));
}
