// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The CPU backend: host memory under a ledger, Eigen's products, our own fused loops. Work happens when
// it is asked for, so finish() has nothing left to do. A backend that only counts allocates nothing:
// whatever is made and prepared on it says how much memory it would take.

#include <shardbound/backend/eigen/mixed.hpp>
#include <shardbound/backend/eigen/product.hpp>
#include <shardbound/backend/eigen/rows.hpp>
#include <shardbound/backend/eigen/slopes.hpp>
#include <shardbound/backend/eigen/sweep.hpp>
#include <shardbound/core/errors.hpp>
#include <shardbound/core/memory.hpp>
#include <shardbound/core/worker_pool.hpp>
#include <shardbound/sharding/panels.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <string_view>

namespace shardbound::inline v0 {

class EigenBackend : public detail::EigenSlopes {
 public:
  static constexpr std::string_view name = "cpu";
  /// Nothing that primitives write is the backend's own, and its threads are lent to one caller at a time.
  static constexpr bool works_concurrently = true;
  /// What a call costs besides its arithmetic, in multiplications.
  static constexpr double step_cost = 1e3;

  explicit EigenBackend(int threads = 1, Allocation allocation = Allocation::real)
      : EigenSlopes(allocation == Allocation::counted || threads < 1 ? 1 : threads),
        counts_only_(allocation == Allocation::counted),
        threads_(threads < 1 ? 1 : threads) {}
  EigenBackend(const EigenBackend&) = delete;
  EigenBackend& operator=(const EigenBackend&) = delete;

  MemoryLedger memory() const { return ledger_.read(); }
  int threads() const { return threads_; }
  Allocation allocation() const { return counts_only_ ? Allocation::counted : Allocation::real; }

  /// Aligned to 64 bytes; its contents are undefined. Throws OutOfMemory.
  void* allocate(std::size_t bytes, Category category) {
    if (counts_only_) {
      ledger_.book(category, bytes);
      return nowhere_;
    }
    void* memory = ::operator new (bytes, std::align_val_t{64}, std::nothrow);
    if (!memory)
      throw OutOfMemory("no memory for " + std::to_string(bytes) + " bytes of " +
                        std::string(category_names[static_cast<std::size_t>(category)]));
    ledger_.book(category, bytes);
    return memory;
  }
  void deallocate(void* memory, std::size_t bytes, Category category) {
    ledger_.release(category, bytes);
    if (!counts_only_) ::operator delete (memory, std::align_val_t{64});
  }

  template <class T>
  void upload(T* to, const T* host, index_t count) {
    if (!counts_only_) std::copy(host, host + count, to);
  }
  template <class T>
  void to_host(T* host, const T* from, index_t count) {
    std::copy(from, from + count, host);
  }
  template <class T>
  void fill(T* to, index_t count, T value) {
    if (!counts_only_) std::fill(to, to + count, value);
  }
  void finish() {}

  /// Between the two, this backend's memory belongs to a communicator.
  void lend() {}
  void take_back() {}

  /// Nothing is ever queued.
  void* queue() const { return nullptr; }
  void watch(const std::function<void()>&) {}

  /// What suits a panel, and a wave.
  index_t panel_elements(index_t /*in*/) const { return shardbound::panel_elements; }
  std::size_t coefficient_bytes(std::size_t /*weight_bytes_read*/) const {
    return std::size_t{32} << 20;
  }
  /// What a product may lose for each of its terms.
  template <class T>
  T product_roundoff() const {
    return unit_roundoff<T>;
  }

  /// Calls cost nothing here, so there is nothing to record.
  struct Recording {};
  static constexpr bool records(index_t) { return false; }
  template <class Work>
  void replay(Recording&, const Work& work) {
    work();
  }

  void reserve_list(index_t) {}
  /// Numbers of packing space for products with an (out, in) matrix.
  template <class T>
  index_t product_workspace(index_t out, index_t in) const {
    return std::max(detail::ProductBlocks<T>(out, in).workspace(),
                    detail::ProductBlocks<T>(in, out).workspace()) *
           threads();
  }

