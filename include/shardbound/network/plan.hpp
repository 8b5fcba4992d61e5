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
#include <span>
#include <type_traits>

namespace shardbound::inline v0 {

/// One fused sweep: operation codes from top to bottom (expr/node.hpp).
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
  constexpr bool same_cut(int a, int b) const {
    if (run_count(a) != run_count(b)) return false;
    for (int i = 0; i < run_count(a); ++i)
      if (run_length(a, i) != run_length(b, i)) return false;
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
  constexpr index_t fan_in(int product) const { return (*this)[input_of(product)].features; }
  constexpr index_t fan_out(int product) const { return (*this)[product].features; }
  constexpr index_t additions_from(int reader) const {
    return (*this)[reader].kind == NodeKind::product ? fan_out(reader) : 1;
  }
  /// Whether a nonlinear layer reads this node: then its bounds matter.
  constexpr bool is_pre_activation(int node) const {
    for (int reader = node + 1; reader < size(); ++reader)
      if (is_activation(reader) && input_of(reader) == node) return true;
    return false;
  }
};

// What is folded over a plan that has been written, by its type while compiling or from a file at run time.

/// Placements, from the input up. Elementwise layers inherit their input's; branches that are split alike stay
/// split where they meet, all others are brought to Full.
constexpr void find_placements(std::span<Node> nodes, std::span<const int> inputs) {
  const PlanView plan{nodes, inputs, {}};
  for (int v = 1; v < plan.size(); ++v) {
    Node& node = nodes[static_cast<std::size_t>(v)];
    const int first = plan.input_of(v);
    node.split = plan[first].split;
    if (node.kind == NodeKind::product) node.split = node.cut == WeightCut::rows;
    if (node.kind != NodeKind::add && node.kind != NodeKind::concat) continue;
    for (int input : plan.inputs_of(v)) {
      const bool fits = node.kind == NodeKind::add ? plan.same_cut(first, input)
                                                   : plan[input].features % lanes == 0;
      node.split = node.split && plan[input].split && fits;
    }
  }
}

/// Segments, from the bottom up: a pointwise node continues the one below it if it is the only reader of that
/// node and its chain takes it; a product begins one with its bias. Writes the distinct chains into `chains`,
/// which has room for one a node, and returns how many they are.
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
      ChainCode rest;
      int bottom = input;
      if (below.consumers == 1 && below.segment.chain >= 0) {
        const ChainCode& code = chains[static_cast<std::size_t>(below.segment.chain)];
        if (code.takes(node.operation)) rest = code, bottom = below.segment.bottom;
      }
      node.segment = {number_of(rest.under(node.operation)), bottom};
    }
  }
  return count;
}

namespace detail {

struct PlanSize {
  int nodes = 0, edges = 0;
  friend constexpr PlanSize operator+(PlanSize a, PlanSize b) {
    return {a.nodes + b.nodes, a.edges + b.edges};
  }
};
template <class... Parts>
consteval PlanSize total(PlanSize own) {
  const PlanSize each[] = {own, Parts::size...};
  PlanSize sum{};
  for (PlanSize part : each) sum = sum + part;
  return sum;
}

// How each kind of layer writes itself into a plan: `size`, and `write(plan, input)`, which returns the
// node that holds its output. List is the network's Functions.
template <class L, class List>
struct Writer {
  static constexpr PlanSize size = [] {
    if constexpr (BoundableLayer<L>) return L::is_reshape ? PlanSize{} : PlanSize{1, 1};
    return PlanSize{};
  }();
  template <class Plan>
  static constexpr int write(Plan& plan, int input) {
    if constexpr (!BoundableLayer<L>) {
      return input;
    } else if constexpr (L::is_reshape) {
      plan.reshape(input, L::output(plan.shape_of(input)));
      return input;
    } else {
      Node node;
      node.kind = L::kind;
      node.shape = L::output(plan.shape_of(input));
      if constexpr (requires { L::cut; }) node.cut = L::cut;
      if constexpr (ActivationLayer<L>)
        node.operation = number_of<typename L::Function>(List{});
      else if constexpr (L::kind == NodeKind::pointwise)
        node.operation = operation::scaled;
      return plan.push(node, {input});
    }
  }
};
template <class... Layers, class List>
struct Writer<Sequential<Layers...>, List> {
  static constexpr PlanSize size = total<Writer<Layers, List>...>({});
  template <class Plan>
  static constexpr int write(Plan& plan, int input) {
    [[maybe_unused]] const int each[] = {input,
                                         (input = Writer<Layers, List>::write(plan, input))...};
    return input;
  }
};
template <class Main, class Shortcut, class List>
struct Writer<Residual<Main, Shortcut>, List> {
  static constexpr PlanSize size = total<Writer<Main, List>, Writer<Shortcut, List>>({1, 2});
  template <class Plan>
  static constexpr int write(Plan& plan, int input) {
    const Shape shape = plan.shape_of(input);
    const int main = Writer<Main, List>::write(plan, input);
    const Shape result = plan.shape_of(main);
    plan.reshape(input, shape);
    const int shortcut = Writer<Shortcut, List>::write(plan, input);
    Node node;
    node.kind = NodeKind::add;
    node.shape = result;
    return plan.push(node, {main, shortcut});
  }
};
template <class... Branches, class List>
struct Writer<Concat<Branches...>, List> {
  static constexpr PlanSize size =
      total<Writer<Branches, List>...>({1, static_cast<int>(sizeof...(Branches))});
  template <class Plan>
  static constexpr int write(Plan& plan, int input) {
    const Shape shape = plan.shape_of(input);
    index_t sum = 0;
    const auto branch = [&]<class Branch>(Sequential<Branch>*) {
      plan.reshape(input, shape);
      const int end = Writer<Branch, List>::write(plan, input);
      sum += plan.shape_of(end).elements();
      return end;
    };
    const int ends[] = {branch(static_cast<Sequential<Branches>*>(nullptr))...};
    Node node;
    node.kind = NodeKind::concat;
    node.shape = Shape{sum};
    return plan.push(node, ends);
  }
};

// The array being written, and what is folded over it afterwards.
template <int Nodes, int Edges>
struct Plan {
  std::array<Node, Nodes> nodes{};
  std::array<int, Edges> inputs{};
  std::array<ChainCode, Nodes> chains{};
  std::array<Shape, Nodes> seen_as{};  // a node's shape for the layer that is being written
  int node_count = 0, edge_count = 0, chain_count = 0;

