// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The activations whose lines may be optimised: which of their neurons were unstable when that was decided, and so have
// a slot; what their lines may be now; and what rows have gained from their chords.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/expr/slope_calls.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// A neuron of one domain.
struct Neuron {
  std::int32_t index = 0, domain = 0;
};

template <class T, class Backend>
class FreeActivations {
 public:
  FreeActivations() = default;
  /// Of `domains` domains.
  FreeActivations(const Instance<T, Backend>& network, index_t domains)
      : network_(&network), plan_(network.plan()), domains_(domains) {}

  bool can_be_free(int v) const { return plan_.is_activation(v) && kernel(v).free_lines; }

  /// Deals slots out to neurons of activation v, which come domain by domain in their order.
  void deal(int v, std::span<const Neuron> unstable) {
    if (unstable.empty()) return;
    auto& backend = network_->backend();
    std::vector<index_t> counts(static_cast<std::size_t>(domains_));
    for (const Neuron& one : unstable) ++counts[static_cast<std::size_t>(one.domain)];
    Slots own;
    own.count = padded_rows(*std::max_element(counts.begin(), counts.end()));
    own.leading = padded(plan_[v].features);
    own.columns_of_domain.resize(counts.size());
    std::vector<std::int32_t> columns(static_cast<std::size_t>(domains_ * own.count), -1);
    std::fill(counts.begin(), counts.end(), 0);
    for (const Neuron& one : unstable) {
      auto& next = counts[static_cast<std::size_t>(one.domain)];
      columns[static_cast<std::size_t>(one.domain * own.count + next++)] = one.index;
      own.columns_of_domain[static_cast<std::size_t>(one.domain)].push_back(one.index);
    }
    const auto none = [&] {
      Buffer<std::int32_t, Backend> slots(backend, domains_ * own.leading, Category::workspace);
      backend.fill(slots.data(), slots.size(), std::int32_t{-1});
      return slots;
    };
    own.columns = {backend, domains_ * own.count, Category::workspace};
    backend.upload(own.columns.data(), columns.data(), own.columns.size());
    own.lower_slot = none();
    if (kernel(v).frees_upper) own.upper_slot = none();
    own.numbers = {backend, expr::FreeNeurons<T>::plane_count * domains_ * own.count,
                   Category::workspace};
    slots_.insert_or_assign(v, std::move(own));
  }
  /// The neurons of activation v that have slots, by domain.
  const std::vector<std::vector<std::int32_t>>& columns(int v) const {
    return slots_.at(v).columns_of_domain;
  }
  /// After the last deal: room for what chords add up to.
  void begin() {
    index_t numbers = 0;
    for (auto& [v, own] : slots_) {
      own.first_sum = numbers;
      numbers += 4 * domains_ * own.count;
    }
    sums_ = Buffer<double, Backend>::zeros(network_->backend(), numbers, Category::workspace);
    const int ranks = network_->layout().ranks();
    if (ranks > 1) gathered_ = {network_->backend(), ranks * numbers, Category::communication};
  }

  bool has(int v) const { return slots_.contains(v); }
  index_t slots(int v) const { return slots_.at(v).count; }
  bool frees_upper(int v) const { return kernel(v).frees_upper; }
  /// What is kept for these neurons beside slopes, in numbers: of so many slots.
  expr::FreeNeurons<T> neurons(int v) const {
    const Slots& own = slots_.at(v);
    return {own.columns.data(),
            own.lower_slot.data(),
            own.upper_slot.data(),
            own.numbers.data(),
            domains_,
            own.count,
            own.leading};
  }
  /// A plane of them on the host, (D, U).
  std::vector<T> numbers(int v, int plane) const {
    const auto own = neurons(v);
    std::vector<T> host(static_cast<std::size_t>(own.domains * own.slots));
    network_->backend().to_host(host.data(), own.plane(plane), static_cast<index_t>(host.size()));
    return host;
  }
  expr::ChordSums chords(int v) const {
    const Slots& own = slots_.at(v);
    return {sums_.data() + own.first_sum, domains_ * own.count};
  }
  /// Lines of activation v, and those it may be given.
  void draw(int v, DomainState<T, Backend>& state) const {
    state.lines(v);
    if (!has(v)) return;
    kernel(v).free_lines(network_->backend(), network_->parameters(v).state,
                         {neurons(v), state.pointwise_call(v)});
  }
  /// What all ranks' rows that start at `start` gained from chords. Whole numbers add up alike in any order.
  /// (all_gather)
  void sum_over_ranks(int start) const {
    index_t numbers = 0;
    for (const auto& [v, own] : slots_)
      if (v <= start) numbers = own.first_sum + 4 * domains_ * own.count;
    if (network_->layout().ranks() == 1 || numbers == 0) return;
    const auto& exchange = network_->exchange();
    exchange.all_gather(sums_.data(), gathered_.data(), numbers);
    network_->backend().add_blocks(gathered_.data(), exchange.size(), numbers, sums_.data(),
                                   Write::assign);
  }

 private:
  struct Slots {
    index_t count = 0, leading = 0, first_sum = 0;
    std::vector<std::vector<std::int32_t>> columns_of_domain;
    Buffer<std::int32_t, Backend> columns, lower_slot, upper_slot;
    Buffer<T, Backend> numbers;
  };
  const FunctionKernels<T, Backend>& kernel(int v) const {
    return network_->kernels().functions[static_cast<std::size_t>(plan_[v].operation)];
  }

  const Instance<T, Backend>* network_ = nullptr;
  PlanView plan_;
  index_t domains_ = 0;
  std::map<int, Slots> slots_;  // in the order of the plan
  Buffer<double, Backend> sums_, gathered_;
};

}  // namespace shardbound::inline v0
