// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The splits of a list's rows, and their multipliers: by activation, for each row as many slots as any has neurons there
// that are split, from one side or from both. All of it lies on the rank whose rows they are.

#include <shardbound/bound/domain_state.hpp>
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
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// The lines of neurons over parts of what their inputs are in their domains, whose bounds stay as they are.
template <class T, class Backend>
class SplitLines {
 public:
  SplitLines(const Instance<T, Backend>& network, const DomainState<T, Backend>& state)
      : network_(&network), state_(&state) {}

  expr::NeuronLines<T> lines(int activation, std::int32_t domain, std::int32_t neuron, T low,
                             T high) {
    const Bounds& bounds = bounds_of(activation);
    const auto at = static_cast<std::size_t>(domain * bounds.leading + neuron);
    const auto& parameters = network_->parameters(activation);
    const auto operation = static_cast<std::size_t>(network_->plan()[activation].operation);
    return network_->kernels().functions[operation].split_lines(
        parameters.state, {bounds.lower[at], bounds.upper[at], bounds.slack[at], low, high,
                           state_->pointwise_call(activation).gamma});
  }

 private:
  struct Bounds {
    std::vector<T> lower, upper, slack;  // (D, N)
    index_t leading = 0;
  };
  const Bounds& bounds_of(int activation) {
    const auto [found, is_new] = bounds_.try_emplace(activation);
    Bounds& own = found->second;
    if (!is_new) return own;
    const auto view = state_->bounds(network_->plan().input_of(activation));
    own.leading = view.leading;
    const auto fetch = [&](std::vector<T>& to, const T* from) {
      to.resize(static_cast<std::size_t>(view.domains * view.leading));
      network_->backend().to_host(to.data(), from, view.domains * view.leading);
    };
    fetch(own.lower, view.lower);
    fetch(own.upper, view.upper);
    fetch(own.slack, view.slack);
    return own;
  }

  const Instance<T, Backend>* network_;
  const DomainState<T, Backend>* state_;
  std::map<int, Bounds> bounds_;
};

template <class T, class Backend>
class RowSplits {
 public:
  RowSplits() = default;
  /// Row e of `parts` is entry e of the list.
  RowSplits(const Instance<T, Backend>& network, const FrozenList<T, Backend>& list,
            std::span<const PartRow> parts, SplitLines<T, Backend>& lines)
      : network_(&network), rows_(list.own_rows()) {
    auto& backend = network.backend();
    for (const auto& [activation, count] : find_slots(parts)) {
      Of own;
      own.count = padded(count);
      const index_t numbers = rows_ * own.count;
      own.neuron = {backend, numbers, Category::alpha};
      own.numbers = {backend, expr::split_numbers * numbers, Category::alpha};
      for (auto* kept : {&own.multiplier, &own.least, &own.most, &own.above})
        *kept = {backend, numbers, Category::alpha};
      for (auto* kept : {&own.first, &own.second, &own.best})
        *kept = Numbers::zeros(backend, numbers, Category::alpha);
      own.taken = {backend, list.most_height() * own.count, Category::coefficients};
      own.gradient = {backend, list.most_height() * own.count, Category::coefficients};
      OnHost host(numbers);
      for (std::size_t e = 0; e < parts.size(); ++e) {
        if (!list.is_own(e)) continue;
        const auto first = static_cast<std::size_t>(list.home(e) * own.count);
        for_each_of(parts[e], e, activation, [&](std::size_t i, std::size_t k) {
          host.narrow(first + k, parts[e].splits[i],
                      i < parts[e].multipliers.size() ? parts[e].multipliers[i] : 0);
        });
        for_each_of(parts[e], e, activation, [&](std::size_t, std::size_t k) {
          const std::size_t at = first + k;
          host.draw(at, lines.lines(activation, list.entries()[e].domain, host.neuron[at],
                                    host.number(expr::SplitNumber::low, at),
                                    host.number(expr::SplitNumber::high, at)));
        });
      }
      backend.upload(own.neuron.data(), host.neuron.data(), numbers);
      backend.upload(own.numbers.data(), host.numbers.data(), expr::split_numbers * numbers);
      backend.upload(own.multiplier.data(), host.multiplier.data(), numbers);
      backend.upload(own.least.data(), host.least.data(), numbers);
      backend.upload(own.most.data(), host.most.data(), numbers);
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
            {own.neuron.data(), own.numbers.data(), own.best.size(), own.multiplier.data(),
             own.above.data(), own.count},
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
    call.own_limits = true;
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
      for (std::size_t e = 0; e < parts.size(); ++e) {
        const index_t first = list.owner(e) * numbers + list.home(e) * own.count;
        for_each_of(parts[e], e, activation, [&](std::size_t i, std::size_t k) {
          // A neuron's multiplier is that of one of its splits.
          const T multiplier = host[static_cast<std::size_t>(first) + k];
          found[e][i] = static_cast<float>(
              std::max(static_cast<T>(parts[e].splits[i].side) * multiplier, T(0)));
        });
      }
    }
    return found;
  }