  /// The same where `height` rows of a matrix are used at every position of a map.
  template <class T>
  index_t window_workspace(const Geometry& geometry, index_t height) const {
    return detail::WindowSpace<T>(geometry, height).size() * threads();
  }
  /// Numbers of space that intervals of so many domains need on their way through a product.
  template <class T>
  index_t affine_workspace(const Geometry& geometry, index_t domains) const {
    const index_t windows = geometry.is_dense() ? 0 : detail::window_numbers(geometry) * threads();
    return 3 * domains * padded(geometry.in_features()) + windows;
  }

  // A_in (S, N_in) := or += A_out (S, N_out) W (N_out, N_in)
  template <class T>
  void product(MatrixView<const T> a, MatrixView<const T> weight, MatrixView<T> out, Write write,
               T* workspace) {
    const MatrixView<const T> all{weight.data, weight.rows, padded(weight.columns), weight.leading};
    const index_t each = product_workspace<T>(all.rows, all.columns) / threads();
    pool_.over_rows(a.rows, [&](int thread, index_t first, index_t count) {
      const auto rows = out.row_range(first, count);
      if (write == Write::assign)
        for (index_t r = 0; r < count; ++r)
          std::fill_n(rows.data + r * rows.leading, all.columns, T(0));
      detail::multiply_add<T>(a.row_range(first, count), all, rows, workspace + thread * each);
    });
  }

  // z_out (S, N_out) := z_in (S, N_in) W^T (N_out, N_in)
  template <class T>
  void product_forward(MatrixView<const T> points, MatrixView<const T> weight, MatrixView<T> out,
                       T* workspace) {
    const MatrixView<const T> all{weight.data, weight.rows, padded(weight.columns), weight.leading};
    const index_t each = product_workspace<T>(all.rows, all.columns) / threads();
    pool_.over_rows(points.rows, [&](int thread, index_t first, index_t count) {
      detail::multiply_transposed<T>(points.row_range(first, count), all,
                                     out.row_range(first, count), workspace + thread * each);
    });
  }

  // The same through windows, either way.
  template <class T>
  void windows_back(const expr::WindowCall<T>& call) {
    over_windows(call, [](const auto& part, T* space) { detail::windows_back(part, space); });
  }
  template <class T>
  void windows_forward(const expr::WindowCall<T>& call) {
    over_windows(call, [](const auto& part, T* space) { detail::windows_forward(part, space); });
  }

  template <class Chain, class T>
  void sweep(const expr::SweepCall<T>& call) {
    pool_.over_rows(call.tile.rows, [&](int, index_t first, index_t count) {
      expr::SweepCall<T> part = call;
      part.tile = call.tile.row_range(first, count);
      part.rows = call.rows.range(first, count);
      part.sums = call.sums.from(first);
      for (auto& data : part.data) data.lines = data.lines.from(first);
      if (call.trace.data) part.trace = call.trace.row_range(first, count);
      detail::sweep_rows<Chain>(part);
    });
  }
  template <class Chain, class T>
  void push(const expr::PushCall<T>& call) {
    pool_.over_rows(call.points.rows, [&](int, index_t first, index_t count) {
      expr::PushCall<T> part = call;
      part.coefficients = call.coefficients.row_range(first, count);
      part.points = call.points.row_range(first, count);
      part.rows = call.rows.range(first, count);
      for (auto& data : part.data) data.lines = data.lines.from(first);
      detail::push_rows<Chain>(part);
    });
  }

