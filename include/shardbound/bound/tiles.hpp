// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The tiles of a wave and the ways between their placements. A wave deals `height` rows to each of P
// ranks, in the order of the list: rank 0's rows, then rank 1's, ... A Full tile holds a rank's own rows
// with all columns, a Split one everybody's rows with the rank's own columns, a PartialSum everybody's
// rows and a summand for every column.

#include <shardbound/network/instance.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// Coefficients of rows on one node's features, in a placement.
template <class T, Placement P>
struct Tile {
  MatrixView<T> numbers;
};

/// What rows on a tile add their constants to: on full columns every rank adds the same numbers to its
/// own rows, on split ones its share to everybody's. A partial sum has no columns yet that a constant
/// could be drawn from.
template <Usable P, class T>
expr::RowSums<T> sums_of(const Tile<T, P>&, const expr::RowConstants<T>& constants) {
  return std::same_as<P, Full> ? constants.full : constants.partial;
}

template <class T, class Backend>
class Tiles {
 public:
  Tiles() = default;
  /// Room for slots of so many numbers, and for so many in the collectives' buffers.
  Tiles(const Instance<T, Backend>& network, std::span<const index_t> sizes, index_t sent,
        index_t received)
      : network_(&network) {
    auto& backend = network.backend();
    for (index_t size : sizes) slots_.emplace_back(backend, size, Category::coefficients);
    sent_ = {backend, sent, Category::communication};
    received_ = {backend, received, Category::communication};
  }

  Tile<T, Full> full_tile(int slot, index_t height, index_t columns) const {
    return {{data(slot), height, columns, padded(columns)}};
  }
  /// The same of rows of which `width` numbers each come before them in the slot.
  Tile<T, Full> part_tile(int slot, index_t first, index_t height, index_t columns,
                          index_t width) const {
    return {{data(slot) + first * width, height, columns, padded(columns)}};
  }
  Tile<T, Split> split_tile(int slot, index_t height, int node) const {
    return {{data(slot), ranks() * height, layout().block(node), block_leading(node)}};
  }
  /// Its numbers are undefined until they are written.
  Tile<T, PartialSum> partial_tile(index_t height, index_t columns) const {
    return {{sent_.data(), ranks() * height, columns, padded(columns)}};
  }

  // rows of all ranks[*] := all_gather of rows[*] (P S N numbers)
  MatrixView<const T> gather_rows(const Tile<T, Full>& tile) const {
    const auto& own = tile.numbers;
    network_->exchange().all_gather(own.data, received_.data(), own.rows * own.leading);
    return {received_.data(), ranks() * own.rows, own.columns, own.leading};
  }

  // to[*] := or += sum over P of partial, own rows (reduce_scatter, P S N numbers)
  void reduce(const Tile<T, PartialSum>& partial, const Tile<T, placement::Reduce<PartialSum>>& to,
              Write write) const {
    network_->exchange().reduce_scatter(partial.numbers.data, received_.data(), to.numbers.data,
                                        to.numbers.rows * to.numbers.leading, write);
  }

  // What rows have two numbers of - a constant and its slack - travels as one message, in two planes.

  // full (2, S) += sum over P of partial (2, P S), own rows (reduce_scatter, 2 P S numbers)
  void reduce_sums(const T* partial, T* full, index_t height) const {
    const MatrixView<const T> planes{partial, 2, ranks() * height, ranks() * height};
    for (int rank = 0; rank < ranks(); ++rank)
      copy(planes.column_range(rank * height, height),
           {sent_.data() + index_t{2} * rank * height, 2, height, height}, Write::assign);
    network_->exchange().reduce_scatter(sent_.data(), received_.data(), full, 2 * height,
                                        Write::add);
  }
  // all (2, P S) := all_gather of own (2, S) (2 P S numbers)
  void gather_sums(const T* own, T* all, index_t height) const {
    network_->exchange().all_gather(own, received_.data(), 2 * height);
    for (int plane = 0; plane < 2; ++plane)
      copy({received_.data() + plane * height, ranks(), height, 2 * height},
           {all + plane * ranks() * height, ranks(), height, height}, Write::assign);
  }

  // to[split] := or += from[*]: everybody's rows, own columns (all_to_all, S N numbers)
  void to_split(int node, const Tile<T, Full>& from, const Tile<T, placement::Scatter<Full>>& to,
                Write write) const {
    const index_t height = from.numbers.rows, leading = block_leading(node);
    for (int rank = 0; rank < ranks(); ++rank)
      for (const FeatureRun& run : layout().runs(node, rank))
        copy(from.numbers.column_range(run.first, run.count),
             {sent_.data() + rank * height * leading + run.at, height, run.count, leading},
             Write::assign);
    T* const arrived = write == Write::add ? received_.data() : to.numbers.data;
    network_->exchange().all_to_all(sent_.data(), arrived, height * leading);
    if (write == Write::add)
      copy({arrived, to.numbers.rows, to.numbers.columns, leading}, to.numbers, Write::add);
  }
  // to[*] := or += from[split]: own rows, everybody's columns (all_to_all, S N numbers)
  void to_full(int node, const Tile<T, Split>& from, const Tile<T, placement::Gather<Split>>& to,
               Write write) const {
    const index_t height = to.numbers.rows, leading = block_leading(node);
    network_->exchange().all_to_all(from.numbers.data, received_.data(), height * leading);
    for (int rank = 0; rank < ranks(); ++rank)
      for (const FeatureRun& run : layout().runs(node, rank))
        copy({received_.data() + rank * height * leading + run.at, height, run.count, leading},
             to.numbers.column_range(run.first, run.count), write);
  }

 private:
  const Layout& layout() const { return network_->layout(); }
  int ranks() const { return layout().ranks(); }
  index_t block_leading(int node) const { return padded(layout().widest_block(node)); }
  T* data(int slot) const { return slots_[static_cast<std::size_t>(slot)].data(); }
  void copy(MatrixView<const T> from, MatrixView<T> to, Write write) const {
    network_->backend().copy_columns(from, to, write);
  }

  const Instance<T, Backend>* network_ = nullptr;
  std::vector<Buffer<T, Backend>> slots_;
  Buffer<T, Backend> sent_, received_;
};

}  // namespace shardbound::inline v0
