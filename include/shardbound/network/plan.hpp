// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The plan: a network type flattened, once and while compiling, into a constexpr array of nodes in
// topological order. A pass is a loop over the plan from its start node down, so any node, also one
// inside a branch, can start one. Nothing here is a type that grows with the network's depth: layers
// are visited one by one and leave numbers behind.

#include <shardbound/expr/chain.hpp>
#include <shardbound/network/functions.hpp>

#include <array>
#include <cstddef>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

namespace shardbound::inline v0 {

/// One fused sweep, as far as its code depends on it: from top to bottom the number of an activation's lines, not of the
/// activation, or an operation code (expr/node.hpp).
struct ChainCode {
  int length = 0;
  int operations[expr::longest_chain] = {};

  /// Whether an operation may be put on top: no second activation, no second scale.
  constexpr bool takes(int operation) const {
    for (int i = 0; i < length; ++i)
      if ((operations[i] >= 0) == (operation >= 0) && operations[i] != operation::biased)
        return false;
    return length < expr::longest_chain;
  }
  constexpr ChainCode under(int operation) const {
    ChainCode code{length + 1, {operation}};
    for (int i = 0; i < length; ++i) code.operations[i + 1] = operations[i];
    return code;
  }
  friend constexpr bool operator==(const ChainCode&, const ChainCode&) = default;
};

/// A plan without its type, as methods see it: nodes 0 (the input) to size() - 1 (the output).
struct PlanView {
  std::span<const Node> nodes;
  std::span<const int> inputs;
  std::span<const ChainCode> chains;

