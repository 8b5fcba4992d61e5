// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A layer's matrix as a rank keeps it, seen as a sequence of panels (sharding/panels.hpp). With one
// rank every policy keeps all of it; whoever multiplies asks for panels either way.

#include <shardbound/core/memory.hpp>
#include <shardbound/sharding/panels.hpp>
#include <shardbound/sharding/policy.hpp>

namespace shardbound::inline v0 {

template <class T, class Backend>
class ShardedTensor {
 public:
  struct PanelView {
    index_t first = 0;
    MatrixView<const T> rows;
  };

  ShardedTensor() = default;
  ShardedTensor(Backend& backend, index_t out, index_t in, WeightCut cut)
      : backend_(&backend),
        out_(out),
        in_(in),
        cut_(cut),
        storage_(Buffer<T, Backend>::zeros(backend, out * padded(in), Category::weights)) {}

  index_t out() const { return out_; }
  index_t in() const { return in_; }
  WeightCut cut() const { return cut_; }
  index_t panels() const { return panel_count(out_, in_); }

  PanelView panel(index_t number) const {
    const Panel p = shardbound::panel(out_, in_, number);
    return {p.first, whole().row_range(p.first, p.rows)};
  }

  /// Fills a panel from host memory, (rows of the panel, padded(in)), padding zero.
  void upload_panel(index_t number, const T* host) {
    const Panel p = shardbound::panel(out_, in_, number);
    backend_->upload(storage_.data() + p.first * padded(in_), host, p.rows * padded(in_));
  }

 private:
  MatrixView<T> whole() const { return storage_.matrix(out_, in_); }

  Backend* backend_ = nullptr;
  index_t out_ = 0, in_ = 0;
  WeightCut cut_ = WeightCut::whole;
  Buffer<T, Backend> storage_;
};

}  // namespace shardbound::inline v0
