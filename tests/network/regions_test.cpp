// SPDX-License-Identifier: BSD-3-Clause

// Regions beside reachability, feature by feature: whatever a neuron of a tile depends on lies inside the tile's region,
// and tiles part the neurons.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/network/regions.hpp>
#include <tests/support/convolutions.hpp>

using namespace shardbound_test;
using sb::index_t;

namespace {

/// By node, which features a neuron of `start` depends on.
std::vector<std::vector<bool>> reached(const Drawn& drawn, int start, index_t neuron) {
  const sb::PlanView plan = drawn.plan.view();
  std::vector<std::vector<bool>> all;
  for (int v = 0; v < plan.size(); ++v)
    all.emplace_back(static_cast<std::size_t>(plan[v].features));
  all[static_cast<std::size_t>(start)][static_cast<std::size_t>(neuron)] = true;
  for (int v = start; v > 0; --v) {
    const auto& own = all[static_cast<std::size_t>(v)];
    const sb::Geometry& g = plan[v].geometry;
    for (int input : plan.inputs_of(v)) {
      auto& below = all[static_cast<std::size_t>(input)];
      for (std::size_t i = 0; i < own.size(); ++i) {
        if (!own[i]) continue;
        if (plan[v].kind != sb::NodeKind::product) {
          below[i] = true;
          continue;
        }
        // Ones in place of the numbers, so that none of them cancels.
        const std::vector<double> ones(static_cast<std::size_t>(g.out_channels * g.width()), 1);
        for (std::size_t j = 0; j < below.size(); ++j)
          if (!below[j] &&
              written_out(g, ones, static_cast<index_t>(i), static_cast<index_t>(j)) != 0)
            below[j] = true;
      }
    }
  }
  return all;
}

/// Convolutions of 3 x 3 one above the other, on a map of that many rows and columns.
Drawn stack(index_t extent, int layers, std::mt19937& random) {
  Drawn drawn;
  int last = drawn.begin(sb::Shape{2, extent, extent});
  for (int layer = 0; layer < layers; ++layer) {
    sb::Geometry g;
    g.in_channels = g.out_channels = 2;
    g.rows = g.columns = {.in = extent, .out = extent, .taps = 3, .before = 1};
    last = drawn.relu(drawn.product(last, g, sb::Shape{2, extent, extent}, random));
  }
  drawn.plan.fold();
  return drawn;
}

}  // namespace

TEST_CASE("what a neuron depends on lies inside its tile's region") {
  int regional = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Drawn drawn = drawn_convolutions(random);
    const sb::PlanView plan = drawn.plan.view();
    for (int start = 1; start < plan.size(); ++start) {
      const sb::StartTiles tiles(plan, start, sb::EigenBackend::step_cost);
      regional += tiles.any();
      if (!tiles.any()) continue;
      CAPTURE(start);
      for (int times = 0; times < 4; ++times) {
        const auto neuron = static_cast<index_t>(random() % plan[start].features);
        const auto wanted = reached(drawn, start, neuron);
        const auto regions = tiles.regions(tiles.tile_of(neuron));
        for (int v = 0; v <= start; ++v) {
          const auto& own = wanted[static_cast<std::size_t>(v)];
          const sb::FeatureMap map = sb::map_of(plan[v]);
          const sb::MapRegion& region = regions[static_cast<std::size_t>(v)];
          REQUIRE(map.features() == plan[v].features);
          REQUIRE(map.channels * region.positions() <= tiles.widths()[static_cast<std::size_t>(v)]);
          for (std::size_t i = 0; i < own.size(); ++i)
            if (own[i]) REQUIRE(sb::column_in(region, map.all, static_cast<index_t>(i)) >= 0);
        }
      }
    }
  }
  CHECK(regional > 10);
}

TEST_CASE("tiles part the neurons") {
  std::mt19937 random(1);
  const Drawn drawn = stack(20, 2, random);
  const sb::PlanView plan = drawn.plan.view();
  const sb::StartTiles tiles(plan, 3, sb::EigenBackend::step_cost);
  REQUIRE(tiles.any());
  std::vector<index_t> neurons(static_cast<std::size_t>(tiles.count()));
  for (index_t i = 0; i < plan[3].features; ++i) {
    const index_t tile = tiles.tile_of(i);
    REQUIRE(tile >= 0);
    REQUIRE(tile < tiles.count());
    ++neurons[static_cast<std::size_t>(tile)];
    // Inside its own region, and in no other's.
    for (index_t other = 0; other < tiles.count(); ++other)
      REQUIRE((sb::column_in(tiles.regions(other)[3], sb::map_of(plan[3]).all, i) >= 0) ==
              (other == tile));
  }
  for (index_t tile = 0; tile < tiles.count(); ++tile) {
    const index_t own = neurons[static_cast<std::size_t>(tile)];
    CHECK(own == 2 * tiles.regions(tile)[3].positions());
    CHECK(own <= tiles.most_neurons());
  }
}

TEST_CASE("regions grow by a window a layer, and end at the border") {
  std::mt19937 random(1);
  const Drawn drawn = stack(20, 2, random);
  const auto seen = sb::regions_below(drawn.plan.view(), 3, {{4, 2}, {0, 2}});
  CHECK(seen[3] == sb::MapRegion{{4, 2}, {0, 2}});
  CHECK(seen[2] == sb::MapRegion{{3, 4}, {0, 3}});
  CHECK(seen[1] == seen[2]);
  CHECK(seen[0] == sb::MapRegion{{2, 6}, {0, 4}});
}

TEST_CASE("whole maps where little is saved") {
  std::mt19937 random(1);
  const Drawn deep = stack(6, 8, random), wide = stack(24, 1, random);
  CHECK_FALSE(sb::StartTiles(deep.plan.view(), 15, sb::EigenBackend::step_cost)
                  .any());  // every neuron sees nearly all
  CHECK(sb::StartTiles(wide.plan.view(), 1, sb::EigenBackend::step_cost).any());
  CHECK_FALSE(sb::StartTiles().any());
  Drawn dense;  // features of a single position
  dense.product(dense.begin(sb::Shape{9}), sb::Geometry::dense(9, 30), sb::Shape{30}, random);
  dense.plan.fold();
  CHECK_FALSE(sb::StartTiles(dense.plan.view(), 1, sb::EigenBackend::step_cost).any());
}

TEST_CASE("nodes that mix features, and dense layers, see everything") {
  std::mt19937 random(1);
  Drawn drawn = stack(8, 1, random);
  const int dense = drawn.product(2, sb::Geometry::dense(128, 4), sb::Shape{4}, random);
  drawn.plan.fold();
  const auto seen = sb::regions_below(drawn.plan.view(), dense, {{0, 1}, {0, 1}});
  CHECK(seen[2] == sb::MapRegion{{0, 8}, {0, 8}});
  CHECK(seen[0] == sb::MapRegion{{0, 8}, {0, 8}});
}
