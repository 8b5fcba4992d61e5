// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The plan of a network type, made while compiling. Nothing here is a type that grows with the network's
// depth: layers are visited one by one and leave numbers behind.

#include <shardbound/network/functions.hpp>
#include <shardbound/network/plan.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace shardbound::inline v0 {

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

// While a network's type is written: besides the plan, each node's shape as the layer that comes next sees it,
// which Flatten changes.
template <int Nodes, int Edges>
struct Written
    : PlanStore<std::array<Node, Nodes>, std::array<int, Edges>, std::array<ChainCode, Nodes>> {
  std::array<Shape, Nodes> seen_as{};

  constexpr Shape shape_of(int node) const { return seen_as[static_cast<std::size_t>(node)]; }
  constexpr void reshape(int node, Shape shape) { seen_as[static_cast<std::size_t>(node)] = shape; }
  constexpr int see(int node) {
    reshape(node, this->nodes[static_cast<std::size_t>(node)].shape);
    return node;
  }
};

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
      if constexpr (ActivationLayer<L>)
        node = activation_node(List{}, number_of<typename L::Function>(List{}));
      else if constexpr (L::kind == NodeKind::pointwise)
        node.operation = operation::scaled;
      node.kind = L::kind;
      node.shape = L::output(plan.shape_of(input));
      if constexpr (requires { L::cut; }) node.cut = L::cut;
      if constexpr (requires { L::geometry(Shape{}); })
        node.geometry = L::geometry(plan.shape_of(input));
      return plan.see(plan.push(node, {&input, 1}));
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
    const int ends[] = {main, shortcut};
    return plan.see(plan.push(node, ends));
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
    return plan.see(plan.push(node, ends));
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
    detail::Written<Writer::size.nodes + 1, Writer::size.edges + 1> made;
    Writer::write(made, made.see(made.begin(Parts<Net>::input)));
    made.fold();
    return made;
  }

 public:
  static constexpr auto plan = write();
  static_assert(plan.node_count == 1 || plan.nodes.back().consumers == 0);

  static constexpr PlanView view() { return plan.view(); }
};

}  // namespace shardbound::inline v0
