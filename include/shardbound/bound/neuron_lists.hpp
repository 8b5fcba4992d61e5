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
  /// Room for lists of `most` rows.
  NeuronLists(const Instance<T, Backend>& network, index_t most)
      : network_(&network),
        listed_(network.backend(), most,
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
  expr::RowsTarget<T> target() const { return listed_.target(count_.data()); }

  const Instance<T, Backend>* network_;
  ListedRows<T, Backend> listed_;
  Buffer<std::int64_t, Backend> count_;
};

}  // namespace shardbound::inline v0
