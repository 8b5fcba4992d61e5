// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/layer/layer.hpp>

using namespace shardbound;

namespace {

struct NoOutput {
  static constexpr bool is_reshape = true;
};
struct Doubling {  // a user's own reshape
  static constexpr bool is_reshape = true;
  static constexpr Shape output(Shape in) { return Shape{2 * in.elements()}; }
};
struct WrongFunction : Doubling {
  using Function = int;
};

}  // namespace

static_assert(BoundableLayer<Doubling> && !BoundableLayer<NoOutput> && !BoundableLayer<int>);
static_assert(!ActivationLayer<Doubling> && !ActivationLayer<WrongFunction>);

TEST_CASE("nothing is known of a shape that could not be inferred, so nothing is wrong with it") {
  CHECK(FlatFeatures<Shape{0, 3}>);
  CHECK_FALSE(FlatFeatures<Shape{1, 3}>);
}
