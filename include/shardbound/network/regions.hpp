// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What rows of a convolution's neurons see. A neuron of a map sees a window of the map below, a wider one of the map
// below that, and so on; outside it the coefficients of its row are zero. Positions of a start node are parted by a fixed
// tiling, a function of the neuron alone, and rows of a tile go by together: on every node they have a region, propagated by
// geometry, that holds all that the tile sees. Where branches meet a region holds both; a layer that is no window, one
// that mixes features in another way, and whatever changes from one map to another are seen whole, and see everything.

#include <shardbound/network/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// A node's features as a map: channels, and the extents of their rows and columns.
struct FeatureMap {
  index_t channels = 0;
  MapRegion all;

  constexpr index_t features() const { return channels * all.positions(); }
  friend constexpr bool operator==(const FeatureMap&, const FeatureMap&) = default;
};

constexpr FeatureMap map_of(const Node& node) {
  if (node.kind == NodeKind::product) return {node.geometry.out_channels, node.geometry.out_map()};
  const index_t* e = node.shape.extents;
  if (node.shape.rank == 3) return {e[0], {{0, e[1]}, {0, e[2]}}};
  if (node.shape.rank == 2) return {e[0], {{0, 1}, {0, e[1]}}};
  return {node.features, {{0, 1}, {0, 1}}};
}

/// By node, whether it is seen whole: one that mixes features or changes from one map to another, and those that read
/// it without being a product, since their tiles may become its own.
inline std::vector<bool> seen_whole(const PlanView& plan) {
  std::vector<bool> whole(static_cast<std::size_t>(plan.size()));
  for (int v = 1; v < plan.size(); ++v) {
    bool own = mixes_features(plan[v].kind);
    for (int input : plan.inputs_of(v))
      own = own || whole[static_cast<std::size_t>(input)] ||
            map_of(plan[input]).all != map_of(plan[v]).all;
    whole[static_cast<std::size_t>(v)] = own && plan[v].kind != NodeKind::product;
  }
  return whole;
}

/// By node, what rows see that start in `region` of `start`; nothing of nodes that they do not come by.
inline std::vector<MapRegion> regions_below(const PlanView& plan, int start,
                                            const MapRegion& region) {
  std::vector<MapRegion> seen(static_cast<std::size_t>(plan.size()));
  const std::vector<bool> whole = seen_whole(plan);
  const auto at = [&](int v) -> MapRegion& { return seen[static_cast<std::size_t>(v)]; };
  at(start) = region;
  for (int v = start; v > 0; --v) {
    if (at(v).positions() == 0) continue;
    const Node& node = plan[v];
    const FeatureMap own = map_of(node);
    if (whole[static_cast<std::size_t>(v)]) at(v) = own.all;
    for (int input : plan.inputs_of(v)) {
      const FeatureMap below = map_of(plan[input]);
      MapRegion part = below.all;
      if (node.kind == NodeKind::product) {
        const Geometry& g = node.geometry;
        if (!g.is_dense() && below == FeatureMap{g.in_channels, g.in_map()}) {
          part = g.seen_by(at(v));
          if (part.positions() == 0) part = {{0, 1}, {0, 1}};  // zeros alone
        }
      } else if (below.all == own.all && !mixes_features(node.kind)) {
        part = at(v);
      }
      at(input) = hull(at(input), part);
    }
  }
  return seen;
}

/// The tiling of one start node, and what each tile sees.
class StartTiles {
 public:
  /// None: all neurons see everything.
  StartTiles() = default;
  /// Of a node's neurons, as many positions to a tile as make the least work; one tile of all where little is saved.
  /// `step_cost` is what a step costs a part of a wave besides its multiplications, in multiplications.
  StartTiles(const PlanView& plan, int start, double step_cost)
      : map_(map_of(plan[start])), step_cost_(step_cost) {
    if (map_.all.positions() < 2) return;
    double least = cost(plan, start, map_.all);
    for (const index_t extent : {index_t{16}, index_t{8}, index_t{4}, index_t{2}, index_t{1}}) {
      if (extent >= std::max(map_.all.rows.count, map_.all.columns.count)) continue;
      double sum = 0;
      const auto tiles = tiling(extent);
      if (tiles.size() > most_tiles) continue;
      for (const MapRegion& tile : tiles) sum += cost(plan, start, tile);
      if (sum >= 0.8 * least) continue;
      least = sum;
      extent_ = extent;
    }
    if (extent_ == 0) return;
    widths_.assign(static_cast<std::size_t>(plan.size()), 0);
    for (const MapRegion& tile : tiling(extent_)) {
      regions_.push_back(regions_below(plan, start, tile));
      for (int v = 0; v <= start; ++v) {
        index_t& width = widths_[static_cast<std::size_t>(v)];
        const MapRegion& seen = regions_.back()[static_cast<std::size_t>(v)];
        width = std::max(width, map_of(plan[v]).channels * seen.positions());
      }
    }
  }

  /// Whether there is more than one.
  bool any() const { return extent_ > 0; }
  index_t count() const { return static_cast<index_t>(regions_.size()); }
  /// The tile that a neuron is in.
  index_t tile_of(index_t neuron) const {
    const index_t position = neuron % map_.all.positions();
    const index_t row = position / map_.all.columns.count / extent_;
    return row * across() + position % map_.all.columns.count / extent_;
  }
  /// What its rows see, by node.
  std::span<const MapRegion> regions(index_t tile) const {
    return regions_[static_cast<std::size_t>(tile)];
  }
  /// The most columns that a tile's rows have on each node.
  std::span<const index_t> widths() const { return widths_; }
  /// Neurons of a tile, at most.
  index_t most_neurons() const {
    return map_.channels * std::min(extent_, map_.all.rows.count) *
           std::min(extent_, map_.all.columns.count);
  }

 private:
  static constexpr std::size_t most_tiles = 1024;

  index_t across() const { return (map_.all.columns.count + extent_ - 1) / extent_; }
  std::vector<MapRegion> tiling(index_t extent) const {
    std::vector<MapRegion> tiles;
    for (index_t y = 0; y < map_.all.rows.count; y += extent)
      for (index_t x = 0; x < map_.all.columns.count; x += extent)
        tiles.push_back({{y, std::min(extent, map_.all.rows.count - y)},
                         {x, std::min(extent, map_.all.columns.count - x)}});
    return tiles;
  }
  // Multiplications of a tile's rows, of which a few in a hundred go by, and of what has to be done once a tile.
  double cost(const PlanView& plan, int start, const MapRegion& tile) const {
    const double rows = 0.25 * static_cast<double>(map_.channels * tile.positions());
    const auto seen = regions_below(plan, start, tile);
    double sum = 0;
    for (int v = 1; v <= start; ++v) {
      const auto positions = static_cast<double>(seen[static_cast<std::size_t>(v)].positions());
      if (positions == 0 || plan[v].kind != NodeKind::product) continue;
      const Geometry& g = plan[v].geometry;
      const double each = static_cast<double>(g.out_channels * g.width());
      sum += each * (std::max(rows * positions, 16.0) + 64) + step_cost_;
    }
    return sum;
  }

  FeatureMap map_;
  double step_cost_ = 0;
  index_t extent_ = 0;
  std::vector<std::vector<MapRegion>> regions_;
  std::vector<index_t> widths_;
};

}  // namespace shardbound::inline v0
