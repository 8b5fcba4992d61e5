// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Small networks that between them hold every kind of node, chain, join and start that a plan can have.

#include <shardbound/shardbound.hpp>

#include <concepts>

namespace shardbound_test {

namespace sb = shardbound;

namespace zoo {

template <sb::index_t Out>
using Linear = sb::Linear<Out>;
template <class... Layers>
using Seq = sb::Sequential<Layers...>;

//   x - 9 - relu - 17 - relu - 3
using Mlp = Seq<sb::Input<5>, Linear<9>, sb::ReLU, Linear<17>, sb::ReLU, Linear<3>>;

// Curves, a linear layer behind a linear layer, one output
using Curves = Seq<sb::Input<4>, Linear<7>, sb::Sigmoid, Linear<8>, sb::Tanh, Linear<6>, Linear<5>,
                   sb::LeakyReLU, Linear<1>>;

//   x - 6 - relu -+- 6 - relu - 6 -+ + - relu - 2     (an add before an activation; an identity branch)
//                 +----------------+
using ResNet = Seq<sb::Input<2, 3>, sb::Flatten, Linear<6>, sb::ReLU,
                   sb::Residual<Seq<Linear<6>, sb::ReLU, Linear<6>>>, sb::ReLU, Linear<2>>;

// Branches of unequal length, joined side by side; starts inside both; the input read three times
using Fork = Seq<sb::Input<3>,
                 sb::Concat<Seq<Linear<4>, sb::ReLU, Linear<10>, sb::Tanh>,
                            Seq<Linear<3>, sb::ReLU>, sb::Identity>,
                 Linear<5>, sb::LeakyReLU, Linear<2>>;

// Nonlinear and scaled directly on the input, and a sum of two nonlinear branches as the output
using Bare =
    Seq<sb::Input<1, 2, 2>, sb::ScaleShift,
        sb::Residual<Seq<sb::ReLU, sb::ScaleShift>, Seq<sb::Sigmoid>>, sb::ScaleShift, sb::Tanh>;

// Nothing but an activation
using Lone = Seq<sb::Input<3>, sb::LeakyReLU>;

// Long pointwise runs, cut into chains; an output that ends in an activation
using Run = Seq<sb::Input<3>, Linear<4>, sb::ScaleShift, sb::Tanh, sb::ScaleShift, sb::ScaleShift,
                sb::ReLU, sb::ScaleShift, sb::ScaleShift, sb::LeakyReLU, sb::ScaleShift,
                sb::Sigmoid, sb::ScaleShift, Linear<3>, sb::Sigmoid>;

// One pre-activation with two readers, a residual in a concatenation in a residual
using Nest = Seq<sb::Input<4>, Linear<6>,
                 sb::Residual<sb::Concat<
                     Seq<sb::ReLU, sb::Residual<Seq<Linear<6>, sb::Tanh>, sb::Identity>, Linear<2>>,
                     Seq<sb::Sigmoid, Linear<4>>>>,
                 sb::ReLU, sb::Residual<sb::Identity, sb::Identity>, Linear<2>, sb::Tanh>;

// Every activation of the library, behind a product and behind a scale, and what it makes read by the
// next of its kind:
//   x - 7 -+- 5 - A - scale - A - 4 -+ side by side - 5 - 2
//          +- 5 - B - scale - B - 4 -+
//          ...
// One that is not defined everywhere, or that grows until nothing is left of its neighbours, reads what sigmoids leave;
// HostNetwork::random has scales and products keep that positive where it must be:
//          +- 5 - sigmoid - 5 - A - sigmoid - scale - A - 4 -+
template <class A>
struct BranchOf {
  using type = Seq<Linear<5>, A, sb::ScaleShift, A, Linear<4>>;
};
template <class A>
  requires(std::same_as<A, sb::Exp> || std::same_as<A, sb::Log> || std::same_as<A, sb::Sqrt> ||
           std::same_as<A, sb::Reciprocal> || std::same_as<A, sb::Power>)
struct BranchOf<A> {
  using type = Seq<Linear<5>, sb::Sigmoid, Linear<5>, A, sb::Sigmoid, sb::ScaleShift, A, Linear<4>>;
};
template <class List>
struct EveryOf;
template <class... A>
struct EveryOf<sb::ActivationList<A...>> {
  using type =
      Seq<sb::Input<4>, Linear<7>, sb::Concat<typename BranchOf<A>::type...>, Linear<5>, Linear<2>>;
};
using Every = EveryOf<sb::KnownActivations>::type;

}  // namespace zoo

}  // namespace shardbound_test