  constexpr int size() const { return static_cast<int>(nodes.size()); }
  constexpr int output() const { return size() - 1; }
  constexpr const Node& operator[](int node) const { return nodes[static_cast<std::size_t>(node)]; }
  constexpr std::span<const int> inputs_of(int node) const {
    const Node& n = (*this)[node];
    return inputs.subspan(static_cast<std::size_t>(n.first_input),
                          static_cast<std::size_t>(n.input_count));
  }
  constexpr int input_of(int node) const {
    return inputs[static_cast<std::size_t>((*this)[node].first_input)];
  }
  constexpr bool is_activation(int node) const {
    return (*this)[node].kind == NodeKind::pointwise && (*this)[node].operation >= 0;
  }
  /// Whether lines are drawn in the node's place.
  constexpr bool has_lines(int node) const {
    return is_activation(node) || mixes_by_lines((*this)[node].kind);
  }
  /// Of the segment that begins at a product or a pointwise node.
  constexpr const ChainCode& chain_of(int node) const {
    return chains[static_cast<std::size_t>((*this)[node].segment.chain)];
  }
  constexpr int length_of_chain(int node) const { return chain_of(node).length; }
  /// Whether the node's sweep takes in the bias of a product, so that the product comes next.
  constexpr bool reaches_product(int node) const {
    const ChainCode& code = chain_of(node);
    return code.operations[code.length - 1] == operation::biased;
  }
  /// The activation that the sweep which begins at `node` goes through, or -1.
  constexpr int activation_in_chain(int node) const {
    const ChainCode& code = chain_of(node);
    int inside = node;
    for (int i = 0; i < code.length; ++i, inside = input_of(inside))
      if (code.operations[i] >= 0) return inside;
    return -1;
  }
  /// For every node whether rows that start at `start` come by it, or begin there.
  std::vector<bool> nodes_below(int start) const {
    std::vector<bool> found(nodes.size());
    found[static_cast<std::size_t>(start)] = true;
    for (int v = start; v > 0; --v)
      if (found[static_cast<std::size_t>(v)])
        for (int input : inputs_of(v)) found[static_cast<std::size_t>(input)] = true;
    return found;
  }
  /// The cut of a node's features: runs that are each dealt out over the ranks by themselves. One, but
  /// for concatenations of split branches, and what inherits from them.
  constexpr int run_count(int node) const {
    if (!(*this)[node].split || (*this)[node].kind == NodeKind::product) return 1;
    if ((*this)[node].kind != NodeKind::concat) return run_count(input_of(node));
    int count = 0;
    for (int input : inputs_of(node)) count += run_count(input);
    return count;
  }
  constexpr index_t run_length(int node, int number) const {
    if (!(*this)[node].split || (*this)[node].kind == NodeKind::product)
      return (*this)[node].features;
    if ((*this)[node].kind != NodeKind::concat) return run_length(input_of(node), number);
    for (int input : inputs_of(node)) {
      if (number < run_count(input)) return run_length(input, number);
      number -= run_count(input);
    }
    return 0;
  }
  /// In whole numbers of which a run is dealt: a channel's positions.
  constexpr index_t run_unit(int node, int number) const {
    if (!(*this)[node].split || (*this)[node].kind == NodeKind::product) return (*this)[node].unit;
    if ((*this)[node].kind != NodeKind::concat) return run_unit(input_of(node), number);
    for (int input : inputs_of(node)) {
      if (number < run_count(input)) return run_unit(input, number);
      number -= run_count(input);
    }
    return 1;
  }
  constexpr bool same_cut(int a, int b) const {
    if (run_count(a) != run_count(b)) return false;
    for (int i = 0; i < run_count(a); ++i)
      if (run_length(a, i) != run_length(b, i) || run_unit(a, i) != run_unit(b, i)) return false;
    return true;
  }
  /// How often, at most, a coefficient that arrives at a node from one of its readers is rounded when those of
  /// all others are added: copies and pointwise layers add once. A product may add in as many parts as it
  /// sums terms; how many they are is a matter of panels and of the backend's blocks.
  constexpr index_t meets(int node, int reader) const {
    if ((*this)[node].consumers <= 1) return 0;
    index_t all = 0;
    for (int other = node + 1; other < size(); ++other)
      for (int input : inputs_of(other))
        if (input == node) all += additions_from(other);
    return all - additions_from(reader);
  }
  /// Whether rows on a sum or a concatenation are added to others when they are copied to its inputs.
  constexpr bool copies_meet(int node) const {
    const NodeKind kind = (*this)[node].kind;
    if (kind != NodeKind::add && kind != NodeKind::concat) return false;
    for (int input : inputs_of(node))
      if ((*this)[input].consumers > 1) return true;
    return false;
  }
  /// Terms of the sums that make one output of a product, and - where rows are pulled through - one
  /// coefficient on its input.
  constexpr index_t fan_in(int product) const { return (*this)[product].geometry.width(); }
  constexpr index_t fan_out(int product) const { return (*this)[product].geometry.readers(); }
  constexpr index_t additions_from(int reader) const {
    const NodeKind kind = (*this)[reader].kind;
    return kind == NodeKind::product  ? fan_out(reader)
           : kind == NodeKind::gather ? (*this)[reader].repeats
                                      : 1;
  }
  /// The node whose bounds are those of `node`: where a gather reads all of another node, or may, it is that one,
  /// so that a feature that is read often is bounded once.
  constexpr int origin(int node) const {
    while ((*this)[node].kind == NodeKind::gather &&
           (*this)[input_of(node)].features <= (*this)[node].features)
      node = input_of(node);
    return node;
  }
  /// Whether rows of all ranks go by a node together, where there are several: its features are split, or its matrix
  /// is cut by columns.
  constexpr bool is_joint(int node) const {
    return (*this)[node].split || (*this)[node].cut == WeightCut::columns;
  }
  /// The first of such nodes; -1: there is none.
  constexpr int joint_node() const {
    for (int v = 0; v < size(); ++v)
      if (is_joint(v)) return v;
    return -1;
  }
  /// Whether `reader` draws lines over the bounds of `node`.
  constexpr bool draws_lines_over(int reader, int node) const {
    if (is_activation(reader)) return input_of(reader) == node;
    if (!mixes_by_lines((*this)[reader].kind)) return false;
    for (int input : inputs_of(reader))
      if (origin(input) == node) return true;
    return false;
  }
  /// Whether a nonlinear layer reads this node: then its bounds matter.
  constexpr bool is_pre_activation(int node) const {
    for (int reader = node + 1; reader < size(); ++reader)
      if (draws_lines_over(reader, node)) return true;
    return false;
  }
};

// What is folded over a plan that has been written, by its type while compiling or from a file at run time.

/// Units, from the output down: channels of a product stay whole, and those that a product reads whose columns are
/// cut.
constexpr void find_units(std::span<Node> nodes, std::span<const int> inputs) {
  const PlanView plan{nodes, inputs, {}};
  for (int v = plan.output(); v > 0; --v) {
    Node& node = nodes[static_cast<std::size_t>(v)];
    index_t wanted = node.unit;
    if (node.kind == NodeKind::product) {
      node.unit = std::lcm(node.unit, node.geometry.out_positions());
      wanted = node.cut == WeightCut::columns ? node.geometry.in_positions() : 1;
    }
    for (int input : plan.inputs_of(v)) {
      index_t& unit = nodes[static_cast<std::size_t>(input)].unit;
      unit = std::lcm(unit, wanted);
    }
  }
}

/// Placements, from the input up. Elementwise layers inherit their input's; branches that are split alike stay
/// split where they meet, all others are brought to Full, as is what nodes that mix features read.
constexpr void find_placements(std::span<Node> nodes, std::span<const int> inputs) {
  const PlanView plan{nodes, inputs, {}};
  for (int v = 1; v < plan.size(); ++v) {
    Node& node = nodes[static_cast<std::size_t>(v)];
    const int first = plan.input_of(v);
    node.split = plan[first].split;
    if (node.kind == NodeKind::product) node.split = node.cut == WeightCut::rows;
    if (mixes_features(node.kind)) node.split = false;
    if (node.kind != NodeKind::add && node.kind != NodeKind::concat) continue;
    for (int input : plan.inputs_of(v)) {
      const bool fits = node.kind == NodeKind::add ? plan.same_cut(first, input)
                                                   : plan[input].features % lanes == 0;
      node.split = node.split && plan[input].split && fits;
    }
  }
}

/// Segments, from the bottom up: a pointwise node continues the one below it if it is the only reader of that
/// node, its chain takes it and neither of the two stands alone; a product begins one with its bias. Writes the
/// distinct chains into `chains`, which has room for one a node, and returns how many they are.
constexpr int find_segments(std::span<Node> nodes, std::span<const int> inputs,
                            std::span<ChainCode> chains) {
  int count = 0;
  const auto number_of = [&](const ChainCode& code) {
    int number = 0;
    while (number < count && !(chains[static_cast<std::size_t>(number)] == code)) ++number;
    if (number == count) chains[static_cast<std::size_t>(count++)] = code;
    return number;
  };
  for (int v = 1; v < static_cast<int>(nodes.size()); ++v) {
    Node& node = nodes[static_cast<std::size_t>(v)];
    if (node.kind == NodeKind::product) {
      node.segment = {number_of(ChainCode{}.under(operation::biased)), v};
    } else if (node.kind == NodeKind::pointwise) {
      const int input = inputs[static_cast<std::size_t>(node.first_input)];
      const Node& below = nodes[static_cast<std::size_t>(input)];
      const int own = node.operation >= 0 ? node.lines : node.operation;
      ChainCode rest;
      int bottom = input;
      if (below.consumers == 1 && below.segment.chain >= 0 && !node.stands_alone &&
          !below.stands_alone) {
        const ChainCode& code = chains[static_cast<std::size_t>(below.segment.chain)];
        if (code.takes(own)) rest = code, bottom = below.segment.bottom;
      }
      node.segment = {number_of(rest.under(own)), bottom};
    }
  }
  return count;
}

/// Tensor parallelism: products are cut by rows and by columns in turn, so that features are split between the two
/// and nothing is sent there; branches, and what follows where they meet, start afresh. Comes before the rest.
constexpr void cut_rows_and_columns(std::span<Node> nodes, std::span<const int> inputs) {
  const PlanView plan{nodes, inputs, {}};
  for (int v = 1; v < plan.size(); ++v) {
    if (plan[v].kind != NodeKind::product) continue;
    int below = plan.input_of(v);
    while (plan[below].kind == NodeKind::pointwise && plan[below].consumers == 1)
      below = plan.input_of(below);
    const bool is_split = plan[below].kind == NodeKind::product && plan[below].consumers == 1 &&
                          plan[below].cut == WeightCut::rows;
    nodes[static_cast<std::size_t>(v)].cut = is_split ? WeightCut::columns : WeightCut::rows;
  }
}

/// A plan that is being written, from the input up: the arrays have their full size from the beginning.
template <class Nodes, class Edges, class Chains>
struct PlanStore {
  Nodes nodes{};
  Edges inputs{};
  Chains chains{};
  int node_count = 0, edge_count = 0, chain_count = 0;

