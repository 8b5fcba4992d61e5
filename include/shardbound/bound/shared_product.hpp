// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Products on the way up: intervals (1810.12715) or points through z = W y + b, the work shared by the
// ranks. Each rank finishes its own block of output neurons - from its rows of W, or, where W is cut into
// columns, from what everybody's columns contribute to them - and the blocks are gathered. In columns
// both W c and |W| r are partial sums, and the bias is added after the sum, once.

#include <shardbound/network/instance.hpp>

#include <algorithm>
#include <cstdint>

namespace shardbound::inline v0 {

/// What goes forward: intervals, or points, which are the lower bounds of what goes in.
enum class Forward { intervals, points };

template <class T, class Backend>
class SharedProduct {
 public:
  SharedProduct() = default;
  /// Room for every product of a network, over `capacity` domains.
  SharedProduct(const Instance<T, Backend>& network, index_t capacity)
      : network_(&network), capacity_(capacity) {
    index_t sent = 0, received = 0, columns = 0;
    for (int v : network.product_nodes()) {
      if (ranks() == 1) continue;
      const index_t block = 4 * capacity * block_leading(v), all = ranks() * block;
      received = std::max(received, all);
      sent = std::max(sent, in_columns(v) ? all : block);
      if (in_columns(v))
        columns = std::max(
            columns, 3 * capacity * padded(network.layout().block(network.plan().input_of(v))));
    }
    auto& backend = network.backend();
    sent_ = {backend, sent, Category::communication};
    received_ = {backend, received, Category::communication};
    columns_ = Buffer<T, Backend>::zeros(backend, columns, Category::workspace);
  }

  /// The product at node v: `call` has everything but the matrix. What it writes is complete on every
  /// rank. (all_gather of 4 D N numbers, and in columns an all_to_all of as many)
  void run(int v, expr::AffineCall<T> call, Forward what) {
    call.geometry = network_->parameters(v).weight.geometry();
    if (in_columns(v)) {
      from_columns(v, call, what);
    } else {
      const Block mine = channels(v, network_->layout().rank());
      network_->for_each_panel(v, [&](const auto& panel) {
        const Block rows = intersection({panel.first, panel.rows.rows}, mine);
        if (rows.count == 0) return;
        call.weight = panel.rows.row_range(rows.first - panel.first, rows.count);
        call.first = call.first_channel = rows.first;
        if (what == Forward::points)
          network_->backend().affine_values(call);
        else
          network_->backend().affine_interval(call);
      });
    }
    if (ranks() > 1) gather(v, call);
  }

  /// Bytes that each rank receives in one run over as many domains as there is room for.
  std::uint64_t bytes_received(int v) const {
    const index_t blocks = 4 * capacity_ * block_leading(v) * (ranks() - 1);
    return network_->gathered_bytes(v) +
           static_cast<std::uint64_t>(in_columns(v) ? 2 * blocks : blocks) * sizeof(T);
  }

 private:
  int ranks() const { return network_->layout().ranks(); }
  bool in_columns(int v) const {
    return ranks() > 1 && network_->parameters(v).weight.cut() == WeightCut::columns;
  }
  Block block(int v, int rank) const {
    const Node& node = network_->plan()[v];
    return block_of(node.features, rank, ranks(), node.unit);
  }
  Block channels(int v, int rank) const {
    const Block features = block(v, rank);
    const index_t positions = network_->plan()[v].geometry.out_positions();
    return {features.first / positions, features.count / positions};
  }
  // A rank's block of neurons travels as D x 4 x this many numbers.
  index_t block_leading(int v) const { return padded(network_->layout().widest_block(v)); }

  // own block := finish(sum over P of what each rank's columns contribute)
  void from_columns(int v, const expr::AffineCall<T>& call, Forward what) {
    auto& backend = network_->backend();
    const auto& weight = network_->parameters(v).weight;
    const index_t leading = block_leading(v), each = 4 * call.out.domains * leading;
    expr::PartialAffineCall<T> partial;
    partial.call = call;
    partial.call.in.bounds = own_columns(network_->plan().input_of(v), call.in.bounds);
    partial.leading = leading;
    partial.points = what == Forward::points;
    for (int rank = 0; rank < ranks(); ++rank) {
      partial.sums = sent_.data() + rank * each;
      for (index_t p = 0; p < weight.panels(); ++p) {
        const auto panel = weight.panel(p);
        const Block theirs = channels(v, rank);
        const Block rows = intersection({panel.first, panel.rows.rows}, theirs);
        partial.call.weight = panel.rows.row_range(rows.first - panel.first, rows.count);
        partial.call.first = rows.first - theirs.first;
        partial.call.first_channel = rows.first;
        if (rows.count > 0) backend.affine_partial(partial);
      }
    }
    network_->exchange().all_to_all(sent_.data(), received_.data(), each);
    const Block mine = block(v, network_->layout().rank());
    partial.call = call;
    partial.call.first = mine.first;
    partial.sums = received_.data();
    partial.rows = mine.count;
    partial.parts = ranks();
    backend.affine_finish(partial);
  }

  // This rank's columns of the bounds of `node`, side by side.
  BoundsView<const T> own_columns(int node, const BoundsView<const T>& all) {
    const index_t width = network_->layout().block(node), leading = padded(width);
    const index_t numbers = capacity_ * leading;
    T* const data = columns_.data();
    const T* const from[] = {all.lower, all.upper, all.slack};
    for (int i = 0; i < 3; ++i)
      for (const FeatureRun& run : network_->layout().runs(node))
        copy({from[i] + run.first, all.domains, run.count, all.leading},
             {data + i * numbers + run.at, all.domains, run.count, leading});
    return {data, data + numbers, data + 2 * numbers, all.domains, width, leading};
  }

  // node[*] := the blocks of all ranks, side by side
  void gather(int v, const expr::AffineCall<T>& call) {
    const index_t leading = block_leading(v), domains = call.out.domains;
    const index_t each = 4 * domains * leading;
    T* const planes[] = {call.out.lower, call.out.upper, call.out.slack, call.row_slack};
    // copies plane by plane between a rank's neurons in place and its block on the way
    const auto for_each_plane = [&](int rank, T* data, const auto& body) {
      const Block own = block(v, rank);
      if (own.count == 0) return;
      for (int i = 0; i < 4; ++i)
        body(MatrixView<T>{planes[i] + own.first, domains, own.count, call.out.leading},
             MatrixView<T>{data + i * domains * leading, domains, own.count, leading});
    };
    const int me = network_->layout().rank();
    for_each_plane(me, sent_.data(), [&](auto place, auto way) { copy(place, way); });
    network_->exchange().all_gather(sent_.data(), received_.data(), each);
    for (int rank = 0; rank < ranks(); ++rank)
      if (rank != me)
        for_each_plane(rank, received_.data() + rank * each,
                       [&](auto place, auto way) { copy(way, place); });
  }
  void copy(MatrixView<const T> from, MatrixView<T> to) {
    network_->backend().copy_columns(from, to, Write::assign);
  }

  const Instance<T, Backend>* network_ = nullptr;
  index_t capacity_ = 0;
  Buffer<T, Backend> sent_, received_;  // blocks of neurons on their way
  Buffer<T, Backend> columns_;          // this rank's columns of a node's bounds
};

}  // namespace shardbound::inline v0
