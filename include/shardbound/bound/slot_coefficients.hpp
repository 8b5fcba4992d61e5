// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The coefficients of rows on the neurons that have slots, kept as the rows go by: where domains may be split is judged
// from these alone, and most neurons have none.

#include <shardbound/bound/free_activations.hpp>
#include <shardbound/bound/parts.hpp>
#include <shardbound/bound/row_lists.hpp>
#include <shardbound/bound/wave.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// Room for them, and what is there.
template <class T, class Backend>
class SlotCoefficients {
 public:
  SlotCoefficients() = default;
  /// Of lists of up to `rows` entries, fillers included, on some activations, whose slots `free` has dealt.
  SlotCoefficients(const Instance<T, Backend>& network, const FreeActivations<T, Backend>& free,
                   const std::vector<int>& activations, index_t rows)
      : network_(&network), free_(&free) {
    for (const int v : activations) {
      const index_t slots = free.slots(v);
      memory_.push_back({network.backend(), rows * slots, Category::coefficients});
      sinks_.push_back({v, free.neurons(v).columns, {memory_.back().data(), rows, slots, slots}});
    }
  }

  std::span<const KeptSlots<T>> sinks() const { return sinks_; }
  /// What rows left there, at some places of their list.
  std::vector<PartCoefficients> read(const std::vector<index_t>& places) const {
    std::vector<PartCoefficients> all;
    for (const KeptSlots<T>& kept : sinks_)
      all.push_back({kept.activation, free_->columns(kept.activation),
                     static_cast<std::size_t>(kept.numbers.columns),
                     rows_at<double>(network_->backend(), kept.numbers, places)});
    return all;
  }

 private:
  const Instance<T, Backend>* network_ = nullptr;
  const FreeActivations<T, Backend>* free_ = nullptr;
  std::vector<Buffer<T, Backend>> memory_;
  std::vector<KeptSlots<T>> sinks_;
};

/// Of the rows that the sweep from node v is about to pull, if the wave has sinks for slots there. A chain has one scale
/// above its activation, or nothing.
template <class T, class Backend>
void keep_slots(const Instance<T, Backend>& network, int v, const Wave<T, Backend>& wave,
                const WavePart& part, const expr::SweepCall<T>& sweep) {
  const int activation = network.plan().activation_in_chain(v);
  for (const KeptSlots<T>& kept : wave.sinks.slots) {
    if (kept.activation != activation) continue;
    expr::KeepSlotsCall<T> call;
    call.tile = sweep.tile;
    call.rows = sweep.rows;
    call.columns = kept.columns;
    if (activation != v) call.scale = sweep.data[0].scale;
    call.kept = kept.numbers.row_range(wave.first_own + part.first, part.height);
    network.backend().keep_slots(call);
  }
}

}  // namespace shardbound::inline v0
