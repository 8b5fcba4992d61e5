// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The distinct activation functors of a network, in order of first appearance. A plan names an
// activation by its number in this list, and code is instantiated once per entry, however often and
// wherever the network uses it. Sweeps depend on less: activations whose lines are of one kind are one operation
// there, and have one number in chains.

#include <shardbound/expr/chain.hpp>
#include <shardbound/layer/activation.hpp>
#include <shardbound/network/sequential.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0 {

template <class... F>
struct Functions {
  static constexpr int size = sizeof...(F);
};

/// The distinct operations that a network's activations are in chains.
template <class... Operations>
struct DistinctLines {
  static constexpr int size = sizeof...(Operations);
};

namespace detail {

template <class... Known, class F>
consteval auto with(Functions<Known...> known, Functions<F>) {
  if constexpr ((std::is_same_v<Known, F> || ...))
    return known;
  else
    return Functions<Known..., F>{};
}
template <class List>
consteval List operator|(List known, Functions<>) {
  return known;
}
template <class List, class First, class... Rest>
consteval auto operator|(List known, Functions<First, Rest...>) {
  return with(known, Functions<First>{}) | Functions<Rest...>{};
}

template <class L>
struct FunctionsOf {
  using type = Functions<>;
};
template <class L>
using functions_of = typename FunctionsOf<L>::type;

template <class F>
  requires Relaxation<F>
struct FunctionsOf<Activation<F>> {
  using type = Functions<F>;
};
template <class... Layers>
struct FunctionsOf<Sequential<Layers...>> {
  using type = decltype((Functions<>{} | ... | functions_of<Layers>{}));
};
template <class Main, class Shortcut>
struct FunctionsOf<Residual<Main, Shortcut>> : FunctionsOf<Sequential<Main, Shortcut>> {};
template <class... Branches>
struct FunctionsOf<Concat<Branches...>> : FunctionsOf<Sequential<Branches...>> {};

template <class... Layers>
struct FunctionsOf<ActivationList<Layers...>> : FunctionsOf<Sequential<Layers...>> {};

template <class... Known, class Operation>
consteval auto operator|(DistinctLines<Known...> known, DistinctLines<Operation>) {
  if constexpr ((std::is_same_v<Known, Operation> || ...))
    return known;
  else
    return DistinctLines<Known..., Operation>{};
}
template <class List>
struct LinesOf;
template <class... F>
struct LinesOf<Functions<F...>> {
  using type = decltype((DistinctLines<>{} | ... | DistinctLines<expr::OperationOf<F>>{}));
};
template <class List>
using lines_of = typename LinesOf<List>::type;

/// The number of F in a list that holds it.
template <class F, template <class...> class List, class... Known>
consteval int number_of(List<Known...>) {
  const bool same[] = {std::is_same_v<F, Known>...};
  int number = 0;
  while (!same[number]) ++number;
  return number;
}

template <int Number, class First, class... Rest>
struct TypeAt : TypeAt<Number - 1, Rest...> {};
template <class First, class... Rest>
struct TypeAt<0, First, Rest...> {
  using type = First;
};

}  // namespace detail

/// A node of the activation with this number in a list, to be given a shape.
template <class... F>
constexpr Node activation_node(Functions<F...> list, int number) {
  const int lines[] = {
      0, detail::number_of<expr::OperationOf<F>>(detail::lines_of<decltype(list)>{})...};
  const bool stands_alone[] = {false, relax::stands_alone<F>...};
  Node node;
  node.kind = NodeKind::pointwise;
  node.operation = number;
  node.lines = lines[number + 1];
  node.stands_alone = stands_alone[number + 1];
  return node;
}

/// Those of the library, in their order.
using KnownFunctions = detail::functions_of<KnownActivations>;

namespace detail {

template <class... F>
consteval bool are_named_apart(Functions<F...>) {
  const std::string_view names[] = {F::name...};
  for (std::size_t i = 0; i < sizeof...(F); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (names[i] == names[k]) return false;
  return true;
}
template <class List>
struct NamedApart {
  static_assert(are_named_apart(List{}),
                "shardbound::KnownFunctionsAnd: an activation has the name of another one, and "
                "files would find that. Fix: give its functor a name of its own.");
  using type = List;
};

}  // namespace detail

/// And those of a program, behind them; names are what plans of files are made by, so each has one of its own.
template <class... F>
using KnownFunctionsAnd = typename detail::NamedApart<decltype(detail::operator|(
    KnownFunctions{}, Functions<F...>{}))>::type;

}  // namespace shardbound::inline v0
