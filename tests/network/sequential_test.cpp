// SPDX-License-Identifier: BSD-3-Clause

// Shape inference and its refusals, as values; the sentences are pinned in compile_fail/.

#include <doctest/doctest.h>

#include <shardbound/layer/activation.hpp>
#include <shardbound/layer/flatten.hpp>
#include <shardbound/layer/linear.hpp>
#include <shardbound/network/sequential.hpp>

using namespace shardbound;

namespace {

template <class L>
constexpr Shape after(Shape in) {
  return detail::Structure<L>::output(in);
}
using Body = Sequential<Linear<8>, ReLU, Linear<6>>;

}  // namespace

static_assert(after<Identity>(Shape{2, 3}) == Shape{2, 3});
static_assert(after<Body>(Shape{4}) == Shape{6});
static_assert(after<Sequential<Flatten, Body>>(Shape{2, 3}) == Shape{6});
static_assert(after<Residual<Body>>(Shape{6}) == Shape{6});
static_assert(after<Concat<Body, Identity, Flatten>>(Shape{5}) == Shape{16});
static_assert(after<Concat<Concat<Body, Body>, Linear<1>>>(Shape{5}) == Shape{13});

// What the checks ask.
static_assert(SameShape<after<Body>(Shape{6}), after<Identity>(Shape{6})>);
static_assert(!SameShape<after<Body>(Shape{5}), after<Identity>(Shape{5})>);
static_assert(!SameShape<Shape{6}, Shape{2, 3}>);  // as many features are not the same shape
static_assert(detail::Structure<Sequential<Flatten, Residual<Body>>>::check<Shape{2, 3}>());

TEST_CASE("networks are types without contents") {
  CHECK(std::is_empty_v<Sequential<Input<6>, Residual<Body>, Concat<Body, Identity>>>);
}
