// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The lines that rows of one list have of their own: a parameter for each row and slot of every activation that it comes
// by, Adam's moments of it and the best one there was. All of it lies on the rank whose rows they are, and nowhere else:
// this is what alpha-CROWN's memory goes into.

#include <shardbound/bound/free_activations.hpp>
#include <shardbound/core/bfloat16.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// The size of Adam's step `t`, from 1 on: see expr::StepNumber.
template <class T>
std::array<T, expr::step_numbers> step_size(double learning_rate, int t) {
  return {static_cast<T>(learning_rate / (1 - std::pow(0.9, t))),
          static_cast<T>(1 / std::sqrt(1 - std::pow(0.999, t)))};
}

template <class T, class Backend>
class RowSlopes {
 public:
  RowSlopes() = default;
  /// Of `rows` rows of this rank that start at `start`; `free` has dealt its slots.
  RowSlopes(const Instance<T, Backend>& network, const FreeActivations<T, Backend>& free, int start,
            index_t rows, SlopeStorage storage)
      : network_(&network), free_(&free), rows_(rows), storage_(storage) {
    auto& backend = network.backend();
    const std::vector<bool> below = network.plan().nodes_below(start);
    for (int v = 1; v <= start; ++v) {
      if (!below[static_cast<std::size_t>(v)] || !free.has(v)) continue;
      const index_t numbers = rows * free.slots(v);
      most_slots_ = std::max(most_slots_, free.slots(v));
      Of own{v, {}};
      for (std::size_t side = 0; side < (free.frees_upper(v) ? 2u : 1u); ++side) {
        Parameters& mine = own.sides[side];
        mine.value = {backend, numbers, Category::alpha};
        for (auto* kept : {&mine.first, &mine.second, &mine.best})
          *kept = {backend, numbers * bytes_each(), Category::alpha};
      }
      all_.push_back(std::move(own));
    }
    best_ = {backend, rows, Category::alpha};
    improved_ = {backend, rows, Category::alpha};
    forget(rows);
  }
  /// As if the first `rows` rows had never made a step, nor had a bound.
  void forget(index_t rows) const {
    auto& backend = network_->backend();
    for (const Of& one : all_)
      for (const Parameters& mine : one.sides)
        for (const auto* kept : {&mine.first, &mine.second, &mine.best})
          if (kept->size() > 0)
            backend.fill(kept->data(), rows * free_->slots(one.activation) * bytes_each(),
                         std::uint8_t{0});
    backend.fill(improved_.data(), rows, std::uint8_t{0});
    backend.fill(best_.data(), rows, -std::numeric_limits<T>::infinity());
  }

  /// Bytes of parameters for each row and slot.
  static std::size_t bytes_per_slot(SlopeStorage storage) {
    return sizeof(T) + 3 * (storage == SlopeStorage::exact ? sizeof(T) : 2);
  }

  index_t rows() const { return rows_; }
  index_t most_slots() const { return most_slots_; }
  bool empty() const { return all_.empty(); }

  /// All parameters where lines begin, for this rank's rows.
  void begin(const RowsView<T>& own) const {
    for (const Of& one : all_)
      network_->backend().begin_parameters(
          expr::ParametersCall<T>{own, free_->neurons(one.activation), one.sides[0].value.data(),
                                  one.sides[1].value.data()});
  }
  /// Those of activation v, whose bounds have moved, within what its lines may be now: a line that was free over wider
  /// bounds, or was a chord, may cross the function over these.
  void confine(int v, const RowsView<T>& own) const {
    const Of& one = *of(v);
    network_->backend().confine_parameters(expr::ParametersCall<T>{
        own, free_->neurons(v), one.sides[0].value.data(), one.sides[1].value.data()});
  }
  /// Lines of activation v for a sweep; whether rows have any of their own.
  bool fill(int v, expr::LineSource<T>& lines) const {
    const Of* const own = of(v);
    if (!own) return false;
    const auto neurons = free_->neurons(v);
    lines.lower = {neurons.lower_slot, neurons.leading, own->sides[0].value.data(), neurons.slots};
    lines.upper = {neurons.upper_slot, neurons.leading, own->sides[1].value.data(), neurons.slots};
    return true;
  }
  /// Where gradients read parameters.
  void fill(int v, expr::GradientCall<T>& call) const {
    const Of* const own = of(v);
    call.lower_value = own->sides[0].value.data();
    call.upper_value = own->sides[1].value.data();
  }
  bool has(int v) const { return of(v) != nullptr; }

  /// A step for the parameters of activation v's rows; gradients (S, U) each.
  void step(int v, const RowsView<T>& rows, const std::array<T*, 2>& gradients,
            const T* size) const {
    using Neurons = expr::FreeNeurons<T>;
    const auto neurons = free_->neurons(v);
    const Of& own = *of(v);
    for (std::size_t side = 0; side < 2; ++side) {
      const Parameters& mine = own.sides[side];
      if (mine.value.size() == 0) continue;
      expr::StepCall<T> call;
      call.rows = rows;
      call.gradient = gradients[side];
      call.slots = neurons.slots;
      call.value = mine.value.data();
      call.first = mine.first.data();
      call.second = mine.second.data();
      call.storage = storage_;
      call.least = neurons.plane(side == 0 ? Neurons::least : Neurons::upper_least);
      call.most = neurons.plane(side == 0 ? Neurons::most : Neurons::upper_most);
      call.size = size;
      network_->backend().take_steps(call);
    }
  }

