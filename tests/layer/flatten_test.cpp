// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/flatten.hpp>

using namespace shardbound;

static_assert(BoundableLayer<Flatten> && Flatten::is_reshape);
static_assert(Flatten::output(Shape{16, 8, 8}) == Shape{1024});
static_assert(Flatten::output(Shape{5}) == Shape{5});

TEST_CASE("flattening keeps the number of features") {
  CHECK(Flatten::output(Shape{2, 3, 4, 5}).elements() == 120);
}
