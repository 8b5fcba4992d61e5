// SPDX-License-Identifier: BSD-3-Clause

// What a network becomes: facts about the plans of the zoo, all known while compiling.

#include <doctest/doctest.h>

#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <class Net>
constexpr auto& plan = PlanOf<Net>::plan;
template <class Net, int V>
constexpr const Node& node = plan<Net>.nodes[V];

template <class Net>
constexpr bool feeds(int v, std::initializer_list<int> inputs) {
  const auto found = PlanOf<Net>::view().inputs_of(v);
  return std::equal(found.begin(), found.end(), inputs.begin(), inputs.end());
}
/// Node v's sweep: the codes of its chain, and the node that it ends at.
template <class Net>
constexpr bool sweeps(int v, std::initializer_list<int> codes, int bottom) {
  const ChainCode& chain = PlanOf<Net>::view().chain_of(v);
  return PlanOf<Net>::view()[v].segment.bottom == bottom &&
         std::equal(chain.operations, chain.operations + chain.length, codes.begin(), codes.end());
}
constexpr int scaled = operation::scaled, biased = operation::biased;

}  // namespace

// x - L9(1) - relu(2) - L17(3) - relu(4) - L3(5)
static_assert(plan<zoo::Mlp>.node_count == 6 && plan<zoo::Mlp>.edge_count == 5);
static_assert(node<zoo::Mlp, 3>.features == 17 && node<zoo::Mlp, 3>.consumers == 1);
static_assert(node<zoo::Mlp, 5>.consumers == 0 && PlanOf<zoo::Mlp>::view().output() == 5);
static_assert(plan<zoo::Mlp>.chain_count == 2);  // relu + bias, and the output's bias: once each
static_assert(sweeps<zoo::Mlp>(4, {0, biased}, 3) && sweeps<zoo::Mlp>(3, {biased}, 3));
static_assert(sweeps<zoo::Mlp>(5, {biased}, 5) &&
              node<zoo::Mlp, 4>.segment.chain == node<zoo::Mlp, 2>.segment.chain);

// x - L6(1) - relu(2) - [L6(3) - relu(4) - L6(5) | nothing] - add(6) - relu(7) - L2(8)
static_assert(node<zoo::ResNet, 0>.shape == Shape{2, 3} &&
              node<zoo::ResNet, 1>.kind == NodeKind::product);
static_assert(node<zoo::ResNet, 2>.consumers == 2 && feeds<zoo::ResNet>(6, {5, 2}));
static_assert(sweeps<zoo::ResNet>(7, {0}, 6));  // ends at the sum, which no product follows
static_assert(!PlanOf<zoo::ResNet>::view().reaches_product(7) &&
              PlanOf<zoo::ResNet>::view().reaches_product(4));
static_assert(node<zoo::ResNet, 6>.segment.chain < 0 && plan<zoo::ResNet>.chain_count == 3);

// [L4(1) relu(2) L10(3) tanh(4) | L3(5) relu(6) | nothing] - concat(7) - L5(8) - leaky(9) - L2(10)
static_assert(feeds<zoo::Fork>(7, {4, 6, 0}) && node<zoo::Fork, 7>.features == 10 + 3 + 3);
static_assert(node<zoo::Fork, 0>.consumers == 3 && feeds<zoo::Fork>(5, {0}));
static_assert(node<zoo::Fork, 4>.operation == 1 && node<zoo::Fork, 9>.operation == 2);
static_assert(PlanOf<zoo::Fork>::view().is_pre_activation(3) &&
              PlanOf<zoo::Fork>::view().is_pre_activation(8));
static_assert(!PlanOf<zoo::Fork>::view().is_pre_activation(7) &&
              !PlanOf<zoo::Fork>::view().is_pre_activation(2));

// A node with several readers ends the chain above it: L6(1) is read by relu, sigmoid and the sum.
static_assert(node<zoo::Nest, 1>.consumers == 3 && sweeps<zoo::Nest>(2, {0}, 1));
static_assert(sweeps<zoo::Nest>(1, {biased}, 1));
static_assert(PlanOf<zoo::Nest>::view().is_pre_activation(1));
static_assert(node<zoo::Nest, 11>.consumers == 2 && feeds<zoo::Nest>(12, {11, 11}));  // x + x

// Twelve pointwise layers in a row are cut before a second activation or scale.
static_assert(sweeps<zoo::Run>(3, {0, scaled, biased}, 1) && sweeps<zoo::Run>(4, {scaled}, 3));
static_assert(sweeps<zoo::Run>(2, {scaled, biased}, 1));  // what is below a top is a chain as well
static_assert(sweeps<zoo::Run>(6, {1, scaled}, 4) && sweeps<zoo::Run>(7, {scaled}, 6));
// LeakyReLU goes by the same lines as ReLU, and is the same to chains.
static_assert(sweeps<zoo::Run>(9, {1, scaled}, 7) && sweeps<zoo::Run>(12, {scaled}, 11));
static_assert(node<zoo::Run, 5>.segment.chain == node<zoo::Run, 12>.segment.chain);

// Pointwise layers keep a feature map's shape, also through both branches.
static_assert(node<zoo::Bare, 5>.kind == NodeKind::add &&
              node<zoo::Bare, 5>.shape == Shape{1, 2, 2});
static_assert(PlanOf<zoo::Lone>::view().size() == 2 && sweeps<zoo::Lone>(1, {0}, 0));

