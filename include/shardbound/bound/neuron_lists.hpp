// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows for the neurons of one node at a time, listed where the backend keeps them: both sides of all, or of those that an
// activation finds unstable.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/bound/row_lists.hpp>
#include <shardbound/bound/row_pass.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class NeuronLists {
 public:
  /// Room for lists of `most` rows, which `rows` lets go by; null: whoever lets them go by looks at whole maps.
  NeuronLists(const Instance<T, Backend>& network, index_t most,
              const RowPass<T, Backend>* rows = nullptr)
      : network_(&network),
        rows_(rows),
        listed_(network.backend(), most + room_for_parts(most),
                RowPass<T, Backend>::room_for(0, network.layout().ranks())),
        count_(network.backend(), 1, Category::workspace) {}

  /// The rows that were listed last.
  RowsView<T> first(index_t count) const { return listed_.first(count); }

  /// Of node v, both sides of every neuron; returns how many.
  index_t list_all(int v, const DomainState<T, Backend>& state) const {
    network_->backend().list_all(BoundsView<const T>(state.bounds(v)), target());
    return 2 * state.domains() * network_->plan()[v].features;
  }
  /// Of the input of an activation, both sides of its unstable neurons; returns how many. A recording cannot know:
  /// there, rows that do not matter keep their places.
  index_t list_unstable(int activation, const DomainState<T, Backend>& state,
                        bool in_recording) const {
    const PlanView& plan = network_->plan();
    const int v = plan.input_of(activation);
    const auto& function =
        network_->kernels().functions[static_cast<std::size_t>(plan[activation].operation)];
    (in_recording ? function.mark_unstable : function.list_unstable)(
        network_->backend(), network_->parameters(activation).state, state.bounds(v), target());
    if (in_recording) return 2 * state.domains() * plan[v].features;
    std::int64_t count = 0;
    network_->backend().to_host(&count, count_.data(), 1);
    return count;
  }
  /// Where rows of node v see regions of maps: the `count` rows that were listed last in the order of their tiles, and
  /// in which waves they go by; none where they do not. Every part is filled up with rows of sign 0.
  std::vector<RegionalWave> by_region(int v, index_t& count) const {
    const auto* regional = rows_ ? rows_->regional(v) : nullptr;
    if (!regional || network_->backend().allocation() == Allocation::counted) return {};
    auto& backend = network_->backend();
    const auto& tiles = regional->tiles;
    std::vector<std::int32_t> index(static_cast<std::size_t>(count)), domain(index);
    backend.to_host(index.data(), first(count).index, count);
    backend.to_host(domain.data(), first(count).domain, count);
    std::vector<TileRows> of_tile(static_cast<std::size_t>(tiles.count()));
    for (std::size_t i = 0; i + 1 < index.size(); i += 2) {
      TileRows& own = of_tile[static_cast<std::size_t>(tiles.tile_of(index[i]))];
      own.tile = tiles.tile_of(index[i]);
      for (std::size_t side = 0; side < 2; ++side)
        own.rows.push_back(static_cast<std::int64_t>(i + side));
    }
    auto found = regional_rows(dealt_parts(parts_of_tiles(std::move(of_tile), regional->height),
                                           network_->layout().ranks()),
                               regional->height);
    std::vector<ListEntry> entries;
    for (const std::int64_t row : found.places) {
      const auto i = static_cast<std::size_t>(row);
      entries.push_back(row < 0 ? ListEntry{0, 0, 0}
                                : ListEntry{index[i], domain[i], i % 2 == 0 ? 1 : -1});
    }
    count = static_cast<index_t>(entries.size());
    listed_.upload(backend, entries);
    return std::move(found.waves);
  }
  /// Which those are, on the host. Where memory is only counted, all are, over as many domains as there is room for.
  std::vector<Neuron> unstable(int activation, const DomainState<T, Backend>& state) const {
    auto& backend = network_->backend();
    std::vector<Neuron> neurons;
    if (backend.allocation() == Allocation::counted) {
      const auto features = static_cast<std::int32_t>(network_->plan()[activation].features);
      for (std::int32_t d = 0; d < static_cast<std::int32_t>(state.capacity()); ++d)
        for (std::int32_t i = 0; i < features; ++i) neurons.push_back({i, d});
      return neurons;
    }
    const index_t count = list_unstable(activation, state, false);
    std::vector<std::int32_t> index(static_cast<std::size_t>(count)), domain(index);
    backend.to_host(index.data(), first(count).index, count);
    backend.to_host(domain.data(), first(count).domain, count);
    for (std::size_t i = 0; i < index.size(); i += 2) neurons.push_back({index[i], domain[i]});
    return neurons;
  }

 private:
  // Rows of sign 0 that fill up parts and waves of so many rows.
  index_t room_for_parts(index_t rows) const {
    const index_t ranks = network_->layout().ranks();
    index_t most = 0;
    for (int v = 0; rows_ && v < network_->plan().size(); ++v)
      if (const auto* regional = rows_->regional(v)) {
        const index_t parts = regional->tiles.count() + 2 * rows / regional->height + 1;
        most = std::max(most, (parts + ranks) * (ranks + 1) * least_rows + rows * (ranks - 1));
      }
    return most;
  }
  expr::RowsTarget<T> target() const { return listed_.target(count_.data()); }

  const Instance<T, Backend>* network_;
  const RowPass<T, Backend>* rows_;
  ListedRows<T, Backend> listed_;
  Buffer<std::int64_t, Backend> count_;
};

}  // namespace shardbound::inline v0