  constexpr Shape shape_of(int node) const { return seen_as[static_cast<std::size_t>(node)]; }
  constexpr void reshape(int node, Shape shape) { seen_as[static_cast<std::size_t>(node)] = shape; }

  template <int Count>
  constexpr int push(Node node, const int (&from)[Count]) {
    node.first_input = edge_count;
    node.input_count = Count;
    for (int input : from) {
      inputs[static_cast<std::size_t>(edge_count++)] = input;
      ++nodes[static_cast<std::size_t>(input)].consumers;
    }
    return add(node);
  }
  constexpr int add(Node node) {
    node.features = node.shape.elements();
    nodes[static_cast<std::size_t>(node_count)] = node;
    seen_as[static_cast<std::size_t>(node_count)] = node.shape;
    return node_count++;
  }

  constexpr PlanView view() const {
    return {nodes, std::span<const int>(inputs).first(static_cast<std::size_t>(edge_count)),
            std::span<const ChainCode>(chains).first(static_cast<std::size_t>(chain_count))};
  }

  constexpr void fold() {
    const auto own = std::span(nodes).first(static_cast<std::size_t>(node_count));
    const auto edges = std::span<const int>(inputs).first(static_cast<std::size_t>(edge_count));
    find_placements(own, edges);
    chain_count = find_segments(own, edges, chains);
  }
};

template <class Net>
struct IsNetwork : std::false_type {};
template <index_t... Extents, class... Layers>
struct IsNetwork<Sequential<Input<Extents...>, Layers...>> : std::true_type {
  using First = Input<Extents...>;
  static constexpr Shape input = First::shape;
  using Body = Sequential<Layers...>;
};

}  // namespace detail

/// A Sequential that begins with Input.
template <class Net>
concept NetworkType = detail::IsNetwork<Net>::value;

/// Everything that is known of a network while compiling. A type that is no network, or whose layers do
/// not fit, is one error: the plan of a lone input is used from there on.
template <class Net>
class PlanOf {
  template <class Any, bool = NetworkType<Any>>
  struct Parts {
    static constexpr Shape input{1};
    using Body = Sequential<>;
    static constexpr bool check() {
      static_assert(NetworkType<Any>,
                    "shardbound::Network: its type must be a Sequential that begins with Input. "
                    "Fix: write Sequential<Input<N>, ...>.");
      return false;
    }
    static constexpr bool fits = check();
  };
  template <class Any>
  struct Parts<Any, true> {
    static constexpr Shape input = detail::IsNetwork<Any>::input;
    using Body = typename detail::IsNetwork<Any>::Body;
    static constexpr bool fits = detail::IsNetwork<Any>::First::check_extents() &&
                                 detail::Structure<Body>::template check<input>();
  };
  using Body = typename Parts<Net>::Body;

 public:
  using FunctionList = detail::functions_of<Body>;
  static constexpr bool fits = Parts<Net>::fits;

 private:
  using Writer = detail::Writer<Body, FunctionList>;
  static constexpr auto write() {
    static_cast<void>(fits);  // asked for, or the checks would never be made
    detail::Plan<Writer::size.nodes + 1, Writer::size.edges + 1> made;
    Node input;
    input.shape = Parts<Net>::input;
    made.add(input);
    Writer::write(made, 0);
    made.fold();
    return made;
  }

 public:
  static constexpr auto plan = write();
  static_assert(plan.node_count == 1 || plan.nodes.back().consumers == 0);

  static constexpr PlanView view() { return plan.view(); }
};

}  // namespace shardbound::inline v0
