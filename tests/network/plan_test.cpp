// SPDX-License-Identifier: BSD-3-Clause

// Plans that are written at run time, also of graphs that no type has, and what is folded over them. (Those of
// types: plan_of_test.)

#include <doctest/doctest.h>

#include <shardbound/network/plan.hpp>

#include <initializer_list>
#include <vector>

using namespace shardbound;

namespace {

constexpr int scaled = operation::scaled, biased = operation::biased;

struct Written : RuntimePlan {
  Written() : RuntimePlan(20, 20) { begin(Shape{4}); }
  int layer(NodeKind kind, std::initializer_list<int> from, index_t features = 4, int what = 0) {
    Node node;
    node.kind = kind;
    node.shape = Shape{features};
    node.operation = what;
    node.lines = what;  // each activation's its own
    return push(node, {from.begin(), from.size()});
  }
};

bool chain_is(const PlanView& plan, int v, std::initializer_list<int> codes) {
  const ChainCode& code = plan.chain_of(v);
  return std::equal(code.operations, code.operations + code.length, codes.begin(), codes.end());
}

}  // namespace

TEST_CASE("a chain takes one activation, one scale and one bias, in any order") {
  constexpr ChainCode bias = ChainCode{}.under(biased);
  static_assert(bias.takes(0) && bias.takes(scaled));
  static_assert(bias.under(0).takes(scaled) && !bias.under(0).takes(1));
  static_assert(bias.under(scaled).takes(3) && !bias.under(scaled).takes(scaled));
  static_assert(!bias.under(scaled).under(0).takes(scaled));
  static_assert(bias.under(scaled).under(0) == ChainCode{3, {0, scaled, biased}});
  CHECK(ChainCode{}.under(2).takes(scaled));
}

TEST_CASE("a graph that is no nest of branches: x - A - r, with A also behind r's product") {
  Written plan;
  const int first = plan.layer(NodeKind::product, {0});
  const int left = plan.layer(NodeKind::pointwise, {first}, 4, 1);
  const int right = plan.layer(NodeKind::product, {first});
  const int bent = plan.layer(NodeKind::pointwise, {right}, 4, 0);
  const int sum = plan.layer(NodeKind::add, {left, right});  // right is read twice, across branches
  const int join = plan.layer(NodeKind::concat, {sum, bent}, 8);
  const int out = plan.layer(NodeKind::product, {join}, 2);
  plan.fold();
  const PlanView view = plan.view();
  CHECK(view.output() == out);
  CHECK(chain_is(view, left, {1}));  // its product has another reader
  CHECK(view[left].segment.bottom == first);
  CHECK(chain_is(view, right, {biased}));
  CHECK(chain_is(view, bent, {0}));
  CHECK(view.is_pre_activation(right));
  CHECK(view[sum].segment.chain < 0);
  CHECK(view.chains.size() == 3);
  // Arriving at `first` from its activation meets as many additions as the product there has terms.
  CHECK(view.meets(first, left) == 4);
  CHECK(view.meets(first, right) == 1);
  CHECK(view.meets(right, sum) == 1);
  CHECK(view.meets(join, out) == 0);
  CHECK(view.copies_meet(sum));
  CHECK_FALSE(view.copies_meet(join));
}

TEST_CASE("products are cut in turn, branches start afresh") {
  Written plan;
  const int a = plan.layer(NodeKind::product, {0}, 16);
  const int b = plan.layer(NodeKind::product, {plan.layer(NodeKind::pointwise, {a}, 16)}, 16);
  const int c = plan.layer(NodeKind::product, {b}, 16);
  const int d = plan.layer(NodeKind::product, {c}, 16);  // c is read by the sum, too
  const int e = plan.layer(NodeKind::product, {plan.layer(NodeKind::add, {c, d}, 16)}, 16);
  cut_rows_and_columns(plan.written(), plan.edges());
  plan.fold();
  const auto cut = [&](int v) { return plan.view()[v].cut; };
  CHECK(cut(a) == WeightCut::rows);
  CHECK(cut(b) == WeightCut::columns);
  CHECK(cut(c) == WeightCut::rows);
  CHECK(cut(d) == WeightCut::rows);
  CHECK(cut(e) == WeightCut::rows);
  CHECK(plan.view()[a].split);
  CHECK_FALSE(plan.view()[b].split);
  CHECK(plan.view().is_joint(b));  // each rank has some of its columns
  CHECK(plan.view().joint_node() == a);
}

TEST_CASE(
    "rows of all ranks go together by a matrix that is cut by columns, even between whole "
    "features") {
  Written plan;
  const int first = plan.layer(NodeKind::product, {0}, 16);
  const int second = plan.layer(NodeKind::product, {first}, 16);
  plan.fold();
  CHECK(plan.view().joint_node() == -1);
  plan.written()[static_cast<std::size_t>(second)].cut = WeightCut::columns;
  plan.fold();
  CHECK_FALSE(plan.view()[second].split);
  CHECK(plan.view().joint_node() == second);
}

