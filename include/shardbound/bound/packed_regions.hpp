// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What rows read on a region of a map - lines, scales, slacks, bounds - laid out as their tiles are: packed once a wave and
// sweep, from where it lies for the whole map.

#include <shardbound/bound/tiles.hpp>
#include <shardbound/bound/wave.hpp>
#include <shardbound/network/schedule.hpp>

#include <cstdint>

namespace shardbound::inline v0 {

template <class T, class Backend>
class PackedRegions {
 public:
  PackedRegions() = default;
  /// Room for regions of so many columns, over so many domains.
  PackedRegions(const Instance<T, Backend>& network, index_t columns, index_t domains)
      : network_(&network), domains_(domains) {
    auto& backend = network.backend();
    // Of one chain: six planes of lines, a scale and two shifts, and two slacks.
    numbers_ = {backend, (8 * domains + 3) * padded(columns), Category::workspace};
    slots_ = {backend, 2 * domains * padded(columns), Category::workspace};
  }

  /// What the sweep that starts at node v reads.
  void pack(const PlanView& plan, int v, const WavePart& part, expr::OperationData<T>* all) const {
    Place place{part, map_of(plan[v]), part.region(v, {})};
    const ChainCode& code = plan.chain_of(v);
    for (int i = 0; i < code.length; ++i) {
      auto& data = all[i];
      if (code.operations[i] < 0) {
        if (code.operations[i] == operation::scaled) plane(place, data.scale);
        plane(place, data.shift);
        slack(place, data);
        continue;
      }
      auto& lines = data.lines;
      for (auto* one : {&lines.lower_slope, &lines.lower_intercept, &lines.upper_slope,
                        &lines.upper_intercept, &lines.lower_slack, &lines.upper_slack}) {
        one->data = planes(place, one->data, one->per_domain);
        one->per_domain = padded(place.columns());
      }
      for (auto* side : {&lines.lower, &lines.upper}) {
        if (!side->slot) continue;
        std::int32_t* const to = slots_.data() + place.slots;
        place.slots += domains_ * padded(place.columns());
        copy(place, side->slot, side->per_domain, to, domains_);
        side->slot = to, side->per_domain = padded(place.columns());
      }
    }
  }
  /// A slack alone.
  void pack_slack(const PlanView& plan, int v, const WavePart& part,
                  expr::OperationData<T>& data) const {
    Place place{part, map_of(plan[v]), part.region(v, {})};
    slack(place, data);
  }
  /// The bounds of node v.
  void pack(const PlanView& plan, int v, const WavePart& part, BoundsView<const T>& bounds) const {
    Place place{part, map_of(plan[v]), part.region(v, {})};
    for (auto* one : {&bounds.lower, &bounds.upper, &bounds.slack})
      *one = planes(place, *one, bounds.leading);
    bounds.features = place.columns();
    bounds.leading = padded(place.columns());
  }

 private:
  struct Place {
    const WavePart& part;
    FeatureMap map;
    MapRegion region;
    index_t numbers = 0, slots = 0;  // how much of the space is taken
    index_t columns() const { return map.channels * region.positions(); }
  };

  template <class U>
  void copy(const Place& place, const U* from, index_t leading, U* to, index_t rows) const {
    network_->backend().copy_region(
        expr::RegionCall<U>{place.map.channels,
                            place.map.all,
                            place.region,
                            {from, rows, place.map.features(), leading},
                            {to, rows, place.columns(), padded(place.columns())},
                            Write::assign});
  }
  T* take(Place& place, index_t rows) const {
    T* const to = numbers_.data() + place.numbers;
    place.numbers += rows * padded(place.columns());
    return to;
  }
  void plane(Place& place, const T*& numbers) const {
    T* const to = take(place, 1);
    copy(place, numbers, place.map.features(), to, 1);
    numbers = to;
  }
  const T* planes(Place& place, const T* from, index_t leading) const {
    T* const to = take(place, domains_);
    copy(place, from, leading, to, domains_);
    return to;
  }
  void slack(Place& place, expr::OperationData<T>& data) const {
    data.slack = planes(place, data.slack, data.slack_leading);
    data.slack_leading = padded(place.columns());
  }

  const Instance<T, Backend>* network_ = nullptr;
  index_t domains_ = 0;
  Buffer<T, Backend> numbers_;
  Buffer<std::int32_t, Backend> slots_;
};

/// The dealt tile of a part of a wave.
template <class T, class Backend>
Tile<T, Full> tile_of(const Tiles<T, Backend>& tiles, const PlanView& plan, int slot, int node,
                      const WavePart& part, const Wave<T, Backend>& wave) {
  return tiles.part_tile(slot, part.first, part.height, part.columns(plan, node),
                         wave.slot_widths[static_cast<std::size_t>(slot)]);
}

/// A copy step's arguments on the way down, from the tile of the node above: of a concatenation, one input's channels.
template <class T>
expr::RegionCall<T> region_copy(const PlanView& plan, const Step& step, const WavePart& part,
                                const MatrixView<const T>& above, const MatrixView<T>& to) {
  expr::RegionCall<T> call;
  const FeatureMap map = map_of(plan[step.node]), top = map_of(plan[step.above]);
  call.channels = map.channels;
  call.source = part.region(step.above, top.all);
  call.target = part.region(step.node, map.all);
  call.write = step.write;
  const index_t first = part.is_regional()
                            ? step.column / top.all.positions() * call.source.positions()
                            : step.column;
  const index_t width =
      part.is_regional() ? map.channels * call.source.positions() : plan[step.node].features;
  call.from = above.column_range(first, width);
  call.to = to;
  return call;
}

}  // namespace shardbound::inline v0
