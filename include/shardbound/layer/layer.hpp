// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What makes a layer. A layer is an empty type that says which kind of node it is, what shape comes out
// for a shape that goes in, and - in one sentence - what it cannot follow. Its four rules (interval,
// relax, pull_back, push_forward) follow from the kind: products by their matrix, activations by their
// functor (relax/line.hpp), so adding a layer touches no method and no backend.

#include <shardbound/expr/node.hpp>
#include <shardbound/relax/line.hpp>

#include <concepts>

namespace shardbound::inline v0 {

/// A layer that becomes one node, or none (it only reshapes). Members:
///   is_reshape      true if no node is made
///   kind            otherwise its node's kind
///   output(shape)   the shape that comes out; called on wrong input too, must not fail then
///   check<In>()     static_asserts, one sentence each, that it is well made and can follow shape In.
///                   They stand here and not in the class, which stays usable when one fails: one
///                   mistake is one error
template <class L>
concept BoundableLayer = requires(Shape shape) {
  { L::is_reshape } -> std::convertible_to<bool>;
  { L::output(shape) } -> std::same_as<Shape>;
  L::template check<Shape{1}>();
}
&&(L::is_reshape || requires {
  { L::kind } -> std::convertible_to<NodeKind>;
});

/// Layers with an activation functor.
template <class L>
concept ActivationLayer = BoundableLayer<L> && Relaxation<typename L::Function>;

/// The constraint behind "it does not follow a feature map".
template <Shape In, int Rank>
concept MapOf = In.rank == Rank || In.elements() == 0;

/// The constraint behind "put Flatten between them"; printed with its shape when it fails.
template <Shape In>
concept FlatFeatures = In.is_flat() || In.elements() == 0;

}  // namespace shardbound::inline v0