  /// Node 0.
  constexpr int begin(Shape shape) {
    Node input;
    input.shape = shape;
    return add(input);
  }
  /// Adds a node that reads others; returns its number.
  constexpr int push(Node node, std::span<const int> from) {
    node.first_input = edge_count;
    node.input_count = static_cast<int>(from.size());
    for (int input : from) {
      inputs[static_cast<std::size_t>(edge_count++)] = input;
      ++nodes[static_cast<std::size_t>(input)].consumers;
    }
    if (node.kind == NodeKind::product && node.geometry.out_channels == 0)
      node.geometry =
          Geometry::dense(nodes[static_cast<std::size_t>(from[0])].features, node.shape.elements());
    return add(node);
  }
  /// Folds placements and segments over what was written. Policies must be there.
  constexpr void fold() {
    find_units(written(), edges());
    find_placements(written(), edges());
    chain_count = find_segments(written(), edges(), chains);
  }

  constexpr std::span<Node> written() {
    return std::span<Node>(nodes).first(static_cast<std::size_t>(node_count));
  }
  constexpr std::span<const int> edges() const {
    return std::span<const int>(inputs).first(static_cast<std::size_t>(edge_count));
  }
  constexpr PlanView view() const {
    return {std::span<const Node>(nodes).first(static_cast<std::size_t>(node_count)), edges(),
            std::span<const ChainCode>(chains).first(static_cast<std::size_t>(chain_count))};
  }

 private:
  constexpr int add(Node node) {
    node.features = node.shape.elements();
    nodes[static_cast<std::size_t>(node_count)] = node;
    return node_count++;
  }
};

/// A plan of so many nodes and edges, at run time.
struct RuntimePlan : PlanStore<std::vector<Node>, std::vector<int>, std::vector<ChainCode>> {
  RuntimePlan(std::size_t most_nodes, std::size_t most_edges)
      : PlanStore{std::vector<Node>(most_nodes), std::vector<int>(most_edges),
                  std::vector<ChainCode>(most_nodes)} {}
};

}  // namespace shardbound::inline v0