  /// Rows whose bounds are better than ever note that.
  void improve(const RowsView<T>& rows, const expr::RowSums<T>& result) const {
    network_->backend().improve(expr::ImproveCall<T>{rows, result, best_.data(), improved_.data()});
  }
  /// By row: whether it has just done so.
  const std::uint8_t* improved() const { return improved_.data(); }
  /// Those keep their parameters, once.
  void keep() const {
    for (const Of& one : all_)
      for (const Parameters& mine : one.sides)
        if (mine.value.size() > 0)
          network_->backend().keep_parameters(
              expr::KeepCall<T>{improved_.data(), rows_, free_->slots(one.activation),
                                mine.value.data(), mine.best.data(), storage_});
    network_->backend().fill(improved_.data(), rows_, std::uint8_t{0});
  }
  /// Every row takes up what it kept.
  void take_up() const {
    for_each_side([this](int v, std::size_t side) {
      if (storage_ != SlopeStorage::exact) return set_values(v, side, best(v, side));
      const Parameters& mine = of(v)->sides[side];
      const index_t numbers = mine.value.size();
      const auto* const kept = reinterpret_cast<const T*>(mine.best.data());
      network_->backend().copy_columns(MatrixView<const T>{kept, 1, numbers, numbers},
                                       MatrixView<T>{mine.value.data(), 1, numbers, numbers},
                                       Write::assign);
    });
  }
  /// What is kept for the lower (side 0) or upper lines of activation v, (R, U), on the host.
  std::vector<T> values(int v, std::size_t side) const { return read(of(v)->sides[side].value); }
  std::vector<T> first_moments(int v, std::size_t side) const {
    return read_stored(of(v)->sides[side].first);
  }
  std::vector<T> best(int v, std::size_t side) const {
    return read_stored(of(v)->sides[side].best);
  }
  /// Of the first rows, as many as there are values.
  void set_values(int v, std::size_t side, const std::vector<T>& values) const {
    network_->backend().upload(of(v)->sides[side].value.data(), values.data(),
                               static_cast<index_t>(values.size()));
  }
  std::vector<int> activations() const {
    std::vector<int> all;
    for (const Of& one : all_) all.push_back(one.activation);
    return all;
  }
  /// Calls body(activation, side) for everything that parameters are kept for.
  template <class Body>
  void for_each_side(const Body& body) const {
    for (const Of& one : all_)
      for (std::size_t side = 0; side < 2; ++side)
        if (one.sides[side].value.size() > 0) body(one.activation, side);
  }
  /// The best parameters of all ranks' rows, (P, R, U). (all_gather)
  std::vector<T> best_everywhere(int v, std::size_t side) const {
    const auto& own = of(v)->sides[side].best;
    const index_t ranks = network_->layout().ranks();
    if (ranks == 1) return best(v, side);
    Buffer<std::uint8_t, Backend> all(network_->backend(), ranks * own.size(),
                                      Category::communication);
    network_->exchange().all_gather(own.data(), all.data(), own.size());
    return read_stored(all);
  }

 private:
  struct Parameters {
    Buffer<T, Backend> value;
    Buffer<std::uint8_t, Backend> first, second, best;
  };
  struct Of {
    int activation;
    std::array<Parameters, 2> sides;
  };
  index_t bytes_each() const {
    return storage_ == SlopeStorage::exact ? static_cast<index_t>(sizeof(T)) : 2;
  }
  const Of* of(int v) const {
    for (const Of& one : all_)
      if (one.activation == v) return &one;
    return nullptr;
  }
  std::vector<T> read(const Buffer<T, Backend>& from) const {
    std::vector<T> host(static_cast<std::size_t>(from.size()));
    network_->backend().to_host(host.data(), from.data(), from.size());
    return host;
  }
  std::vector<T> read_stored(const Buffer<std::uint8_t, Backend>& from) const {
    if (storage_ == SlopeStorage::exact) {
      std::vector<T> host(static_cast<std::size_t>(from.size()) / sizeof(T));
      network_->backend().to_host(reinterpret_cast<std::uint8_t*>(host.data()), from.data(),
                                  from.size());
      return host;
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(from.size()));
    network_->backend().to_host(bytes.data(), from.data(), from.size());
    std::vector<T> host(bytes.size() / static_cast<std::size_t>(bytes_each()));
    for (std::size_t i = 0; i < host.size(); ++i)
      host[i] = stored<T>(bytes.data(), static_cast<index_t>(i), storage_);
    return host;
  }

  const Instance<T, Backend>* network_ = nullptr;
  const FreeActivations<T, Backend>* free_ = nullptr;
  index_t rows_ = 0, most_slots_ = 0;
  SlopeStorage storage_ = SlopeStorage::exact;
  std::vector<Of> all_;
  Buffer<T, Backend> best_;
  Buffer<std::uint8_t, Backend> improved_;
};

}  // namespace shardbound::inline v0