  template <class T>
  void select(const expr::SelectCall<T>& call) {
    pool_.over_rows(call.rows.count, [&](int, index_t first, index_t count) {
      expr::SelectCall<T> part = call;
      part.rows = call.rows.range(first, count);
      part.tile = call.tile.row_range(first, count);
      part.sums = call.sums.from(first);
      detail::select(part);
    });
  }
  template <class T>
  void copy_columns(MatrixView<const T> from, MatrixView<T> to, Write write) {
    detail::copy_columns(from, to, write);
  }
  template <class T>
  void pack_region(const expr::PackCall<T>& call) {
    T* place = call.to;
    for (int plane = 0; plane < call.count; ++plane) {
      detail::copy_region(call.copy(plane, place));
      place += call.rows[plane] * padded(call.columns());
    }
  }
  template <class T>
  void copy_region(const expr::RegionCall<T>& call) {
    pool_.over_rows(call.to.rows, [&](int, index_t first, index_t count) {
      expr::RegionCall<T> part = call;
      part.from = call.from.row_range(first, count);
      part.to = call.to.row_range(first, count);
      detail::copy_region(part);
    });
  }
  // to (n) := or += sum over blocks of from (blocks, n), in their order
  template <class T>
  void add_blocks(const T* from, int blocks, index_t n, T* to, Write write) {
    detail::add_blocks(from, blocks, n, to, write);
  }
  template <class T>
  void concretize(const expr::ConcretizeCall<T>& call) {
    pool_.over_rows(call.rows.count, [&](int, index_t first, index_t count) {
      expr::ConcretizeCall<T> part = call;
      part.tile = call.tile.row_range(first, count);
      part.rows = call.rows.range(first, count);
      part.sums = call.sums.from(first);
      part.result = call.result.from(first);
      detail::concretize(part);
      if (!call.worst.data) return;
      part.worst = call.worst.row_range(first, count);
      detail::worst_points(part);
    });
  }
  template <class T>
  void store(const expr::StoreCall<T>& call) {
    detail::store(call);
  }
  template <class T>
  void give(const expr::GiveCall<T>& call) {
    detail::for_each_neuron(BoundsView<const T>(call.bounds),
                            [&](index_t at, index_t) { expr::give_neuron(call, at); });
  }
  template <class T>
  void affine_interval(const expr::AffineCall<T>& call) {
    detail::centre_intervals(call);
    if (!call.geometry.is_dense())
      return pool_.over_rows(call.geometry.out_positions(),
                             [&](int thread, index_t first, index_t count) {
                               detail::affine_windows(call, first, count, windows(call, thread));
                             });
    pool_.over_rows(call.weight.rows, [&](int, index_t first, index_t count) {
      expr::AffineCall<T> part = call;
      part.weight = call.weight.row_range(first, count);
      part.first = call.first + first;
      detail::affine_rows(part);
    });
  }
  template <class T>
  void affine_values(const expr::AffineCall<T>& call) {
    detail::affine_values(call, windows(call, 0));
  }
  template <class T>
  void affine_partial(const expr::PartialAffineCall<T>& call) {
    detail::affine_partial(call, windows(call.call, 0));
  }
  template <class T>
  void affine_finish(const expr::PartialAffineCall<T>& call) {
    detail::affine_finish(call);
  }
  // One input of a sum or of a concatenation.
  template <class T>
  void add_bounds(const expr::BranchCall<T>& call) {
    detail::for_each_neuron(call,
                            [&](index_t from, index_t to) { expr::add_interval(call, from, to); });
  }
  template <class T>
  void add_values(const expr::BranchCall<T>& call) {
    detail::for_each_neuron(call,
                            [&](index_t from, index_t to) { expr::add_value(call, from, to); });
  }
  template <class T>
  void place_bounds(const expr::BranchCall<T>& call) {
    detail::for_each_neuron(
        call, [&](index_t from, index_t to) { expr::place_interval(call, from, to); });
  }

