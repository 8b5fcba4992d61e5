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
  /// Room for regions of so many columns, over as many domains at most.
  PackedRegions(const Instance<T, Backend>& network, index_t columns, index_t domains)
      : network_(&network) {
    auto& backend = network.backend();
    // Of one chain: six planes of lines, a scale and two shifts, and two slacks.
    numbers_ = {backend, (8 * domains + 3) * padded(columns), Category::workspace};
    slots_ = {backend, 2 * domains * padded(columns), Category::workspace};
  }

  /// What the sweep that starts at node v reads, over so many domains.
  void pack(const PlanView& plan, int v, const WavePart& part, index_t domains,
            expr::OperationData<T>* all) const {
    auto numbers = begin(plan, v, part, numbers_.data());
    auto slots = begin(plan, v, part, slots_.data());
    const ChainCode& code = plan.chain_of(v);
    for (int i = 0; i < code.length; ++i) {
      auto& data = all[i];
      if (code.operations[i] < 0) {
        const index_t features = map_of(plan[v]).features();
        if (code.operations[i] == operation::scaled)
          data.scale = numbers.add(data.scale, 1, features);
        data.shift = numbers.add(data.shift, 1, features);
        add_slack(numbers, domains, data);
        continue;
      }
      auto& lines = data.lines;
      for (auto* one : {&lines.lower_slope, &lines.lower_intercept, &lines.upper_slope,
                        &lines.upper_intercept, &lines.lower_slack, &lines.upper_slack}) {
        one->data = numbers.add(one->data, domains, one->per_domain);
        one->per_domain = padded(numbers.columns());
      }
      for (auto* side : {&lines.lower, &lines.upper})
        if (side->slot) {
          side->slot = slots.add(side->slot, domains, side->per_domain);
          side->per_domain = padded(slots.columns());
        }
    }
    network_->backend().pack_region(numbers);
    if (slots.count > 0) network_->backend().pack_region(slots);
  }
  /// A slack alone.
  void pack_slack(const PlanView& plan, int v, const WavePart& part, index_t domains,
                  expr::OperationData<T>& data) const {
    auto numbers = begin(plan, v, part, numbers_.data());
    add_slack(numbers, domains, data);
    network_->backend().pack_region(numbers);
  }
  /// The bounds of node v.
  void pack(const PlanView& plan, int v, const WavePart& part, BoundsView<const T>& bounds) const {
    auto numbers = begin(plan, v, part, numbers_.data());
    for (auto* one : {&bounds.lower, &bounds.upper, &bounds.slack})
      *one = numbers.add(*one, bounds.domains, bounds.leading);
    bounds.features = numbers.columns();
    bounds.leading = padded(numbers.columns());
    network_->backend().pack_region(numbers);
  }

 private:
  template <class U>
  static expr::PackCall<U> begin(const PlanView& plan, int v, const WavePart& part, U* to) {
    expr::PackCall<U> call;
    const FeatureMap map = map_of(plan[v]);
    call.channels = map.channels;
    call.map = map.all;
    call.region = part.region(v, map.all);
    call.to = to;
    return call;
  }
  static void add_slack(expr::PackCall<T>& numbers, index_t domains, expr::OperationData<T>& data) {
    data.slack = numbers.add(data.slack, domains, data.slack_leading);
    data.slack_leading = padded(numbers.columns());
  }

  const Instance<T, Backend>* network_ = nullptr;
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
/// Nodes of different maps are seen whole, and have their features in one order.
template <class T>
expr::RegionCall<T> region_copy(const PlanView& plan, const Step& step, const WavePart& part,
                                const MatrixView<const T>& above, const MatrixView<T>& to) {
  expr::RegionCall<T> call;
  const FeatureMap map = map_of(plan[step.node]), top = map_of(plan[step.above]);
  index_t first = step.column, width = map.features();
  if (part.is_regional() && top.all == map.all) {
    call.channels = map.channels;
    call.source = part.region(step.above, top.all);
    call.target = part.region(step.node, map.all);
    first = step.column / map.all.positions() * call.source.positions();
    width = map.channels * call.source.positions();
  } else {
    call.channels = width;
    call.source = call.target = {{0, 1}, {0, 1}};
  }
  call.write = step.write;
  call.from = above.column_range(first, width);
  call.to = to;
  return call;
}

}  // namespace shardbound::inline v0
