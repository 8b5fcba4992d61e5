// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Waves of rows that see regions of maps. Rows of a tile make a part, or several where they are many; parts are given to the
// rank that has the fewest rows yet, until none takes another, so that panels are gathered for as many of them at once as
// there is room for. Who goes by together never shows in a result.

#include <shardbound/bound/slopes.hpp>
#include <shardbound/core/shape.hpp>

#include <algorithm>
#include <cstddef>
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

/// The rows of each tile, both sides of a neuron behind each other, as waves of at most `most` rows a rank. Appends them
/// to `entries` in their order; rows of sign 0 fill up parts and waves.
inline std::vector<RegionalWave> regional_waves(const std::vector<std::vector<ListEntry>>& of_tile,
                                                index_t most, int ranks,
                                                std::vector<ListEntry>& entries) {
  constexpr ListEntry filler{0, 0, 0};
  std::vector<RegionalWave> waves;
  std::vector<std::vector<ListEntry>> rows(static_cast<std::size_t>(ranks));
  RegionalWave next;
  const auto begin = [&] {
    next = {static_cast<index_t>(entries.size()), 0, {}};
    next.parts.resize(static_cast<std::size_t>(ranks));
  };
  const auto end = [&] {
    for (const auto& own : rows)
      next.height = std::max(next.height, static_cast<index_t>(own.size()));
    if (next.height == 0) return;
    for (auto& own : rows) {
      own.resize(static_cast<std::size_t>(next.height), filler);
      entries.insert(entries.end(), own.begin(), own.end());
      own.clear();
    }
    waves.push_back(next);
    begin();
  };
  begin();
  for (std::size_t tile = 0; tile < of_tile.size(); ++tile) {
    const auto& all = of_tile[tile];
    for (std::size_t done = 0; done < all.size();) {
      const std::size_t count = std::min(all.size() - done, static_cast<std::size_t>(most));
      const index_t height = padded_rows(static_cast<index_t>(count));
      auto least = std::min_element(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return a.size() < b.size();
      });
      if (static_cast<index_t>(least->size()) + height > most) {
        end();
        least = rows.begin();
      }
      const auto place = static_cast<index_t>(least->size());
      next.parts[static_cast<std::size_t>(least - rows.begin())].push_back(
          {place, height, static_cast<index_t>(tile)});
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(done);
      least->insert(least->end(), first, first + static_cast<std::ptrdiff_t>(count));
      least->resize(static_cast<std::size_t>(place + height), filler);
      done += count;
    }
  }
  end();
  return waves;
}

}  // namespace shardbound::inline v0
