// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The splits of a list's rows, and their multipliers: by activation, for each row up to as many as any has there. All of
// it lies on the rank whose rows they are.

#include <shardbound/bound/frozen_list.hpp>
#include <shardbound/bound/parts.hpp>
#include <shardbound/expr/slope_calls.hpp>
#include <shardbound/expr/split_calls.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class RowSplits {
 public:
  RowSplits() = default;
  /// Row e of `parts` is entry e of the list; `domains` is the number of domains that it speaks of.
  RowSplits(const Instance<T, Backend>& network, const FrozenList<T, Backend>& list,
            std::span<const PartRow> parts, index_t domains)
      : network_(&network), rows_(list.own_rows()) {
    auto& backend = network.backend();
    std::map<int, index_t> most;
    for (const PartRow& part : parts) {
      std::map<int, index_t> counts;
      for (const NeuronSplit& split : part.splits) {
        index_t& count = counts[split.activation];
        index_t& highest = most[split.activation];
        highest = std::max(highest, ++count);
      }
    }
    for (const auto& [activation, count] : most) {
      Of own;
      own.count = padded(count);
      const index_t numbers = rows_ * own.count;
      own.neuron = {backend, numbers, Category::alpha};
      for (auto* kept : {&own.side, &own.multiplier}) *kept = {backend, numbers, Category::alpha};
      for (auto* kept : {&own.first, &own.second, &own.best})
        *kept = Numbers::zeros(backend, numbers, Category::alpha);
      own.taken = {backend, list.most_height() * own.count, Category::coefficients};
      own.gradient = {backend, list.most_height() * own.count, Category::coefficients};
      own.least = Numbers::zeros(backend, domains * own.count, Category::workspace);
      own.most = {backend, domains * own.count, Category::workspace};
      backend.fill(own.most.data(), own.most.size(), std::numeric_limits<T>::max());
      std::vector<std::int32_t> neuron(static_cast<std::size_t>(numbers), -1);
      std::vector<T> side(neuron.size()), multiplier(neuron.size());
      for (std::size_t e = 0; e < parts.size(); ++e) {
        if (!list.is_own(e)) continue;
        for_each_of(parts[e], activation, [&](std::size_t i, index_t k) {
          const auto at = static_cast<std::size_t>(list.home(e) * own.count + k);
          neuron[at] = parts[e].splits[i].neuron;
          side[at] = static_cast<T>(parts[e].splits[i].side);
          if (i < parts[e].multipliers.size())
            multiplier[at] = static_cast<T>(parts[e].multipliers[i]);
        });
      }
      backend.upload(own.neuron.data(), neuron.data(), numbers);
      backend.upload(own.side.data(), side.data(), numbers);
      backend.upload(own.multiplier.data(), multiplier.data(), numbers);
      all_.emplace(activation, std::move(own));
    }
  }

  bool has(int activation) const { return all_.contains(activation); }
  /// The splits of an activation's neurons, and room for what a wave takes out.
  expr::SplitCall<T> call(int activation, const MatrixView<T>& tile,
                          const RowsView<T>& rows) const {
    const Of& own = all_.at(activation);
    return {tile,
            rows,
            {own.neuron.data(), own.side.data(), own.multiplier.data(), own.count},
            own.taken.data()};
  }
  /// Room for a wave's gradients.
  T* gradient(int activation) const { return all_.at(activation).gradient.data(); }
  /// A step for the multipliers of some rows.
  void step(int activation, const RowsView<T>& rows, const T* size) const {
    const Of& own = all_.at(activation);
    expr::StepCall<T> call;
    call.rows = rows;
    call.gradient = own.gradient.data();
    call.slots = own.count;
    call.value = own.multiplier.data();
    call.first = own.first.data();
    call.second = own.second.data();
    call.least = own.least.data();
    call.most = own.most.data();
    call.size = size;
    network_->backend().take_steps(call);
  }
  /// Rows that have improved keep their multipliers.
  void keep(const std::uint8_t* improved) const {
    for (const auto& [activation, own] : all_)
      network_->backend().keep_parameters(expr::KeepCall<T>{
          improved, rows_, own.count, own.multiplier.data(), own.best.data(), SlopeStorage::exact});
  }
  /// Every row takes up what it kept.
  void take_up() const {
    for (const auto& [activation, own] : all_)
      network_->backend().copy_columns(
          MatrixView<const T>{own.best.data(), 1, own.best.size(), own.best.size()},
          MatrixView<T>{own.multiplier.data(), 1, own.best.size(), own.best.size()}, Write::assign);
  }
  /// What every row kept, split by split, on every rank. (all_gather)
  std::vector<std::vector<float>> best(const FrozenList<T, Backend>& list,
                                       std::span<const PartRow> parts) const {
    std::vector<std::vector<float>> found(parts.size());
    for (std::size_t e = 0; e < parts.size(); ++e) found[e].resize(parts[e].splits.size());
    const index_t ranks = network_->layout().ranks();
    for (const auto& one : all_) {
      const int activation = one.first;
      const Of& own = one.second;
      const index_t numbers = own.best.size();
      std::vector<T> host(static_cast<std::size_t>(ranks * numbers));
      if (ranks == 1) {
        network_->backend().to_host(host.data(), own.best.data(), numbers);
      } else {
        Numbers all(network_->backend(), ranks * numbers, Category::communication);
        network_->exchange().all_gather(own.best.data(), all.data(), numbers);
        network_->backend().to_host(host.data(), all.data(), ranks * numbers);
      }
      for (std::size_t e = 0; e < parts.size(); ++e)
        for_each_of(parts[e], activation, [&](std::size_t i, index_t k) {
          const index_t at = list.owner(e) * numbers + list.home(e) * own.count + k;
          found[e][i] = static_cast<float>(host[static_cast<std::size_t>(at)]);
        });
    }
    return found;
  }

 private:
  using Numbers = Buffer<T, Backend>;
  struct Of {
    index_t count = 0;
    Buffer<std::int32_t, Backend> neuron;
    Numbers side, multiplier, first, second, best;
    Numbers taken, gradient;  // of a wave
    Numbers least, most;      // what multipliers may be
  };
  // Calls body(split, its place among those of the activation).
  template <class Body>
  static void for_each_of(const PartRow& part, int activation, const Body& body) {
    index_t k = 0;
    for (std::size_t i = 0; i < part.splits.size(); ++i)
      if (part.splits[i].activation == activation) body(i, k++);
  }

  const Instance<T, Backend>* network_ = nullptr;
  index_t rows_ = 0;
  std::map<int, Of> all_;
};

}  // namespace shardbound::inline v0
