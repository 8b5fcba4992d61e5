// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Placements: what each rank holds of a tensor of features. They are types, kept apart even on a single
// rank, so that using a tensor in the wrong placement does not compile: a forgotten all-reduce would be
// an unsound bound.

#include <shardbound/core/config.hpp>

#include <concepts>

namespace shardbound::inline v0 {

/// Every rank holds every feature.
struct Full {};
/// Every rank holds its own block of features.
struct Split {};
/// Every rank holds a summand for every feature; the tensor is their sum. It may be negated, scaled,
/// added to another partial sum and reduced, nothing else.
struct PartialSum {};

template <class P>
concept Placement = std::same_as<P, Full> || std::same_as<P, Split> || std::same_as<P, PartialSum>;

/// Placements whose values may go into a bias or a nonlinear layer.
template <class P>
concept Usable = std::same_as<P, Full> || std::same_as<P, Split>;

/// What a collective makes of a placement, as algebra: reduce(PartialSum) = Full,
/// gather(Split) = Full, scatter(Full) = Split. The identity laws hold on Full.
namespace placement {

template <Placement P>
  requires(!std::same_as<P, Split>)
using Reduce = Full;  // Full[*] := sum over P of PartialSum, or itself
template <Placement P>
  requires Usable<P>
using Gather = Full;  // Full[*] := the blocks of Split side by side, or itself
template <Placement P>
  requires Usable<P>
using Scatter = Split;  // Split := my block of Full, or itself

/// The placement of a sum of two branches: their own if equal and usable, else Full.
template <Placement A, Placement B>
struct SumOf {
  using type = Full;
};
template <>
struct SumOf<Split, Split> {
  using type = Split;
};
template <>
struct SumOf<PartialSum, PartialSum> {
  using type = PartialSum;
};

}  // namespace placement
}  // namespace shardbound::inline v0