  // Nodes that mix features, see expr/mixed_calls.hpp.
  template <class T>
  void mixed_interval(const expr::MixedCall<T>& call) {
    detail::mixed_interval(call);
  }
  template <class T>
  void mixed_values(const expr::MixedCall<T>& call) {
    detail::mixed_values(call);
  }
  template <class T>
  void mixed_lines(const expr::MixedCall<T>& call) {
    detail::mixed_lines(call);
  }
  template <class T>
  void pull_mixed(const expr::PullCall<T>& call) {
    pool_.over_rows(call.from.rows, [&](int, index_t first, index_t count) {
      expr::PullCall<T> part = call;
      part.from = call.from.row_range(first, count);
      part.to = call.to.row_range(first, count);
      part.rows = call.rows.range(first, count);
      part.sums = call.sums.from(first);
      detail::pull_rows(part);
    });
  }
  template <class T>
  void push_mixed(const expr::MixedPushCall<T>& call) {
    pool_.over_rows(call.to.rows, [&](int, index_t first, index_t count) {
      expr::MixedPushCall<T> part = call;
      part.coefficients = call.coefficients.row_range(first, count);
      part.from = call.from.row_range(first, count);
      part.to = call.to.row_range(first, count);
      part.rows = call.rows.range(first, count);
      detail::push_points(part);
    });
  }

  template <class F, class T>
  void activation_interval(const F& f, const expr::PointwiseCall<T>& call) {
    detail::for_each_neuron(call.in,
                            [&](index_t at, index_t) { expr::activation_interval(f, call, at); });
  }
  template <class F, class T>
  void activation_lines(const F& f, const expr::PointwiseCall<T>& call) {
    detail::for_each_neuron(call.in,
                            [&](index_t at, index_t) { expr::activation_lines(f, call, at); });
  }
  template <class F, class T>
  void activation_values(const F& f, const expr::PointwiseCall<T>& call) {
    detail::for_each_neuron(call.in,
                            [&](index_t at, index_t) { expr::activation_value(f, call, at); });
  }
  template <class T>
  void scaled_values(const expr::PointwiseCall<T>& call) {
    detail::for_each_neuron(call.in,
                            [&](index_t at, index_t i) { expr::scaled_value(call, at, i); });
  }
  template <class T>
  void scaled_interval(const expr::PointwiseCall<T>& call) {
    detail::for_each_neuron(call.in,
                            [&](index_t at, index_t i) { expr::scaled_interval(call, at, i); });
  }
  template <class F, class T>
  void list_unstable(const F& f, const BoundsView<const T>& bounds,
                     const expr::RowsTarget<T>& target) {
    detail::list_rows(bounds, target, [&f](T l, T u) { return !relax::is_stable(f, l, u); });
  }
  template <class F, class T>
  void mark_unstable(const F& f, const BoundsView<const T>& bounds,
                     const expr::RowsTarget<T>& target) {
    detail::mark_rows(bounds, target, [&f](T l, T u) { return !relax::is_stable(f, l, u); });
  }
  template <class T>
  void list_all(const BoundsView<const T>& bounds, const expr::RowsTarget<T>& target) {
    detail::list_rows(bounds, target, [](T, T) { return true; });
  }

 private:
  template <class T, class Work>
  void over_windows(const expr::WindowCall<T>& call, const Work& work) {
    const index_t each = window_workspace<T>(call.geometry, call.weight.rows) / threads();
    pool_.over_rows(call.from.rows, [&](int thread, index_t first, index_t count) {
      expr::WindowCall<T> part = call;
      part.from = call.from.row_range(first, count);
      part.to = call.to.row_range(first, count);
      work(part, call.workspace + thread * each);
    });
  }
  // Where a thread lays windows out, behind what all of them read.
  template <class T>
  static T* windows(const expr::AffineCall<T>& call, int thread) {
    return call.workspace + 3 * call.in.bounds.domains * call.in.bounds.leading +
           thread * detail::window_numbers(call.geometry);
  }

  alignas(64) static inline char nowhere_[64] = {};  // what counted memory points to

  SharedLedger ledger_;
  bool counts_only_;
  int threads_;
};

}  // namespace shardbound::inline v0
