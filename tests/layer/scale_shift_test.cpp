// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/scale_shift.hpp>

using namespace shardbound;

static_assert(BoundableLayer<ScaleShift> && ScaleShift::kind == NodeKind::pointwise);
static_assert(!ActivationLayer<ScaleShift> && !ScaleShift::is_reshape);

TEST_CASE("features keep their shape") {
  CHECK(ScaleShift::output(Shape{3, 2, 2}) == Shape{3, 2, 2});
}
