// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What one run sends, from the shapes of a chain of products alone: written down a second time, apart
// from the library's schedule, so that what was measured can be compared with something.
//
// Every rank receives (P - 1) times, in numbers:
//   way up       each layer: a share of W if panels are kept, and 4 planes of a block of its neurons;
//                a ColSharded layer: the 4 planes once more, as summands
//   a wave       a share of every matrix from the start node down, if panels are kept
//   a row dealt  padded(in) for each RowSharded layer it passes or starts from, padded(out) for each
//                ColSharded one it passes, a block where it ends on a split node; 2 numbers of its
//                result, and 2 more of the sums if it passes a zone

#include <shardbound/network/instance.hpp>

namespace shardbound_bench {

namespace sb = shardbound;

template <class T, class Backend>
class BytesFormula {
 public:
  BytesFormula(const sb::Instance<T, Backend>& network, sb::index_t wave)
      : ranks_(network.layout().ranks()), wave_(wave) {
    for (const int node : network.product_nodes()) {
      const auto& weight = network.parameters(node).weight;
      products_.push_back({weight.out(), weight.in(), weight.cut()});
    }
  }

  /// Bytes that each rank receives in a run of tightened CROWN; `lists`: rows bounded for the second
  /// product, the third, ..., the outputs.
  std::uint64_t bytes(const std::vector<sb::index_t>& lists) const {
    const std::size_t last = products_.size() - 1;
    sb::index_t numbers = 0;
    for (const Product& product : products_)
      numbers +=
          share(product) + (product.cut == sb::WeightCut::columns ? 2 : 1) * 4 * block(product.out);
    for (std::size_t k = 0; k < lists.size(); ++k) numbers += rows(k + 1, 0, lists[k]);
    numbers += rows(last, last, lists.back());  // once more, over the intervals of the last input
    return static_cast<std::uint64_t>(numbers * (ranks_ - 1)) * sizeof(T);
  }

 private:
  struct Product {
    sb::index_t out = 0, in = 0;
    sb::WeightCut cut = sb::WeightCut::whole;
  };

  sb::index_t share(const Product& product) const {
    sb::index_t numbers = 0;
    if (product.cut != sb::WeightCut::panels) return 0;
    for (sb::index_t p = 0; p < sb::panel_count(product.out, product.in); ++p)
      numbers += sb::even_share(
          sb::panel(product.out, product.in, p).count * sb::padded(product.in), ranks_);
    return numbers;
  }
  sb::index_t block(sb::index_t features) const {
    sb::index_t widest = 0;
    for (int r = 0; r < ranks_; ++r)
      widest = std::max(widest, sb::block_of(features, r, ranks_).count);
    return sb::padded(widest);
  }

  // Rows that start at product `start` and pass the products down to `end`.
  sb::index_t rows(std::size_t start, std::size_t end, sb::index_t count) const {
    sb::index_t each_wave = 0, each_row = 2;
    bool zone = false;
    for (std::size_t k = end; k <= start; ++k) {
      const Product& product = products_[k];
      each_wave += share(product);
      if (product.cut == sb::WeightCut::rows) each_row += sb::padded(product.in);
      if (product.cut == sb::WeightCut::columns && k < start) each_row += sb::padded(product.out);
      zone = zone || product.cut == sb::WeightCut::rows || product.cut == sb::WeightCut::columns;
    }
    if (zone) each_row += 2;
    if (products_[end].cut == sb::WeightCut::columns) each_row += block(products_[end].in);
    sb::index_t numbers = 0;
    for (sb::index_t first = 0, height = 0; first < count; first += ranks_ * height) {
      height = std::min(wave_, sb::padded_rows((count - first + ranks_ - 1) / ranks_));
      numbers += each_wave + height * each_row;
    }
    return numbers;
  }

  int ranks_;
  sb::index_t wave_;
  std::vector<Product> products_;
};

}  // namespace shardbound_bench
