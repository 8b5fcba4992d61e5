// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/free_slope.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;

static_assert(!relax::FreeSlope::frees_upper && relax::lower_through_origin<relax::FreeSlope>);
static_assert(relax::FreeSlope::at(0.25f).slope == 0.25f &&
              relax::FreeSlope::at(0.25).intercept == 0);
// Nothing but lines: no activation by itself, and nobody's in particular.
static_assert(!Relaxation<relax::FreeSlope>);
static_assert(std::is_same_v<relax::FreeLineOf<relax::FreeSlope>, relax::FreeSlope>);

TEST_CASE("a free slope gains z by its parameter") {
  for (const double z : {-3.0, -0.5, 0.0, 2.0}) {
    CHECK(relax::FreeSlope::at_gradient(0.3, z) == z);
    CHECK(shardbound_test::gain(relax::FreeSlope{}, 0.3, z) == doctest::Approx(z).epsilon(1e-9));
  }
}
