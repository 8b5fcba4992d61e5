// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The distinct activation functors of a network, in order of first appearance. A plan names an
// activation by its number in this list, and code is instantiated once per entry, however often and
// wherever the network uses it.

#include <shardbound/layer/activation.hpp>
#include <shardbound/network/sequential.hpp>

#include <type_traits>

namespace shardbound::inline v0 {

template <class... F>
struct Functions {
  static constexpr int size = sizeof...(F);
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

/// The number of F in a list that holds it.
template <class F, class... Known>
consteval int number_of(Functions<Known...>) {
  const bool same[] = {std::is_same_v<F, Known>...};
  int number = 0;
  while (!same[number]) ++number;
  return number;
}

template <int Number, class First, class... Rest>
struct FunctionAt : FunctionAt<Number - 1, Rest...> {};
template <class First, class... Rest>
struct FunctionAt<0, First, Rest...> {
  using type = First;
};

}  // namespace detail

/// Those of the library, in their order.
using KnownFunctions = detail::functions_of<KnownActivations>;

/// And those of a program, behind them.
template <class... F>
using KnownFunctionsAnd = decltype(detail::operator|(KnownFunctions{}, Functions<F...>{}));

}  // namespace shardbound::inline v0
