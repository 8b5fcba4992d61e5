// SPDX-License-Identifier: BSD-3-Clause

// Rows have a rank and a home there for good; those that stay close up, each on its own rank.

#include <doctest/doctest.h>

#include <shardbound/bound/frozen_list.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using namespace shardbound;

namespace {

using Net = Sequential<Input<2>, Linear<3>>;
using List = FrozenList<double, EigenBackend>;

/// Both sides of `pairs` neurons over two domains.
std::vector<ListEntry> pairs_of(std::int32_t pairs) {
  std::vector<ListEntry> entries;
  for (std::int32_t i = 0; i < pairs; ++i)
    for (const int sign : {1, -1}) entries.push_back({i, i % 2, sign});
  return entries;
}

/// What is where, as waves are dealt: every row that is left once, on its own rank, at a home of its own, pairs next to
/// each other in one wave; everything else only fills up.
void check_arranged(const List& list, const Waves& waves, int ranks,
                    const std::vector<bool>& gone) {
  const auto rows = list.rows();
  const auto& arranged = list.arranged();
  REQUIRE(static_cast<index_t>(arranged.size()) == list.room());
  std::multiset<std::int64_t> seen;
  waves.for_each(rows.count, [&](index_t first, index_t height) {
    REQUIRE(first + ranks * height <= list.room());
    REQUIRE(height <= list.most_height());
    for (int rank = 0; rank < ranks; ++rank)
      for (index_t i = 0; i < height; ++i) {
        const index_t place = first + rank * height + i;
        const auto e = arranged[static_cast<std::size_t>(place)];
        if (e < 0) {
          REQUIRE(rows.sign[place] == 0);
          continue;
        }
        const auto entry = static_cast<std::size_t>(e);
        seen.insert(e);
        REQUIRE(list.owner(entry) == rank);
        REQUIRE(rows.home[place] == list.home(entry));
        REQUIRE(rows.index[place] == list.entries()[entry].index);
        REQUIRE(rows.domain[place] == list.entries()[entry].domain);
        REQUIRE(rows.sign[place] == list.entries()[entry].sign);
        if (entry % 2 == 0 && !gone[entry + 1]) {
          REQUIRE(i + 1 < height);
          REQUIRE(place % 2 == 0);
          REQUIRE(arranged[static_cast<std::size_t>(place + 1)] == e + 1);
        }
      }
  });
  std::multiset<std::int64_t> expected;
  for (std::size_t e = 0; e < gone.size(); ++e)
    if (!gone[e]) expected.insert(static_cast<std::int64_t>(e));
  REQUIRE(seen == expected);
}

}  // namespace

TEST_CASE("rows are dealt to ranks and homes, and stay there") {
  std::mt19937 random(1);
  for (const int ranks : {1, 2, 3, 4, 8})
    for (const std::int32_t pairs : {1, 8, 13, 100, 333, 450})
      for (const index_t most : {16, 40, 512, 704}) {
        CAPTURE(ranks);
        CAPTURE(pairs);
        CAPTURE(most);
        const Waves waves(ranks, most);
        std::vector<std::vector<int>> owners;
        for (int rank = 0; rank < ranks; ++rank) {
          Network<Net> network{AnyCommunicator(Imagined(rank, ranks))};
          List list(network, waves, pairs_of(pairs));
          std::vector<bool> gone(list.entries().size());
          check_arranged(list, waves, ranks, gone);
          CHECK(list.rows().count == 2 * pairs);
          // Homes of one rank are all different, and there is room for them.
          std::vector<std::set<std::int32_t>> homes(static_cast<std::size_t>(ranks));
          auto& own = owners.emplace_back();
          for (std::size_t e = 0; e < gone.size(); ++e) {
            own.push_back(list.owner(e));
            CHECK(list.is_own(e) == (list.owner(e) == rank));
            CHECK(list.home(e) < list.own_rows());
            CHECK(homes[static_cast<std::size_t>(list.owner(e))].insert(list.home(e)).second);
          }
          CHECK(own == owners.front());
          // Ever more of them leave.
          std::mt19937 same(7);
          for (int step = 0; step < 6; ++step) {
            for (std::size_t e = 0; e < gone.size(); e += 2)
              if (same() % 3 == 0) gone[e] = gone[e + 1] = true;
            list.arrange(gone);
            check_arranged(list, waves, ranks, gone);
          }
          std::fill(gone.begin(), gone.end(), true);
          list.arrange(gone);
          check_arranged(list, waves, ranks, gone);
          CHECK(list.rows().count == 0);
        }
      }
}

