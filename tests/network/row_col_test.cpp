// SPDX-License-Identifier: BSD-3-Clause

// What RowCol makes of networks, as types, and where their features are then split.

#include <doctest/doctest.h>

#include <shardbound/network/row_col.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <index_t N>
using R = Linear<N, RowSharded>;
template <index_t N>
using C = Linear<N, ColSharded>;
template <class... Layers>
using Seq = Sequential<Layers...>;

template <class Net, class Wanted>
constexpr bool becomes = std::same_as<RowCol<Net>, Wanted>;
template <class Net>
constexpr auto& nodes = PlanOf<RowCol<Net>>::plan.nodes;

}  // namespace

// In turn, whatever lies between and whatever the policy was.
static_assert(becomes<zoo::Mlp, Seq<Input<5>, R<9>, ReLU, C<17>, ReLU, R<3>>>);
static_assert(
    becomes<zoo::Run,
            Seq<Input<3>, R<4>, ScaleShift, Tanh, ScaleShift, ScaleShift, ReLU, ScaleShift,
                ScaleShift, LeakyReLU, ScaleShift, Sigmoid, ScaleShift, C<3>, Sigmoid>>);
static_assert(becomes<Seq<Input<2>, C<8>, Linear<8, FullySharded>, R<8>, Linear<8>>,
                      Seq<Input<2>, R<8>, C<8>, R<8>, C<8>>>);
static_assert(becomes<zoo::Lone, zoo::Lone> && becomes<zoo::Bare, zoo::Bare>);
static_assert(std::same_as<RowCol<RowCol<zoo::Nest>>, RowCol<zoo::Nest>>);

// A Sequential within goes on where it is.
static_assert(becomes<Seq<Input<2>, Seq<Linear<3>, ReLU>, Linear<4>, Seq<Linear<5>, Linear<6>>>,
                      Seq<Input<2>, Seq<R<3>, ReLU>, C<4>, Seq<R<5>, C<6>>>>);

// Branches begin with a RowSharded layer, and so does what follows where they meet.
static_assert(
    becomes<zoo::ResNet,
            Seq<Input<2, 3>, Flatten, R<6>, ReLU, Residual<Seq<R<6>, ReLU, C<6>>>, ReLU, R<2>>>);
static_assert(becomes<Seq<Input<4>, Residual<Seq<Linear<4>>, Seq<Linear<4>, Linear<4>>>, Linear<1>>,
                      Seq<Input<4>, Residual<Seq<R<4>>, Seq<R<4>, C<4>>>, R<1>>>);
static_assert(becomes<zoo::Fork,
                      Seq<Input<3>, Concat<Seq<R<4>, ReLU, C<10>, Tanh>, Seq<R<3>, ReLU>, Identity>,
                          R<5>, LeakyReLU, C<2>>>);
static_assert(
    becomes<zoo::Nest, Seq<Input<4>, R<6>,
                           Residual<Concat<Seq<ReLU, Residual<Seq<R<6>, Tanh>, Identity>, R<2>>,
                                           Seq<Sigmoid, R<4>>>>,
                           ReLU, Residual<Identity, Identity>, R<2>, Tanh>>);

// Features are split between the two, and nowhere after.
static_assert(nodes<zoo::Mlp>[1].split && nodes<zoo::Mlp>[2].split && !nodes<zoo::Mlp>[3].split);
static_assert(!nodes<zoo::Mlp>[4].split && nodes<zoo::Mlp>[5].split);
static_assert(nodes<zoo::Run>[12].split && !nodes<zoo::Run>[13].split);

TEST_CASE("a network keeps its nodes and their features") {
  const auto check = [](const PlanView& before, const PlanView& after) {
    REQUIRE(before.size() == after.size());
    for (int v = 0; v < before.size(); ++v) {
      CHECK(before[v].kind == after[v].kind);
      CHECK(before[v].shape == after[v].shape);
      const bool cut = after[v].cut == WeightCut::rows || after[v].cut == WeightCut::columns;
      CHECK(cut == (after[v].kind == NodeKind::product));
    }
  };
  check(PlanOf<zoo::Fork>::view(), PlanOf<RowCol<zoo::Fork>>::view());
  check(PlanOf<zoo::Nest>::view(), PlanOf<RowCol<zoo::Nest>>::view());
  check(PlanOf<zoo::ResNet>::view(), PlanOf<RowCol<zoo::ResNet>>::view());
}
