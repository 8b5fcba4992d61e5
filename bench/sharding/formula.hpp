// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What one run sends, from the shapes of a chain of products alone: written down a second time, apart
// from the library's schedule, so that what was measured can be compared with something.
//
// Every rank receives (P - 1) times, in numbers:
//   way up       each layer: a share of W if panels are kept, and 4 planes of a block of its neurons;
//                a ColSharded layer: the 4 planes once more, as summands
//   a wave       a share of every matrix below the start node, if panels are kept; of the start node's own,
//                of those panels that the wave's rows are in
//   a row dealt  padded(in) for each RowSharded layer it passes or starts from, padded(out) for each
//                ColSharded one it passes, a block where it ends on a split node; 2 numbers of its
//                result, and 2 more of the sums if it passes a zone

#include <shardbound/network/instance.hpp>

#include <set>
#include <vector>

namespace shardbound_bench {

namespace sb = shardbound;

/// The neurons that the rows of a list belong to, in its order.
using Neurons = std::vector<std::int32_t>;

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

  /// Bytes that each rank receives in a run of tightened CROWN; `lists`: the neurons of the rows bounded
  /// for the second product, the third, ..., the outputs.
  std::uint64_t bytes(const std::vector<Neurons>& lists) const {
    return sum(lists, [&](std::size_t start, const Neurons& list) { return starts(start, list); });
  }
  /// The same if it is not known which rows of these are left: every wave may begin within a panel.
  std::uint64_t bytes_at_most(const std::vector<Neurons>& lists) const {
    return sum(lists, [&](std::size_t start, const Neurons& list) {
      if (start + 1 == products_.size()) return starts(start, list);  // outputs all are bounded
      const Product& product = products_[start];
      const sb::index_t more = waves(list) - 1;
      return std::min((more + 1) * share(product), share(product) + more * share(product, 0));
    });
  }

 private:
  struct Product {
    sb::index_t out = 0, in = 0;
    sb::WeightCut cut = sb::WeightCut::whole;
  };

  sb::index_t share(const Product& product, sb::index_t panel) const {
    if (product.cut != sb::WeightCut::panels) return 0;
    return sb::even_share(sb::panel(product.out, product.in, panel).count * sb::padded(product.in),
                          ranks_);
  }
  sb::index_t share(const Product& product) const {
    sb::index_t numbers = 0;
    for (sb::index_t p = 0; p < sb::panel_count(product.out, product.in); ++p)
      numbers += share(product, p);
    return numbers;
  }
  sb::index_t block(sb::index_t features) const {
    sb::index_t widest = 0;
    for (int r = 0; r < ranks_; ++r)
      widest = std::max(widest, sb::block_of(features, r, ranks_).count);
    return sb::padded(widest);
  }

  template <class Starts>
  std::uint64_t sum(const std::vector<Neurons>& lists, const Starts& starts_of) const {
    const std::size_t last = products_.size() - 1;
    sb::index_t numbers = 0;
    for (const Product& product : products_)
      numbers +=
          share(product) + (product.cut == sb::WeightCut::columns ? 2 : 1) * 4 * block(product.out);
    for (std::size_t k = 0; k < lists.size(); ++k)
      numbers += rows(k + 1, 0, lists[k]) + starts_of(k + 1, lists[k]);
    // once more, over the intervals of the last input
    numbers += rows(last, last, lists.back()) + starts_of(last, lists.back());
    return static_cast<std::uint64_t>(numbers * (ranks_ - 1)) * sizeof(T);
  }

  sb::index_t waves(const Neurons& list) const {
    const sb::index_t wave = ranks_ * wave_;
    return (size(list) + wave - 1) / wave;
  }
  // The heights of a list's waves: about equal, in steps of 512 but for the last.
  std::vector<sb::index_t> heights(const Neurons& list) const {
    std::vector<sb::index_t> all;
    sb::index_t left = size(list);
    for (sb::index_t w = waves(list); w > 0; --w) {
      const sb::index_t dealt = sb::padded_rows((left + w * ranks_ - 1) / (w * ranks_));
      all.push_back(w == 1 ? dealt : std::min(wave_, (dealt + 511) / 512 * 512));
      left -= ranks_ * all.back();
    }
    return all;
  }
  static sb::index_t size(const Neurons& list) { return static_cast<sb::index_t>(list.size()); }

  // What rows are selected from: the panels of the matrix that the rows of each wave are in.
  sb::index_t starts(std::size_t start, const Neurons& list) const {
    const Product& product = products_[start];
    const sb::index_t height = sb::panel_height(product.out, product.in);
    sb::index_t numbers = 0;
    auto next = list.begin();
    for (const sb::index_t dealt : heights(list)) {
      const auto end = next + std::min<std::ptrdiff_t>(ranks_ * dealt, list.end() - next);
      std::set<sb::index_t> panels;
      for (; next != end; ++next) panels.insert(*next / height);
      for (const sb::index_t panel : panels) numbers += share(product, panel);
    }
    return numbers;
  }

  // What rows that start at product `start` take through the products below it, down to `end`.
  sb::index_t rows(std::size_t start, std::size_t end, const Neurons& list) const {
    sb::index_t each_wave = 0, each_row = 2;
    bool zone = false;
    for (std::size_t k = end; k <= start; ++k) {
      const Product& product = products_[k];
      if (k < start) each_wave += share(product);
      if (product.cut == sb::WeightCut::rows) each_row += sb::padded(product.in);
      if (product.cut == sb::WeightCut::columns && k < start) each_row += sb::padded(product.out);
      zone = zone || product.cut == sb::WeightCut::rows || product.cut == sb::WeightCut::columns;
    }
    if (zone) each_row += 2;
    if (products_[end].cut == sb::WeightCut::columns) each_row += block(products_[end].in);
    sb::index_t numbers = 0;
    for (const sb::index_t height : heights(list)) numbers += each_wave + height * each_row;
    return numbers;
  }

  int ranks_;
  sb::index_t wave_;
  std::vector<Product> products_;
};

}  // namespace shardbound_bench
