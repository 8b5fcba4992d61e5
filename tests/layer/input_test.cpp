// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/input.hpp>

using namespace shardbound;

static_assert(BoundableLayer<Input<784>> && BoundableLayer<Input<3, 32, 32>>);
static_assert(Input<3, 32, 32>::output(Shape{1}) == Shape{3, 32, 32});
static_assert(Input<7>::shape.is_flat() && Input<7>::kind == NodeKind::input);

TEST_CASE("an input is an empty type") { CHECK(std::is_empty_v<Input<784>>); }
