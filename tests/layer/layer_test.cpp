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
  template <Shape>
  static constexpr void check() {}
};
struct NoCheck {
  static constexpr bool is_reshape = true;
  static constexpr Shape output(Shape in) { return in; }
};
struct NoKind : Doubling {
  static constexpr bool is_reshape = false;
};
struct WrongFunction : Doubling {
  using Function = int;
};

}  // namespace

static_assert(BoundableLayer<Doubling> && !BoundableLayer<NoOutput> && !BoundableLayer<int>);
static_assert(!BoundableLayer<NoCheck> && !BoundableLayer<NoKind>);
static_assert(!ActivationLayer<Doubling> && !ActivationLayer<WrongFunction>);

TEST_CASE("nothing is known of a shape that could not be inferred, so nothing is wrong with it") {
  CHECK(FlatFeatures<Shape{0, 3}>);
  CHECK_FALSE(FlatFeatures<Shape{1, 3}>);
}
