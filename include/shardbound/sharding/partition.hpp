// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Who holds which features of a split tensor: blocks of whole groups of `lanes`, so that a rank's block
// begins where vectors begin and its padding is the tensor's own. Sizes that the ranks do not divide,
// and more ranks than groups, are legal; some blocks are then smaller, or empty.

#include <shardbound/core/shape.hpp>

namespace shardbound::inline v0 {

/// Features [first, first + count).
struct Block {
  index_t first = 0, count = 0;

  constexpr index_t end() const { return first + count; }
  friend constexpr bool operator==(const Block&, const Block&) = default;
};

/// Rank `rank`'s block of `features` over `ranks` ranks.
constexpr Block block_of(index_t features, int rank, int ranks) {
  const index_t groups = padded(features) / lanes;
  const index_t first = groups * rank / ranks * lanes, end = groups * (rank + 1) / ranks * lanes;
  const auto limit = [features](index_t at) { return at < features ? at : features; };
  return {limit(first), limit(end) - limit(first)};
}

/// What two blocks share; empty blocks have count 0.
constexpr Block intersection(Block a, Block b) {
  const index_t first = a.first > b.first ? a.first : b.first;
  const index_t end = a.end() < b.end() ? a.end() : b.end();
  return {first, end > first ? end - first : 0};
}

/// Numbers of a sequence that each rank keeps, so that ranks() x share cover it: the same everywhere,
/// whole cache lines.
constexpr index_t even_share(index_t numbers, int ranks) {
  constexpr index_t line = 2 * lanes;
  const index_t share = (numbers + ranks - 1) / ranks;
  return ranks == 1 ? numbers : (share + line - 1) / line * line;
}

}  // namespace shardbound::inline v0
