// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A layer's matrix W (out x in) as one rank keeps it: all of it, an even share of every panel's numbers,
// a block of rows, or a block of columns. Whoever multiplies goes through it panel by panel
// (sharding/panels.hpp); panels of shares have to be gathered first. Rows of a convolution's matrix are output
// channels; its columns are input channels, tap by tap.

#include <shardbound/core/memory.hpp>
#include <shardbound/network/layout.hpp>
#include <shardbound/sharding/panels.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class ShardedTensor {
 public:
  /// Rows [first, first + rows.rows) of W, or of its local columns.
  struct PanelView {
    index_t first = 0;
    MatrixView<const T> rows;
  };

  ShardedTensor() = default;
  /// The matrix of the product at `node`.
  ShardedTensor(Backend& backend, const PlanView& plan, const Layout& layout, int node,
                WeightCut cut)
      : backend_(&backend),
        cut_(cut),
        rank_(layout.rank()),
        ranks_(layout.ranks()),
        geometry_(plan[node].geometry) {
    Geometry& own = geometry_;
    if (cut == WeightCut::columns && ranks_ > 1) own.groups = 1;
    out_ = own.out_channels, in_ = own.width(), width_ = in_;
    rows_ = {0, out_}, columns_ = {{0, 0, in_}};
    if (cut == WeightCut::rows) {
      const index_t positions = own.out_positions();
      const Block features = block_of(own.out_features(), rank_, ranks_, plan[node].unit);
      rows_ = {features.first / positions, features.count / positions};
    }
    if (cut == WeightCut::columns && ranks_ > 1) {
      const int input = plan.input_of(node);
      const index_t unit = own.in_positions(), channels = own.in_channels;
      own.in_channels = layout.block(input) / unit;
      columns_.clear();
      for (index_t tap = 0; tap < own.taps(); ++tap)
        for (const FeatureRun& run : layout.runs(input))
          columns_.push_back({tap * channels + run.first / unit,
                              tap * own.in_channels + run.at / unit, run.count / unit});
      width_ = own.width();
    }
    index_t numbers = rows_.count * padded(width_);
    if (is_gathered()) {
      numbers = 0;
      for (index_t p = 0; p < panels(); ++p) numbers += share(p);
    }
    storage_ = Buffer<T, Backend>::zeros(backend, numbers, Category::weights);
  }

  index_t out() const { return out_; }
  index_t in() const { return in_; }
  WeightCut cut() const { return cut_; }
  /// Of what this rank multiplies with: of a block of columns those input channels, and then never in groups.
  const Geometry& geometry() const { return geometry_; }
  /// The rows and the number of columns that this rank multiplies with.
  Block rows() const { return rows_; }
  index_t width() const { return width_; }

  /// Where number `at` of row `row` of the matrix, as ONNX orders a convolution's - (in channels of the group, taps) -
  /// stands among W's columns.
  index_t column_of(const Geometry& declared, index_t row, index_t at) const {
    const index_t taps = declared.taps(), channel = at / taps, tap = at % taps;
    if (declared.groups == 1 || in_ == declared.width()) return tap * declared.in_group() + channel;
    const index_t group = row / declared.out_group();
    return tap * declared.in_channels + group * declared.in_group() + channel;
  }

  /// Whether panels must be gathered before use.
  bool is_gathered() const { return cut_ == WeightCut::panels && ranks_ > 1; }
  index_t panels() const {
    return panel_count(rows_.count, width_, backend_->panel_elements(width_));
  }
  /// The one of W's own panels that a row is in.
  index_t panel_of(index_t row) const { return row / whole_height(); }

  /// A panel that is kept here as it is.
  PanelView panel(index_t number) const {
    const Block p =
        shardbound::panel(rows_.count, width_, number, backend_->panel_elements(width_));
    return {rows_.first + p.first,
            storage_.matrix(rows_.count, width_).row_range(p.first, p.count)};
  }
  /// A panel in a buffer where every rank's share was gathered.
  PanelView panel(index_t number, const T* gathered) const {
    const Block p = whole_panel(number);
    return {p.first, {gathered, p.count, in_, padded(in_)}};
  }
  /// This rank's share of a panel: `share(number)` numbers.
  const T* share_of(index_t number) const {
    return storage_.data() + (number > 0 ? number * share(0) : 0);
  }
  index_t share(index_t number) const {
    return even_share(whole_panel(number).count * padded(in_), ranks_);
  }

  /// Whether any number of W's rows [first, first + count), all within one of W's panels, is kept here.
  bool keeps(Block rows) const {
    return is_gathered() ? kept_share(rows).count > 0 : intersection(rows, rows_).count > 0;
  }

  /// Rows from `row` to the end of W's panel that it is in.
  index_t rows_to_panel_end(index_t row) const {
    const index_t height = whole_height();
    return height - row % height;
  }

  /// Keeps what belongs here of W's rows [first, first + count), all within one of W's panels, from
  /// host memory: (count, padded(in)), padding zero.
  void upload_rows(Block rows, const T* host) {
    if (is_gathered()) {
      const Block kept = kept_share(rows);
      if (kept.count == 0) return;
      const index_t number = panel_of(rows.first), share_first = rank_ * share(number);
      const index_t at = share_of(number) - storage_.data() + kept.first - share_first;
      const index_t skipped = kept.first - numbers_of(rows).first;
      backend_->upload(storage_.data() + at, host + skipped, kept.count);
      return;
    }
    const index_t leading = padded(in_);
    const Block kept = intersection(rows, rows_);
    if (kept.count == 0) return;
    const T* from = host + (kept.first - rows.first) * leading;
    T* to = storage_.data() + (kept.first - rows_.first) * padded(width_);
    if (width_ == in_) {
      backend_->upload(to, from, kept.count * leading);
      return;
    }
    std::vector<T> packed(static_cast<std::size_t>(kept.count * padded(width_)));
    for (index_t r = 0; r < kept.count; ++r)
      for (const FeatureRun& run : columns_)
        std::copy_n(from + r * leading + run.first, run.count,
                    packed.data() + r * padded(width_) + run.at);
    backend_->upload(to, packed.data(), static_cast<index_t>(packed.size()));
  }

 private:
  // Of W as a whole.
  index_t whole_height() const { return panel_height(out_, in_, backend_->panel_elements(in_)); }
  Block whole_panel(index_t number) const {
    return shardbound::panel(out_, in_, number, backend_->panel_elements(in_));
  }
  // Numbers of their panel that some rows are, and those among them of this rank's share.
  Block numbers_of(Block rows) const {
    const index_t first = whole_panel(panel_of(rows.first)).first;
    return {(rows.first - first) * padded(in_), rows.count * padded(in_)};
  }
  Block kept_share(Block rows) const {
    const index_t each = share(panel_of(rows.first));
    return intersection(numbers_of(rows), {rank_ * each, each});
  }

  Backend* backend_ = nullptr;
  index_t out_ = 0, in_ = 0;
  WeightCut cut_ = WeightCut::whole;
  int rank_ = 0, ranks_ = 1;
  Geometry geometry_;
  Block rows_;
  std::vector<FeatureRun> columns_;
  index_t width_ = 0;
  Buffer<T, Backend> storage_;
};

}  // namespace shardbound::inline v0
