// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A list of rows that something is stored for: it says once which rank each row belongs to and where its numbers are kept
// there (its home), and that holds for as long as the list does. Rows may leave it; those that stay close up, each on
// its own rank, so that waves get fewer or lower and nothing moves.

#include <shardbound/bound/regional_waves.hpp>
#include <shardbound/bound/row_lists.hpp>
#include <shardbound/bound/waves.hpp>
#include <shardbound/network/instance.hpp>
#include <shardbound/network/regions.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class FrozenList {
 public:
  FrozenList() = default;
  /// Where rows see regions of maps, which tile each is in, and how many of them a rank is dealt at most.
  struct Tiling {
    const StartTiles* tiles = nullptr;
    index_t height = 0;
  };
  /// Entries go by in waves as they come; pairs, which begin at even places, stay together.
  FrozenList(const Instance<T, Backend>& network, const Waves& waves,
             std::vector<ListEntry> entries, const Tiling& tiling = {})
      : network_(&network), waves_(waves), tiling_(tiling), entries_(std::move(entries)) {
    const int ranks = network.layout().ranks();
    const auto count = static_cast<index_t>(entries_.size());
    owners_.resize(entries_.size());
    homes_.resize(entries_.size());
    std::vector<std::int64_t> all(entries_.size());
    std::iota(all.begin(), all.end(), std::int64_t{0});
    if (tiling_.tiles) regional_ = regional_rows(dealt_parts(parts(all), ranks), tiling_.height);
    const auto at = [&](index_t place) {
      if (tiling_.tiles) return regional_.places[static_cast<std::size_t>(place)];
      return place < count ? place : -1;
    };
    for_each_wave(count, [&](index_t first, index_t height) {
      for (int rank = 0; rank < ranks; ++rank)
        for (index_t i = 0; i < height; ++i) {
          const auto entry = at(first + rank * height + i);
          if (entry < 0) continue;
          owners_[static_cast<std::size_t>(entry)] = rank;
          homes_[static_cast<std::size_t>(entry)] = static_cast<std::int32_t>(own_ + i);
        }
      own_ += height;
      room_ += ranks * height;
      most_height_ = std::max(most_height_, height);
    });
    // A shorter list may go by in fewer waves that are higher than any of these.
    if (!tiling_.tiles) most_height_ = std::min(waves_.most(), Waves::dealt(count, ranks));
    auto& backend = network.backend();
    for (auto* list : {&index_, &domain_, &home_}) *list = {backend, room_, Category::workspace};
    sign_ = {backend, room_, Category::workspace};
    arrange(std::vector<bool>(entries_.size()));
  }

  /// Rows that each rank keeps something for; the same number on all.
  index_t own_rows() const { return own_; }
  const std::vector<ListEntry>& entries() const { return entries_; }
  bool is_own(std::size_t entry) const { return owners_[entry] == network_->layout().rank(); }
  int owner(std::size_t entry) const { return owners_[entry]; }
  std::int32_t home(std::size_t entry) const { return homes_[entry]; }

  /// As they are to go by now.
  RowsView<T> rows() const {
    return {index_.data(), domain_.data(), sign_.data(), count_, home_.data()};
  }
  index_t room() const { return room_; }
  /// In which waves, where rows see regions of maps; none elsewhere.
  std::span<const RegionalWave> regional_waves() const { return regional_.waves; }
  /// Of a wave, now and when rows have left.
  index_t most_height() const { return most_height_; }
  /// Calls body(first) with this rank's rows of each wave.
  template <class Body>
  void for_own_rows(const Body& body) const {
    const int rank = network_->layout().rank();
    for_each_wave(count_, [&](index_t first, index_t height) {
      const index_t own = first + rank * height;
      if (own < count_) body(rows().range(own, std::min(height, count_ - own)));
    });
  }
  /// The entry at each place of that, -1 where a place is only filled.
  const std::vector<std::int64_t>& arranged() const { return arranged_; }

  /// Rows that are gone leave their places, and the others close up where that makes the list shorter.
  void arrange(const std::vector<bool>& gone) {
    const int ranks = network_->layout().ranks();
    std::vector<std::vector<std::int64_t>> left(static_cast<std::size_t>(ranks));
    for (std::size_t e = 0; e < entries_.size(); ++e)
      if (!gone[e])
        left[static_cast<std::size_t>(owners_[e])].push_back(static_cast<std::int64_t>(e));
    index_t most = 0, places = 0;
    for (const auto& mine : left) most = std::max(most, static_cast<index_t>(mine.size()));
    const bool is_first = arranged_.empty();
    if (tiling_.tiles) return arrange_regions(left, gone, is_first);
    const index_t count = is_first    ? static_cast<index_t>(entries_.size())
                          : most == 0 ? 0
                                      : ranks * padded_rows(most);
    waves_.for_each(count, [&](index_t, index_t height) { places += ranks * height; });
    if (is_first || (places < places_ && places <= room_)) {
      count_ = count;
      places_ = places;
      arranged_.assign(static_cast<std::size_t>(room_), -1);
      std::vector<std::size_t> next(left.size());
      waves_.for_each(count_, [&](index_t first, index_t height) {
        for (std::size_t rank = 0; rank < left.size(); ++rank)
          for (index_t i = 0; i < height && next[rank] < left[rank].size(); ++i)
            arranged_[static_cast<std::size_t>(first + static_cast<index_t>(rank) * height + i)] =
                left[rank][next[rank]++];
      });
    } else {
      for (std::int64_t& entry : arranged_)
        if (entry >= 0 && gone[static_cast<std::size_t>(entry)]) entry = -1;
    }
    upload();
  }

 private:
  // Calls body(first, height) for the waves that `count` rows go by in.
  template <class Body>
  void for_each_wave(index_t count, const Body& body) const {
    if (!tiling_.tiles) return waves_.for_each(count, body);
    for (const RegionalWave& wave : regional_.waves) body(wave.first, wave.height);
  }
  // Rows, tile by tile.
  std::vector<TileRows> parts(const std::vector<std::int64_t>& rows) const {
    std::vector<TileRows> tiles(static_cast<std::size_t>(tiling_.tiles->count()));
    for (const std::int64_t row : rows) {
      const index_t tile = tiling_.tiles->tile_of(entries_[static_cast<std::size_t>(row)].index);
      tiles[static_cast<std::size_t>(tile)].tile = tile;
      tiles[static_cast<std::size_t>(tile)].rows.push_back(row);
    }
    return parts_of_tiles(std::move(tiles), tiling_.height);
  }
  void arrange_regions(const std::vector<std::vector<std::int64_t>>& left,
                       const std::vector<bool>& gone, bool is_first) {
    std::vector<std::vector<TileRows>> own;
    for (const auto& mine : left) own.push_back(parts(mine));
    RegionalRows found = regional_rows(own, most_height_);
    const auto places = static_cast<index_t>(found.places.size());
    if (is_first || (places < places_ && places <= room_)) {
      count_ = places_ = places;
      regional_ = std::move(found);
      arranged_ = regional_.places;
      arranged_.resize(static_cast<std::size_t>(room_), -1);
    } else {
      for (std::int64_t& entry : arranged_)
        if (entry >= 0 && gone[static_cast<std::size_t>(entry)]) entry = -1;
    }
    upload();
  }
  void upload() {
    std::vector<std::int32_t> index(arranged_.size()), domain(index), home(index);
    std::vector<T> sign(arranged_.size());
    for (std::size_t place = 0; place < arranged_.size(); ++place) {
      if (arranged_[place] < 0) continue;
      const auto e = static_cast<std::size_t>(arranged_[place]);
      index[place] = entries_[e].index;
      domain[place] = entries_[e].domain;
      home[place] = homes_[e];
      sign[place] = static_cast<T>(entries_[e].sign);
    }
    auto& backend = network_->backend();
    backend.upload(index_.data(), index.data(), room_);
    backend.upload(domain_.data(), domain.data(), room_);
    backend.upload(home_.data(), home.data(), room_);
    backend.upload(sign_.data(), sign.data(), room_);
  }

  const Instance<T, Backend>* network_ = nullptr;
  Waves waves_;
  Tiling tiling_;
  RegionalRows regional_;
  std::vector<ListEntry> entries_;
  std::vector<int> owners_;
  std::vector<std::int32_t> homes_;
  index_t own_ = 0, room_ = 0, count_ = 0, places_ = 0, most_height_ = 0;
  std::vector<std::int64_t> arranged_;
  Buffer<std::int32_t, Backend> index_, domain_, home_;
  Buffer<T, Backend> sign_;
};

}  // namespace shardbound::inline v0