 private:
  using Numbers = Buffer<T, Backend>;
  struct Of {
    index_t count = 0;
    Buffer<std::int32_t, Backend> neuron;
    Numbers numbers, multiplier, above, first, second, best;
    Numbers least, most;      // what multipliers may be
    Numbers taken, gradient;  // of a wave
  };
  // What is uploaded of an activation.
  struct OnHost {
    static constexpr T infinity = std::numeric_limits<T>::infinity();
    explicit OnHost(index_t count)
        : plane(static_cast<std::size_t>(count)),
          neuron(plane, -1),
          numbers(expr::split_numbers * plane),
          multiplier(plane),
          least(plane),
          most(plane) {}

    T& number(expr::SplitNumber which, std::size_t at) {
      return numbers[static_cast<std::size_t>(which) * plane + at];
    }
    // Slot `at` is that of the split's neuron, on one side of which the row is.
    void narrow(std::size_t at, const NeuronSplit& split, float from) {
      T& low = number(expr::SplitNumber::low, at);
      T& high = number(expr::SplitNumber::high, at);
      if (neuron[at] < 0) low = -infinity, high = infinity;
      neuron[at] = split.neuron;
      const auto point = static_cast<T>(split.point);
      if (split.side > 0) {
        low = point;
        most[at] = std::numeric_limits<T>::max();
      } else {
        high = point;
        least[at] = std::numeric_limits<T>::lowest();
      }
      multiplier[at] += static_cast<T>(split.side) * static_cast<T>(from);
    }
    void draw(std::size_t at, const expr::NeuronLines<T>& own) {
      number(expr::SplitNumber::lower_slope, at) = own.lines.lower.slope;
      number(expr::SplitNumber::lower_intercept, at) = own.lines.lower.intercept;
      number(expr::SplitNumber::lower_slack, at) = own.lower_slack;
      number(expr::SplitNumber::upper_slope, at) = own.lines.upper.slope;
      number(expr::SplitNumber::upper_intercept, at) = own.lines.upper.intercept;
      number(expr::SplitNumber::upper_slack, at) = own.upper_slack;
    }

    std::size_t plane;
    std::vector<std::int32_t> neuron;
    std::vector<T> numbers, multiplier, least, most;
  };

  // Splits of one neuron share a slot. Returns by activation how many a row has at most.
  std::map<int, index_t> find_slots(std::span<const PartRow> parts) {
    std::map<int, index_t> most;
    struct Seen {
      std::vector<std::pair<std::size_t, std::int32_t>>
          slot;  // by neuron: the last part that has it, and where
      std::size_t part = 0;
      std::int32_t count = 0;
    };
    std::map<int, Seen> seen;
    for (std::size_t e = 0; e < parts.size(); ++e) {
      auto& slots = slots_.emplace_back();
      for (const NeuronSplit& split : parts[e].splits) {
        Seen& of = seen[split.activation];
        if (of.slot.empty())
          of.slot.resize(static_cast<std::size_t>(network_->plan()[split.activation].features));
        if (std::exchange(of.part, e + 1) != e + 1) of.count = 0;
        auto& [part, slot] = of.slot[static_cast<std::size_t>(split.neuron)];
        if (std::exchange(part, e + 1) != e + 1) slot = of.count++;
        slots.push_back(slot);
        index_t& highest = most[split.activation];
        highest = std::max<index_t>(highest, of.count);
      }
    }
    return most;
  }
  // Calls body(split, its slot) for those of an activation; `e` is the part's number.
  template <class Body>
  void for_each_of(const PartRow& part, std::size_t e, int activation, const Body& body) const {
    for (std::size_t i = 0; i < part.splits.size(); ++i)
      if (part.splits[i].activation == activation) body(i, static_cast<std::size_t>(slots_[e][i]));
  }

  const Instance<T, Backend>* network_ = nullptr;
  index_t rows_ = 0;
  std::vector<std::vector<std::int32_t>> slots_;  // of each part's splits
  std::map<int, Of> all_;
};

}  // namespace shardbound::inline v0