// Policies are remembered as cuts.
using Mixed = Sequential<Input<4>, Linear<8, RowSharded>, ReLU, Linear<2, ColSharded>>;
static_assert(node<Mixed, 1>.cut == WeightCut::rows && node<Mixed, 3>.cut == WeightCut::columns);

// Placements: a RowSharded layer splits its output, elementwise layers inherit it, the others end it.
using R = RowSharded;
using C = ColSharded;
static_assert(!node<Mixed, 0>.split && node<Mixed, 1>.split && node<Mixed, 2>.split);
static_assert(!node<Mixed, 3>.split);
using Long = Sequential<Input<4>, Linear<8, R>, ScaleShift, Tanh, Linear<8, FullySharded>, ReLU,
                        Linear<8, C>, ReLU, Linear<8, R>, Linear<8, R>>;
static_assert(node<Long, 2>.split && node<Long, 3>.split && !node<Long, 4>.split);
static_assert(!node<Long, 5>.split && !node<Long, 7>.split && node<Long, 8>.split &&
              node<Long, 9>.split);

// Branches that are split alike stay split where they meet,
//   x - L24(1) - relu(2) - [L24(3) | nothing] - add(4) - relu(5) - [L24(6) | nothing] - add(7)
template <class A, class B>
using Sums = Sequential<Input<6>, Linear<24, R>, ReLU, Residual<Sequential<Linear<24, A>>>, ReLU,
                        Residual<Sequential<Linear<24, B>>>>;
static_assert(node<Sums<R, C>, 4>.split && node<Sums<R, C>, 5>.split);
static_assert(!node<Sums<R, C>, 7>.split &&
              node<Sums<R, R>, 7>.split);  // others are brought to Full
static_assert(!node<Sums<C, R>, 4>.split && !node<Sums<C, R>, 7>.split);

// as branches of whole groups of features do side by side.
//   x - [L<A>(1) | L16(2)] - concat(3) - relu(4) - [L<A + 16>(5) | nothing] - add(6)
template <index_t A, class P>
using Pair = Sequential<Input<6>, Concat<Sequential<Linear<A, R>>, Sequential<Linear<16, P>>>, ReLU,
                        Residual<Sequential<Linear<A + 16, R>>>>;
static_assert(node<Pair<8, R>, 3>.split && node<Pair<8, R>, 4>.split);
static_assert(!node<Pair<9, R>, 3>.split && !node<Pair<8, Replicated>, 3>.split);

// A concatenation is cut branch by branch: it cannot be added to what is cut as a whole.
template <class Net>
constexpr PlanView view = PlanOf<Net>::view();
static_assert(view<Pair<8, R>>.run_count(4) == 2 && view<Pair<8, R>>.run_length(4, 0) == 8 &&
              view<Pair<8, R>>.run_length(4, 1) == 16);
static_assert(view<Pair<8, R>>.run_count(5) == 1 && view<Pair<8, R>>.run_length(5, 0) == 24);
static_assert(view<Pair<9, R>>.run_count(4) == 1 && view<Pair<9, R>>.run_length(4, 0) == 25);
static_assert(view<Pair<8, R>>.same_cut(3, 4) && !view<Pair<8, R>>.same_cut(4, 5));
static_assert(!node<Pair<8, R>, 6>.split && node<Sums<R, R>, 4>.split);
static_assert(view<Sums<R, R>>.same_cut(3, 2) && !view<Mixed>.same_cut(1, 3));
//   x - L8(1) - [[nothing | nothing](2) | L16(3)] - concat(4)
using Deep = Sequential<Input<3>, Linear<8, R>,
                        Concat<Concat<Identity, Identity>, Sequential<Linear<16, R>>>>;
static_assert(view<Deep>.run_count(4) == 3 && view<Deep>.run_length(4, 1) == 8 &&
              view<Deep>.run_length(4, 2) == 16);

static_assert(NetworkType<zoo::Mlp> && !NetworkType<Sequential<>> && !NetworkType<Linear<3>>);
static_assert(!NetworkType<Sequential<Linear<3>, Input<3>>>);

namespace {

/// Laws that hold for every plan.
void check_laws(const PlanView& view) {
  std::vector<int> read(static_cast<std::size_t>(view.size()));
  for (int v = 0; v < view.size(); ++v) {
    CHECK(view[v].features == view[v].shape.elements());
    index_t sum = 0;
    for (int from : view.inputs_of(v)) {
      CHECK(from < v);  // topological
      ++read[static_cast<std::size_t>(from)];
      sum += view[from].features;
      if (view[v].kind == NodeKind::pointwise || view[v].kind == NodeKind::add)
        CHECK(view[from].features == view[v].features);
    }
    if (view[v].kind == NodeKind::concat) CHECK(sum == view[v].features);
  }
  for (int v = 0; v < view.size(); ++v)
    CHECK(view[v].consumers == read[static_cast<std::size_t>(v)]);
}

}  // namespace

TEST_CASE("plans are topological and count their readers") {
  check_laws(PlanOf<zoo::Mlp>::view());
  check_laws(PlanOf<zoo::Curves>::view());
  check_laws(PlanOf<zoo::ResNet>::view());
  check_laws(PlanOf<zoo::Fork>::view());
  check_laws(PlanOf<zoo::Bare>::view());
  check_laws(PlanOf<zoo::Run>::view());
  check_laws(PlanOf<zoo::Nest>::view());
}
