// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/linear.hpp>

using namespace shardbound;

static_assert(BoundableLayer<Linear<10>> && Linear<10>::kind == NodeKind::product);
static_assert(Linear<10>::output(Shape{784}) == Shape{10});
static_assert(Linear<10>::cut == WeightCut::whole &&
              Linear<10, RowSharded>::cut == WeightCut::rows);
static_assert(Linear<10, FullySharded>::cut == WeightCut::panels);
static_assert(Linear<10, ColSharded>::cut == WeightCut::columns);

// The check behind "put Flatten between them"; the sentence itself is pinned in compile_fail/.
static_assert(FlatFeatures<Shape{784}> && !FlatFeatures<Shape{16, 8, 8}>);
static_assert((Linear<10>::check<Shape{784}>(), true));

TEST_CASE("wrong input still has an output shape, so that one mistake is one error") {
  CHECK(Linear<10>::output(Shape{16, 8, 8}) == Shape{10});
}
