// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Waves of rows that see regions of maps. Rows of a tile make a part, or several where they are many; parts are given to the
// rank that has the fewest rows yet, until none takes another, so that panels are gathered for as many of them at once as
// there is room for. Who goes by together never shows in a result.

#include <shardbound/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Rows [first, first + ranks * height) of a list, in the order of the ranks, and of each rank's rows the parts that see
/// the same.
struct RegionalWave {
  struct Part {
    index_t first = 0, height = 0, tile = 0;
  };
  index_t first = 0, height = 0;
  std::vector<std::vector<Part>> parts;  ///< by rank
};

/// Rows by number, and in which waves they go by: `places` has the row at each place, -1 where one only fills up.
struct RegionalRows {
  std::vector<RegionalWave> waves;
  std::vector<std::int64_t> places;
};

/// Rows of one tile that go by together.
struct TileRows {
  index_t tile = 0;
  std::vector<std::int64_t> rows;
};

/// Parts of at most `most` rows; neighbours in the order of the tiles.
inline std::vector<TileRows> parts_of_tiles(std::vector<TileRows> tiles, index_t most) {
  std::vector<TileRows> parts;
  for (TileRows& tile : tiles)
    for (std::size_t done = 0; done < tile.rows.size(); done += static_cast<std::size_t>(most)) {
      const auto first = tile.rows.begin() + static_cast<std::ptrdiff_t>(done);
      const auto count = std::min(tile.rows.size() - done, static_cast<std::size_t>(most));
      parts.push_back({tile.tile, {first, first + static_cast<std::ptrdiff_t>(count)}});
    }
  return parts;
}

/// Parts by rank: each goes to the one that has the fewest rows yet.
inline std::vector<std::vector<TileRows>> dealt_parts(std::vector<TileRows> parts, int ranks) {
  std::vector<std::vector<TileRows>> all(static_cast<std::size_t>(ranks));
  std::vector<std::size_t> rows(all.size());
  for (TileRows& part : parts) {
    const auto least =
        static_cast<std::size_t>(std::min_element(rows.begin(), rows.end()) - rows.begin());
    rows[least] += part.rows.size();
    all[least].push_back(std::move(part));
  }
  return all;
}

/// Each rank's parts, as waves of at most `most` rows; parts are filled up to what products want, waves to the
/// highest rank.
inline RegionalRows regional_rows(const std::vector<std::vector<TileRows>>& parts, index_t most) {
  RegionalRows all;
  std::vector<std::size_t> next(parts.size());
  const auto is_done = [&] {
    for (std::size_t rank = 0; rank < parts.size(); ++rank)
      if (next[rank] < parts[rank].size()) return false;
    return true;
  };
  while (!is_done()) {
    RegionalWave wave{static_cast<index_t>(all.places.size()), 0, {}};
    std::vector<std::vector<std::int64_t>> rows(parts.size());
    for (std::size_t rank = 0; rank < parts.size(); ++rank) {
      auto& own = rows[rank];
      auto& named = wave.parts.emplace_back();
      for (; next[rank] < parts[rank].size(); ++next[rank]) {
        const TileRows& part = parts[rank][next[rank]];
        const index_t height = padded_rows(static_cast<index_t>(part.rows.size()));
        const auto place = static_cast<index_t>(own.size());
        if (place > 0 && place + height > most) break;
        named.push_back({place, height, part.tile});
        own.insert(own.end(), part.rows.begin(), part.rows.end());
        own.resize(static_cast<std::size_t>(place + height), -1);
      }
      wave.height = std::max(wave.height, static_cast<index_t>(own.size()));
    }
    for (auto& own : rows) {
      own.resize(static_cast<std::size_t>(wave.height), -1);
      all.places.insert(all.places.end(), own.begin(), own.end());
    }
    all.waves.push_back(std::move(wave));
  }
  return all;
}

}  // namespace shardbound::inline v0
