// SPDX-License-Identifier: BSD-3-Clause

// Shapes and windows of convolutions beside numbers worked out by hand, and a typed network whose plan is the one that
// is written at run time.

#include <doctest/doctest.h>

#include <shardbound/layer/activation.hpp>
#include <shardbound/layer/convolution.hpp>
#include <shardbound/layer/flatten.hpp>
#include <shardbound/layer/linear.hpp>
#include <shardbound/network/planned_network.hpp>
#include <shardbound/network/sequential.hpp>

using namespace shardbound;

static_assert(BoundableLayer<Conv2d<4, Kernel<3>>>);
static_assert(Conv2d<4, Kernel<3>>::kind == NodeKind::product);
static_assert(Conv2d<4, Kernel<3>>::cut == WeightCut::whole);
static_assert(Conv2d<4, Kernel<3>, RowSharded>::cut == WeightCut::rows);
static_assert(Conv2d<4, Kernel<3>, Stride<2>, FullySharded>::cut == WeightCut::panels);
static_assert(Conv1d<4, Kernel<3>, ColSharded, Padding<1>>::cut == WeightCut::columns);

static_assert(Conv2d<4, Kernel<3>>::output(Shape{3, 8, 9}) == Shape{4, 6, 7});
static_assert(Conv2d<4, Kernel<3>, Padding<1>>::output(Shape{3, 8, 9}) == Shape{4, 8, 9});
static_assert(Conv2d<4, Kernel<3>, Stride<2>, Padding<1>>::output(Shape{3, 8, 9}) ==
              Shape{4, 4, 5});
static_assert(Conv2d<4, Kernel<3, 5>, Dilation<2, 1>>::output(Shape{3, 8, 9}) == Shape{4, 4, 5});
static_assert(Conv2d<4, Kernel<2>, Padding<0, 1, 1, 2>>::output(Shape{3, 8, 9}) == Shape{4, 8, 11});
static_assert(Conv1d<4, Kernel<4>, Stride<3>, Padding<1, 2>>::output(Shape{2, 10}) == Shape{4, 4});
// (in - 1) stride + dilation (taps - 1) + 1 - padding + output padding
static_assert(ConvTranspose2d<5, Kernel<3>, Stride<2>>::output(Shape{3, 4, 6}) == Shape{5, 9, 13});
static_assert(ConvTranspose2d<5, Kernel<3>, Stride<2>, Padding<1>, OutputPadding<1>>::output(Shape{
                  3, 4, 6}) == Shape{5, 8, 12});
static_assert(ConvTranspose1d<5, Kernel<4>, Stride<3>, Dilation<2>>::output(Shape{3, 4}) ==
              Shape{5, 16});

TEST_CASE("windows are what options say") {
  using Layer =
      Conv2d<8, Kernel<3, 2>, Groups<4>, Stride<2, 1>, Padding<1, 0, 2, 3>, Dilation<1, 2>>;
  constexpr Geometry g = Layer::geometry(Shape{4, 9, 7});
  CHECK(g.in_channels == 4);
  CHECK(g.out_channels == 8);
  CHECK(g.groups == 4);
  CHECK(g.width() == 6);
  CHECK(g.rows == WindowAxis{9, 5, 3, 2, 1, 1, 1});
  CHECK(g.columns == WindowAxis{7, 8, 2, 1, 2, 1, 0});
  CHECK(out_shape(g) == Layer::output(Shape{4, 9, 7}));
}

TEST_CASE("a transposed convolution gives every input to the outputs of its window") {
  using Layer = ConvTranspose1d<1, Kernel<3>, Stride<2>, Padding<1>, Dilation<2>>;
  constexpr Geometry g = Layer::geometry(Shape{1, 4});
  CHECK(g.columns == WindowAxis{4, 9, 3, 1, 2, 2, 3});
  // Tap k of input i is added to output i stride + k dilation - padding; the taps here are turned round.
  int met = 0;
  for (index_t i = 0; i < 4; ++i)
    for (index_t k = 0; k < 3; ++k) {
      const index_t output = i * 2 + k * 2 - 1;
      if (output < 0 || output >= 9) continue;
      CHECK(g.columns.input_of(output, 2 - k) == i);
      ++met;
    }
  index_t seen = 0;
  for (index_t output = 0; output < 9; ++output)
    for (index_t tap = 0; tap < 3; ++tap) seen += g.columns.input_of(output, tap) >= 0;
  CHECK(seen == met);
}

namespace {

using Net = Sequential<Input<2, 8, 8>, Conv2d<4, Kernel<3>, Padding<1>, FullySharded>, ReLU,
                       Conv2d<6, Kernel<3>, Stride<2>>, Flatten, Linear<3>>;

Node product(const Geometry& geometry, Shape shape, WeightCut cut) {
  Node node;
  node.kind = NodeKind::product;
  node.geometry = geometry;
  node.shape = shape;
  node.cut = cut;
  return node;
}

}  // namespace

TEST_CASE("a network's plan is the one written by hand") {
  RuntimePlan plan(8, 8);
  Geometry first, second;
  first.in_channels = 2, first.out_channels = 4;
  first.rows = first.columns = {.in = 8, .out = 8, .taps = 3, .before = 1};
  second.in_channels = 4, second.out_channels = 6;
  second.rows = second.columns = {.in = 8, .out = 3, .taps = 3, .stride = 2};
  const auto push = [&](const Node& node, int from) {
    return plan.push(node, std::vector<int>{from});
  };
  int last = plan.begin(Shape{2, 8, 8});
  last = push(product(first, Shape{4, 8, 8}, WeightCut::panels), last);
  Node relu = activation_node(KnownFunctions{}, 0);
  relu.shape = Shape{4, 8, 8};
  last = push(relu, last);
  last = push(product(second, Shape{6, 3, 3}, WeightCut::whole), last);
  push(product(Geometry::dense(54, 3), Shape{3}, WeightCut::whole), last);
  plan.fold();
  const PlanView written = plan.view(), typed = PlanOf<Net>::view();
  REQUIRE(typed.size() == written.size());
  for (int v = 0; v < typed.size(); ++v) {
    CAPTURE(v);
    CHECK(typed[v].kind == written[v].kind);
    CHECK(typed[v].geometry == written[v].geometry);
    CHECK(typed[v].features == written[v].features);
    CHECK(typed[v].cut == written[v].cut);
    CHECK(typed[v].unit == written[v].unit);
    CHECK(typed[v].split == written[v].split);
    CHECK(typed[v].consumers == written[v].consumers);
    CHECK(typed[v].segment.bottom == written[v].segment.bottom);
    if (v > 0) CHECK(typed.input_of(v) == written.input_of(v));
  }
}
