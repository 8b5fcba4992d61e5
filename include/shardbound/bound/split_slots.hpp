// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where rows keep what their splits know: of each activation as many slots as any row has neurons there that are split.

#include <shardbound/bound/parts.hpp>
#include <shardbound/core/worker_pool.hpp>
#include <shardbound/network/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

class SplitSlots {
 public:
  struct Slots {
    index_t most = 0;     ///< that a row has
    bool at_zero = true;  ///< whether all splits are at 0, and of a neuron each
  };

  SplitSlots() = default;
  /// Splits are of neurons that the plan has. `pool` may be null.
  SplitSlots(const PlanView& plan, std::span<const PartRow> parts, WorkerPool* pool)
      : of_(parts.size()) {
    const auto nodes = static_cast<std::size_t>(plan.size());
    std::vector<std::vector<Slots>> found(parts.size());  // by the first part of a block
    over_blocks(pool, parts.size(), [&](std::size_t begin, std::size_t end) {
      if (begin == end) return;
      struct Seen {
        std::vector<std::pair<std::size_t, std::int32_t>>
            slot{};  // by neuron: the last part that has it, and where
        std::size_t part = 0;
        std::int32_t count = 0;
      };
      std::vector<Seen> seen(nodes);
      auto& all = found[begin];
      all.resize(nodes);
      for (std::size_t e = begin; e < end; ++e) {
        auto& slots = of_[e];
        slots.reserve(parts[e].splits.size());
        for (const NeuronSplit& split : parts[e].splits) {
          Seen& of = seen[static_cast<std::size_t>(split.activation)];
          if (of.slot.empty())
            of.slot.resize(static_cast<std::size_t>(plan[split.activation].features));
          if (std::exchange(of.part, e + 1) != e + 1) of.count = 0;
          auto& [part, slot] = of.slot[static_cast<std::size_t>(split.neuron)];
          const bool is_new = std::exchange(part, e + 1) != e + 1;
          if (is_new) slot = of.count++;
          slots.push_back(slot);
          Slots& own = all[static_cast<std::size_t>(split.activation)];
          own.most = std::max<index_t>(own.most, of.count);
          own.at_zero = own.at_zero && is_new && split.point == 0;
        }
      }
    });
    for (const auto& block : found)
      for (std::size_t v = 0; v < block.size(); ++v) {
        if (block[v].most == 0) continue;
        Slots& own = by_activation_[static_cast<int>(v)];
        own.most = std::max(own.most, block[v].most);
        own.at_zero = own.at_zero && block[v].at_zero;
      }
  }

  /// Of each split of a part. Those of one neuron share a slot; slots are dealt in the order of the splits.
  const std::vector<std::int32_t>& of(std::size_t part) const { return of_[part]; }
  /// Of the activations that any part is split at.
  const std::map<int, Slots>& by_activation() const { return by_activation_; }

 private:
  std::vector<std::vector<std::int32_t>> of_;
  std::map<int, Slots> by_activation_;
};

}  // namespace shardbound::inline v0
