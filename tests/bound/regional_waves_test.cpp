// SPDX-License-Identifier: BSD-3-Clause

// Rows of tiles parted into waves: every row goes by once, on one rank, beside rows of its own tile, and waves keep
// within their height.

#include <doctest/doctest.h>

#include <shardbound/bound/regional_waves.hpp>

#include <algorithm>
#include <numeric>
#include <random>

using namespace shardbound;

TEST_CASE("parts are pieces of tiles, in order") {
  const auto parts = parts_of_tiles({{0, {1, 2, 3, 4, 5}}, {1, {}}, {2, {6, 7}}}, 2);
  REQUIRE(parts.size() == 4);
  CHECK(parts[0].rows == std::vector<std::int64_t>{1, 2});
  CHECK(parts[1].rows == std::vector<std::int64_t>{3, 4});
  CHECK(parts[2].rows == std::vector<std::int64_t>{5});
  CHECK(parts[2].tile == 0);
  CHECK(parts[3].rows == std::vector<std::int64_t>{6, 7});
  CHECK(parts[3].tile == 2);
}

TEST_CASE("parts go to the rank that has the fewest rows") {
  const auto dealt = dealt_parts({{0, {1, 2, 3}}, {1, {4}}, {2, {5}}, {3, {6, 7}}, {4, {8}}}, 2);
  REQUIRE(dealt.size() == 2);
  REQUIRE(dealt[0].size() == 2);
  REQUIRE(dealt[1].size() == 3);
  CHECK(dealt[0][0].tile == 0);
  CHECK(dealt[1][0].tile == 1);
  CHECK(dealt[1][1].tile == 2);
  CHECK(dealt[1][2].tile == 3);
  CHECK(dealt[0][1].tile == 4);
}

TEST_CASE("every row has one place, in a part of its tile") {
  std::mt19937 random(1);
  for (int drawn = 0; drawn < 200; ++drawn) {
    const int ranks = 1 + static_cast<int>(random() % 4);
    const auto most = static_cast<index_t>(least_rows * (1 + random() % 6));
    std::vector<TileRows> tiles;
    std::vector<index_t> tile_of;
    for (index_t tile = 0; tile < static_cast<index_t>(random() % 9); ++tile) {
      std::vector<std::int64_t> rows(random() % 70);
      std::iota(rows.begin(), rows.end(), static_cast<std::int64_t>(tile_of.size()));
      tile_of.resize(tile_of.size() + rows.size(), tile);
      tiles.push_back({tile, rows});
    }
    const auto found = regional_rows(dealt_parts(parts_of_tiles(tiles, most), ranks), most);
    CAPTURE(drawn);
    std::vector<int> times(tile_of.size());
    index_t end = 0;
    for (const RegionalWave& wave : found.waves) {
      REQUIRE(wave.first == end);
      REQUIRE(wave.height > 0);
      REQUIRE(wave.height <= most);
      REQUIRE(wave.parts.size() == static_cast<std::size_t>(ranks));
      end += ranks * wave.height;
      REQUIRE(end <= static_cast<index_t>(found.places.size()));
      for (int rank = 0; rank < ranks; ++rank) {
        const index_t own = wave.first + rank * wave.height;
        index_t next = 0;
        for (const auto& part : wave.parts[static_cast<std::size_t>(rank)]) {
          REQUIRE(part.first == next);
          const auto rows = static_cast<index_t>(
              std::count_if(found.places.begin() + own + part.first,
                            found.places.begin() + own + part.first + part.height,
                            [](std::int64_t row) { return row >= 0; }));
          REQUIRE(part.height == padded_rows(rows));
          next += part.height;
          REQUIRE(next <= wave.height);
          for (index_t r = part.first; r < next; ++r) {
            const auto row = found.places[static_cast<std::size_t>(own + r)];
            if (row < 0) continue;
            REQUIRE(tile_of[static_cast<std::size_t>(row)] == part.tile);
            ++times[static_cast<std::size_t>(row)];
          }
        }
        for (index_t r = next; r < wave.height; ++r)  // nothing outside parts
          REQUIRE(found.places[static_cast<std::size_t>(own + r)] == -1);
      }
    }
    REQUIRE(end == static_cast<index_t>(found.places.size()));
    REQUIRE(times == std::vector<int>(tile_of.size(), 1));
  }
}

TEST_CASE("waves take as many parts as there is room for") {
  const std::vector<std::int64_t> few(static_cast<std::size_t>(least_rows), 0);
  const auto found = regional_rows({{{0, few}, {1, few}, {2, few}}}, 2 * least_rows);
  REQUIRE(found.waves.size() == 2);
  CHECK(found.waves[0].parts[0].size() == 2);
  CHECK(found.waves[1].parts[0].size() == 1);
  CHECK(regional_rows({{}, {}}, 8).waves.empty());
}
