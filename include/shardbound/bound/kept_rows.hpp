// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Coefficients that are kept of rows that go by: those on a node, also where that lies within a chain and no tile is ever
// on it.

#include <shardbound/bound/tiles.hpp>
#include <shardbound/bound/wave.hpp>
#include <shardbound/network/schedule.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace shardbound::inline v0 {

template <class T, class Backend>
class KeptRows {
 public:
  KeptRows() = default;
  /// Of waves of `height` rows, on some nodes.
  KeptRows(const Instance<T, Backend>& network, std::span<const int> nodes, index_t height)
      : network_(&network), plan_(network.plan()) {
    auto& backend = network.backend();
    index_t widest = 0;
    for (int node : nodes) widest = std::max(widest, padded(plan_[node].features));
    if (widest == 0) return;
    zeros_ = Buffer<T, Backend>::zeros(backend, widest, Category::workspace);
    ones_ = {backend, widest, Category::workspace};
    backend.fill(ones_.data(), widest, T(1));
    unread_ = {backend, 2 * height, Category::workspace};
  }

  // kept[own rows] := the tile of `above`, pulled through the operations between the two. Their constants and
  // slacks are the sweep's business, not counted here.
  void keep(const Step& step, const Wave<T, Backend>& wave, const Tiles<T, Backend>& tiles) const {
    const KeptCoefficients<T>* sink = nullptr;
    for (const auto& one : wave.sinks.kept)
      if (one.node == step.node) sink = &one;
    if (!sink) return;
    const MatrixView<T> own = sink->numbers.row_range(wave.first_own, wave.height);  // (S, N)
    if (step.joint)
      tiles.to_full(step.above, tiles.split_tile(step.from, wave.height, step.above),
                    Tile<T, Full>{own}, Write::assign);
    else if (!wave.idle)
      network_->backend().copy_columns(
          MatrixView<const T>(tiles.full_tile(step.from, wave.height, step.width).numbers), own,
          Write::assign);
    if (step.node == step.above || wave.idle) return;
    expr::SweepCall<T> call;
    call.tile = own;
    call.rows = wave.own;
    call.sums = {unread_.data(), unread_.data() + wave.height};
    network_->backend().fill(unread_.data(), 2 * wave.height, T(0));
    wave.state.fill(step.above, 0, call.data);
    // The rest of the chain, from the kept node down, must leave them alone.
    expr::OperationData<T> nothing;
    const expr::Strided<T> zero{zeros_.data()}, one{ones_.data()};
    nothing.lines = {one, zero, one, zero, zero, zero, {}, {}};
    nothing.scale = ones_.data();
    nothing.shift = nothing.slack = zeros_.data();
    const int length = plan_.length_of_chain(step.above);
    const auto chain = static_cast<std::size_t>(plan_[step.above].segment.chain);
    const bool has_lines = fill_own_lines(plan_, step.above, wave, call.data);
    for (int i = length - plan_.length_of_chain(step.node); i < length; ++i) call.data[i] = nothing;
    const auto& code = network_->kernels().chains[chain];
    (has_lines && plan_.activation_in_chain(step.above) > step.node ? code.free_sweep : code.sweep)(
        network_->backend(), call);
  }

 private:
  const Instance<T, Backend>* network_ = nullptr;
  PlanView plan_;
  Buffer<T, Backend> zeros_, ones_, unread_;  // for those within a chain
};

}  // namespace shardbound::inline v0
