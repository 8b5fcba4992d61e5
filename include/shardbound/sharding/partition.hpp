// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Who holds which features of a split tensor: blocks of whole groups of `lanes`, so that a rank's block
// begins where vectors begin and its padding is the tensor's own. Sizes that the ranks do not divide,
// and more ranks than groups, are legal; some blocks are then smaller, or empty.

#include <shardbound/core/geometry.hpp>

#include <numeric>

namespace shardbound::inline v0 {

/// Rank `rank`'s block of `features` over `ranks` ranks, in whole numbers of `unit` features: a feature map is cut
/// between channels.
constexpr Block block_of(index_t features, int rank, int ranks, index_t unit = 1) {
  const index_t group = std::lcm(unit, lanes), groups = (features + group - 1) / group;
  const index_t first = groups * rank / ranks * group, end = groups * (rank + 1) / ranks * group;
  const auto limit = [features](index_t at) { return at < features ? at : features; };
  return {limit(first), limit(end) - limit(first)};
}

/// Numbers of a sequence that each rank keeps, so that ranks() x share cover it: the same everywhere,
/// whole cache lines.
constexpr index_t even_share(index_t numbers, int ranks) {
  constexpr index_t line = 2 * lanes;
  const index_t share = (numbers + ranks - 1) / ranks;
  return ranks == 1 ? numbers : (share + line - 1) / line * line;
}

}  // namespace shardbound::inline v0
