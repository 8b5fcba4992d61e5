// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/query.hpp>

using namespace shardbound::vnnlib;

TEST_CASE("sizes are products of extents, one without any") {
  CHECK(QueryTensor{"X", "real", {1, 2, 3}}.size() == 6);
  CHECK(QueryTensor{"X", "real", {}}.size() == 1);
  CHECK(size_of({QueryTensor{"X", "real", {2}}, QueryTensor{"Z", "real", {1, 3}}}) == 5);
  CHECK(size_of({}) == 0);
}