TEST_CASE("a list gets shorter where whole groups of rows have left") {
  Network<Net> network;
  const Waves waves(1, 16);
  List list(network, waves, pairs_of(40));
  CHECK(list.own_rows() == 80);
  CHECK(waves.count(list.rows().count) == 5);
  std::vector<bool> gone(80);
  gone[0] = gone[1] = true;
  list.arrange(gone);  // 78 rows take as much room: none of them moves
  CHECK(list.rows().count == 80);
  CHECK(list.arranged()[0] == -1);
  CHECK(list.rows().sign[0] == 0);
  CHECK(list.arranged()[2] == 2);
  for (std::size_t e = 0; e < 32; ++e) gone[e] = true;
  list.arrange(gone);
  CHECK(list.rows().count == 48);
  CHECK(list.own_rows() == 80);  // what is kept for rows that left is still there
  CHECK(list.rows().home[0] == 32);
  CHECK(list.arranged()[0] == 32);
}

TEST_CASE("parts that have become small share waves no higher than those that there were") {
  using Maps = Sequential<Input<1, 12, 12>, Conv2d<4, Kernel<3, 3>>, ReLU, Conv2d<4, Kernel<3, 3>>>;
  for (const int ranks : {1, 2, 3})
    for (const index_t height : {16, 24, 40})
      for (unsigned seed = 0; seed < 8; ++seed) {
        CAPTURE(ranks);
        CAPTURE(height);
        CAPTURE(seed);
        Network<Maps> network{AnyCommunicator(Imagined(0, ranks))};
        const StartTiles tiles(network.plan(), 3, 0);
        REQUIRE(tiles.any());
        std::mt19937 random(seed);
        // Of each tile so many neurons that, at first, two do not share a wave.
        std::vector<ListEntry> entries;
        std::vector<index_t> taken(static_cast<std::size_t>(tiles.count()));
        for (std::int32_t i = 0; i < network.plan()[3].features; ++i)
          if (++taken[static_cast<std::size_t>(tiles.tile_of(i))] <= height / 4 + 1)
            for (const int sign : {1, -1}) entries.push_back({i, 0, sign});
        List list(network, Waves(ranks, 512), entries, {&tiles, height});
        std::vector<bool> gone(entries.size());
        for (int step = 0; step < 8; ++step) {
          std::multiset<std::int64_t> seen;
          for (const RegionalWave& wave : list.regional_waves()) {
            REQUIRE(wave.height <= list.most_height());
            REQUIRE(wave.first + ranks * wave.height <= list.room());
            for (std::size_t rank = 0; rank < wave.parts.size(); ++rank)
              for (const auto& part : wave.parts[rank])
                for (index_t i = 0; i < part.height; ++i) {
                  const index_t place =
                      wave.first + static_cast<index_t>(rank) * wave.height + part.first + i;
                  const auto e = list.arranged()[static_cast<std::size_t>(place)];
                  if (e < 0) continue;
                  const auto entry = static_cast<std::size_t>(e);
                  REQUIRE(tiles.tile_of(entries[entry].index) == part.tile);
                  REQUIRE(list.owner(entry) == static_cast<int>(rank));
                  seen.insert(e);
                }
          }
          std::multiset<std::int64_t> expected;
          for (std::size_t e = 0; e < gone.size(); ++e)
            if (!gone[e]) expected.insert(static_cast<std::int64_t>(e));
          REQUIRE(seen == expected);
          for (std::size_t e = 0; e < gone.size(); e += 2)
            if (random() % 3 == 0) gone[e] = gone[e + 1] = true;
          list.arrange(gone);
        }
      }
}