TEST_CASE("which activation a chain goes through, and which nodes rows come by") {
  Written plan;
  const int first = plan.layer(NodeKind::product, {0});
  const int bent = plan.layer(NodeKind::pointwise, {first}, 4, 1);
  const int scale = plan.layer(NodeKind::pointwise, {bent}, 4, scaled);
  const int left = plan.layer(NodeKind::product, {scale});
  const int right = plan.layer(NodeKind::product, {first});
  const int other = plan.layer(NodeKind::pointwise, {right}, 4, 0);
  const int sum = plan.layer(NodeKind::add, {left, right});
  const int out = plan.layer(NodeKind::product, {sum}, 2);
  plan.fold();
  const PlanView view = plan.view();
  CHECK(view.activation_in_chain(scale) == bent);
  CHECK(view.activation_in_chain(bent) == bent);
  CHECK(view.activation_in_chain(left) == -1);
  const auto below = [&](int start) {
    std::vector<int> nodes;
    const auto found = view.nodes_below(start);
    for (int v = 0; v < view.size(); ++v)
      if (found[static_cast<std::size_t>(v)]) nodes.push_back(v);
    return nodes;
  };
  CHECK(below(0) == std::vector<int>{0});
  CHECK(below(bent) == std::vector<int>{0, first, bent});
  CHECK(below(other) == std::vector<int>{0, first, right, other});
  CHECK(below(out) == std::vector<int>{0, first, bent, scale, left, right, sum, out});
}

TEST_CASE("a node that stands alone ends the segment below it and joins none above") {
  Written plan;
  const int first = plan.layer(NodeKind::product, {0});
  const int alone = plan.layer(NodeKind::pointwise, {first}, 4, 1);
  const int scale = plan.layer(NodeKind::pointwise, {alone}, 4, scaled);
  const int fused = plan.layer(NodeKind::pointwise, {scale}, 4, 0);
  const int again = plan.layer(NodeKind::pointwise, {fused}, 4, 1);
  for (const int v : {alone, again}) plan.nodes[static_cast<std::size_t>(v)].stands_alone = true;
  plan.fold();
  const PlanView view = plan.view();
  CHECK(chain_is(view, alone, {1}));
  CHECK(view[alone].segment.bottom == first);
  CHECK_FALSE(view.reaches_product(alone));
  CHECK(chain_is(view, scale, {scaled}));
  CHECK(chain_is(view, fused, {0, scaled}));
  CHECK(view[fused].segment.bottom == alone);
  CHECK(chain_is(view, again, {1}));
  CHECK(view[again].segment.chain == view[alone].segment.chain);
}

TEST_CASE("chains know lines, not activations") {
  Written plan;
  const int first = plan.layer(NodeKind::product, {0});
  const int one = plan.layer(NodeKind::pointwise, {first}, 4, 0);
  const int second = plan.layer(NodeKind::product, {one});
  const int other = plan.layer(NodeKind::pointwise, {second}, 4, 7);
  plan.nodes[static_cast<std::size_t>(other)].lines = 0;
  plan.fold();
  CHECK(plan.view()[one].segment.chain == plan.view()[other].segment.chain);
  CHECK(plan.view().activation_in_chain(other) == other);
}

TEST_CASE("nodes that mix features: how often they add, and whose bounds they draw lines over") {
  Written plan;
  const auto mix = [&](NodeKind kind, std::initializer_list<int> from, index_t features,
                       index_t repeats = 1) {
    Node node;
    node.kind = kind;
    node.shape = Shape{features};
    node.repeats = repeats;
    node.run = 2;
    return plan.push(node, {from.begin(), from.size()});
  };
  const int first = plan.layer(NodeKind::product, {0});
  plan.nodes[static_cast<std::size_t>(first)].cut = WeightCut::rows;
  const int windows = mix(NodeKind::gather, {first}, 6, 3);
  const int largest = mix(NodeKind::maximum, {windows}, 3);
  const int slice = mix(NodeKind::gather, {first}, 3);
  const int square = mix(NodeKind::multiply, {slice, slice}, 3);
  const int share = mix(NodeKind::softmax, {first}, 4);
  const int total = mix(NodeKind::sum, {share}, 2);
  plan.layer(NodeKind::concat, {largest, square, total}, 8);
  plan.fold();
  const PlanView view = plan.view();
  // The first layer is read by two gathers, one of them three times, and by the softmax.
  CHECK(view.meets(first, windows) == 2);
  CHECK(view.meets(first, slice) == 4);
  CHECK(view.meets(first, share) == 4);
  CHECK(view.meets(slice, square) == 1);
  CHECK(view.meets(windows, largest) == 0);
  // A gather that reads all there is has the bounds of what is below it, a slice its own.
  CHECK(view.origin(windows) == first);
  CHECK(view.origin(slice) == slice);
  CHECK(view.is_pre_activation(first));
  CHECK(view.is_pre_activation(slice));
  CHECK_FALSE(view.is_pre_activation(windows));
  CHECK_FALSE(view.is_pre_activation(share));
  CHECK(view.draws_lines_over(largest, first));
  CHECK(view.draws_lines_over(square, slice));
  CHECK_FALSE(view.draws_lines_over(total, share));
  CHECK(view.has_lines(largest));
  CHECK_FALSE(view.has_lines(total));
  // What they read is brought to Full.
  CHECK(view[first].split);
  for (int v = windows; v < view.size(); ++v) CHECK_FALSE(view[v].split);
  for (int v = windows; v < view.size(); ++v) CHECK(view[v].segment.chain < 0);
}
