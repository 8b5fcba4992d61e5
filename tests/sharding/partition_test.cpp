// SPDX-License-Identifier: BSD-3-Clause

// Blocks deal every feature to one rank, in order and at a vector's beginning, for any number of ranks.

#include <doctest/doctest.h>

#include <shardbound/sharding/partition.hpp>

#include <algorithm>

using namespace shardbound;

static_assert(block_of(70, 0, 2) == Block{0, 32} && block_of(70, 1, 2) == Block{32, 38});
static_assert(block_of(70, 0, 1) == Block{0, 70});
static_assert(block_of(3, 0, 2).count == 0 && block_of(3, 1, 2) == Block{0, 3});  // more ranks
static_assert(block_of(0, 1, 3).count == 0);

static_assert(intersection({0, 10}, {4, 20}) == Block{4, 6});
static_assert(intersection({4, 20}, {0, 10}) == Block{4, 6});
static_assert(intersection({0, 10}, {3, 2}) == Block{3, 2});
static_assert(intersection({0, 4}, {4, 4}).count == 0 && intersection({0, 2}, {8, 1}).count == 0);

static_assert(even_share(1000, 1) == 1000);  // nothing is rounded for one rank
static_assert(even_share(1000, 3) == 336 && even_share(1, 8) == 16 && even_share(0, 4) == 0);

TEST_CASE("blocks cover every feature once, in order, and are even to a group") {
  for (index_t features = 0; features <= 300; ++features)
    for (int ranks = 1; ranks <= 40; ++ranks) {
      index_t next = 0, least = features, most = 0;
      bool whole = true;
      for (int rank = 0; rank < ranks; ++rank) {
        const Block block = block_of(features, rank, ranks);
        if (block.first != next || block.count < 0) whole = false;
        if (block.count > 0 && block.first % lanes != 0) whole = false;
        next = block.end();
        least = std::min(least, padded(block.count));
        most = std::max(most, padded(block.count));
      }
      CAPTURE(features);
      CAPTURE(ranks);
      CHECK(whole);
      CHECK(next == features);
      CHECK(most - least <= lanes);
    }
}

TEST_CASE("even shares cover a sequence, in whole cache lines, with less than a line to spare") {
  constexpr index_t line = 2 * lanes;
  for (index_t numbers : {0, 1, 15, 16, 17, 1000, 1'048'576, 1'048'577})
    for (int ranks = 2; ranks <= 17; ++ranks) {
      CAPTURE(numbers);
      CAPTURE(ranks);
      const index_t share = even_share(numbers, ranks);
      CHECK(share % line == 0);
      CHECK(ranks * share >= numbers);
      CHECK((share == 0 || ranks * (share - line) < numbers));
    }
}
