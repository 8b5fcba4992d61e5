// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A backend that is awkward on purpose, as a device would be: its memory can be touched by nobody else
// (an arena without access rights unless queued work runs or it is lent; a stray read is a crash),
// nothing happens before finish(), to_host() or lend(), and fresh memory holds NaN. Arithmetic is EigenBackend's, so results
// equal its results bit by bit; a method that peeks, assumes zeros or reads too early does not pass.

#include <shardbound/backend/eigen/backend.hpp>
#include <tests/support/arena.hpp>

#include <functional>
#include <stdexcept>
#include <vector>

namespace shardbound_test {

namespace sb = shardbound;

class CheckedBackend {
 public:
  static constexpr std::string_view name = "checked";
  static constexpr bool works_concurrently = false;
  static constexpr double step_cost = sb::EigenBackend::step_cost;

  explicit CheckedBackend(int threads = 1) : worker_(threads) {}
  ~CheckedBackend() { finish_quietly(); }
  CheckedBackend(const CheckedBackend&) = delete;
  CheckedBackend& operator=(const CheckedBackend&) = delete;

  sb::MemoryLedger memory() const { return ledger_; }
  int threads() const { return worker_.threads(); }
  sb::Allocation allocation() const { return sb::Allocation::real; }
  /// Calls waiting for finish().
  std::size_t queued() const { return queue_.size(); }

  void* allocate(std::size_t bytes, sb::Category category) {
    finish();
    void* memory = arena_.take(bytes);
    poison(memory, bytes);
    ledger_.book(category, bytes);
    return memory;
  }
  void deallocate(void* memory, std::size_t bytes, sb::Category category) {
    finish_quietly();
    poison(memory, bytes);
    ledger_.release(category, bytes);
    arena_.give(memory, bytes);
  }

  template <class T>
  void upload(T* to, const T* host, sb::index_t count) {
    later([this, to, copy = std::vector<T>(host, host + count)] {
      worker_.upload(to, copy.data(), static_cast<sb::index_t>(copy.size()));
    });
  }
  template <class T>
  void to_host(T* host, const T* from, sb::index_t count) {
    if (replaying_) throw std::logic_error("a recording reads back");
    later([this, host, from, count] { worker_.to_host(host, from, count); });
    finish();
  }
  template <class T>
  void fill(T* to, sb::index_t count, T value) {
    later([this, to, count, value] { worker_.fill(to, count, value); });
  }
  void finish() {
    if (queue_.empty()) return;
    arena_.open();
    const auto queue = std::exchange(queue_, {});
    try {
      for (const auto& work : queue) {
        if (look_) look_();
        work();
      }
      if (look_) look_();
    } catch (...) {  // the rest is lost with it
      close();
      throw;
    }
    close();
  }
  /// Work may run in between, and more be lent: the last take_back() closes.
  void lend() {
    finish();
    arena_.open();
    ++loans_;
  }
  void take_back() {
    if (--loans_ < 0) throw std::logic_error("the checked backend was not lent");
    close();
  }

  /// Work that is not the backend's own can be queued as well, by whoever knows what the queue is.
  void* queue() { return this; }
  void watch(std::function<void()> look) { look_ = std::move(look); }
  template <class Work>
  void later(Work&& work) {
    queue_.emplace_back(std::forward<Work>(work));
  }
  bool owns(const void* memory) const { return arena_.has(memory); }

  sb::index_t panel_elements(sb::index_t in) const { return worker_.panel_elements(in); }
  std::size_t coefficient_bytes(std::size_t weight_bytes_read) const {
    return worker_.coefficient_bytes(weight_bytes_read);
  }
  template <class T>
  T product_roundoff() const {
    return worker_.template product_roundoff<T>();
  }

  /// Calls with the arguments that they had when the work was recorded. They may read nothing back.
  struct Recording {
    std::vector<std::function<void()>> calls;
  };
  bool recording = false;  // whether work is recorded
  int replays = 0;         // of recordings that have run before
  bool records(sb::index_t) const { return recording; }
  template <class Work>
  void replay(Recording& recorded, const Work& work) {
    finish();
    if (!recorded.calls.empty()) {
      ++replays;
      queue_ = recorded.calls;
      return;
    }
    replaying_ = true;
    work();
    replaying_ = false;
    recorded.calls = queue_;
  }

  void reserve_list(sb::index_t) {}
  template <class T>
  sb::index_t product_workspace(sb::index_t out, sb::index_t in) const {
    return worker_.template product_workspace<T>(out, in);
  }
  template <class T>
  sb::index_t window_workspace(const sb::Geometry& geometry, sb::index_t height) const {
    return worker_.template window_workspace<T>(geometry, height);
  }
  template <class T>
  sb::index_t affine_workspace(const sb::Geometry& geometry, sb::index_t domains) const {
    return worker_.template affine_workspace<T>(geometry, domains);
  }
  template <class T>
  void product(sb::MatrixView<const T> a, sb::MatrixView<const T> weight, sb::MatrixView<T> out,
               sb::Write write, T* workspace) {
    later([=, this] { worker_.product(a, weight, out, write, workspace); });
  }
  template <class Chain, class T>
  void sweep(const sb::expr::SweepCall<T>& call) {
    later([this, call] { worker_.template sweep<Chain>(call); });
  }
  template <class T>
  void product_forward(sb::MatrixView<const T> points, sb::MatrixView<const T> weight,
                       sb::MatrixView<T> out, T* workspace) {
    later([=, this] { worker_.product_forward(points, weight, out, workspace); });
  }
  template <class T>
  void windows_back(const sb::expr::WindowCall<T>& call) {
    later([this, call] { worker_.windows_back(call); });
  }
  template <class T>
  void windows_forward(const sb::expr::WindowCall<T>& call) {
    later([this, call] { worker_.windows_forward(call); });
  }
  template <class T>
  void pack_region(const sb::expr::PackCall<T>& call) {
    later([this, call] { worker_.pack_region(call); });
  }
  template <class T>
  void copy_region(const sb::expr::RegionCall<T>& call) {
    later([this, call] { worker_.copy_region(call); });
  }
  template <class Chain, class T>
  void push(const sb::expr::PushCall<T>& call) {
    later([this, call] { worker_.template push<Chain>(call); });
  }
  template <class F, class T>
  void free_lines(const F& f, const sb::expr::FreeCall<T>& call) {
    later([=, this] { worker_.free_lines(f, call); });
  }
  template <class T>
  void begin_parameters(const sb::expr::ParametersCall<T>& call) {
    later([this, call] { worker_.begin_parameters(call); });
  }
  template <class T>
  void confine_parameters(const sb::expr::ParametersCall<T>& call) {
    later([this, call] { worker_.confine_parameters(call); });
  }
  template <class Chain, class T>
  void gradients(const sb::expr::GradientCall<T>& call) {
    later([this, call] { worker_.template gradients<Chain>(call); });
  }
  template <class T>
  void take_steps(const sb::expr::StepCall<T>& call) {
    later([this, call] { worker_.take_steps(call); });
  }
  template <class T>
  void take_splits(const sb::expr::SplitCall<T>& call) {
    later([this, call] { worker_.take_splits(call); });
  }
  template <class T>
  void return_splits(const sb::expr::SplitCall<T>& call) {
    later([this, call] { worker_.return_splits(call); });
  }
  template <class Chain, class T>
  void pull_splits(const sb::expr::SplitChainCall<T>& call) {
    later([this, call] { worker_.template pull_splits<Chain>(call); });
  }
  template <class Chain, class T>
  void push_splits(const sb::expr::SplitChainCall<T>& call) {
    later([this, call] { worker_.template push_splits<Chain>(call); });
  }
  template <class T>
  void improve(const sb::expr::ImproveCall<T>& call) {
    later([this, call] { worker_.improve(call); });
  }
  template <class T>
  void keep_parameters(const sb::expr::KeepCall<T>& call) {
    later([this, call] { worker_.keep_parameters(call); });
  }
  template <class T>
  void keep_slots(const sb::expr::KeepSlotsCall<T>& call) {
    later([this, call] { worker_.keep_slots(call); });
  }
  template <class T>
  void weigh(const sb::expr::WeighCall<T>& call) {
    later([this, call] { worker_.weigh(call); });
  }
  template <class T>
  void add_chords(const sb::expr::ChordCall<T>& call) {
    later([this, call] { worker_.add_chords(call); });
  }
  template <class T>
  void select(const sb::expr::SelectCall<T>& call) {
    later([this, call] { worker_.select(call); });
  }
  template <class T>
  void copy_columns(sb::MatrixView<const T> from, sb::MatrixView<T> to, sb::Write write) {
    later([=, this] { worker_.copy_columns(from, to, write); });
  }
  template <class T>
  void add_blocks(const T* from, int blocks, sb::index_t n, T* to, sb::Write write) {
    later([=, this] { worker_.add_blocks(from, blocks, n, to, write); });
  }
  template <class T>
  void concretize(const sb::expr::ConcretizeCall<T>& call) {
    later([this, call] { worker_.concretize(call); });
  }
  template <class T>
  void store(const sb::expr::StoreCall<T>& call) {
    later([this, call] { worker_.store(call); });
  }
  template <class T>
  void give(const sb::expr::GiveCall<T>& call) {
    later([this, call] { worker_.give(call); });
  }
  template <class T>
  void affine_interval(const sb::expr::AffineCall<T>& call) {
    later([this, call] { worker_.affine_interval(call); });
  }
  template <class T>
  void affine_values(const sb::expr::AffineCall<T>& call) {
    later([this, call] { worker_.affine_values(call); });
  }
  template <class T>
  void affine_partial(const sb::expr::PartialAffineCall<T>& call) {
    later([this, call] { worker_.affine_partial(call); });
  }
  template <class T>
  void affine_finish(const sb::expr::PartialAffineCall<T>& call) {
    later([this, call] { worker_.affine_finish(call); });
  }
  template <class T>
  void add_bounds(const sb::expr::BranchCall<T>& call) {
    later([this, call] { worker_.add_bounds(call); });
  }
  template <class T>
  void add_values(const sb::expr::BranchCall<T>& call) {
    later([this, call] { worker_.add_values(call); });
  }
  template <class T>
  void place_bounds(const sb::expr::BranchCall<T>& call) {
    later([this, call] { worker_.place_bounds(call); });
  }
  template <class T>
  void mixed_interval(const sb::expr::MixedCall<T>& call) {
    later([this, call] { worker_.mixed_interval(call); });
  }
  template <class T>
  void mixed_values(const sb::expr::MixedCall<T>& call) {
    later([this, call] { worker_.mixed_values(call); });
  }
  template <class T>
  void mixed_lines(const sb::expr::MixedCall<T>& call) {
    later([this, call] { worker_.mixed_lines(call); });
  }
  template <class T>
  void pull_mixed(const sb::expr::PullCall<T>& call) {
    later([this, call] { worker_.pull_mixed(call); });
  }
  template <class T>
  void push_mixed(const sb::expr::MixedPushCall<T>& call) {
    later([this, call] { worker_.push_mixed(call); });
  }
  template <class F, class T>
  void activation_interval(const F& f, const sb::expr::PointwiseCall<T>& call) {
    later([=, this] { worker_.activation_interval(f, call); });
  }
  template <class F, class T>
  void activation_lines(const F& f, const sb::expr::PointwiseCall<T>& call) {
    later([=, this] { worker_.activation_lines(f, call); });
  }
  template <class F, class T>
  void activation_values(const F& f, const sb::expr::PointwiseCall<T>& call) {
    later([=, this] { worker_.activation_values(f, call); });
  }
  template <class T>
  void scaled_values(const sb::expr::PointwiseCall<T>& call) {
    later([this, call] { worker_.scaled_values(call); });
  }
  template <class T>
  void scaled_interval(const sb::expr::PointwiseCall<T>& call) {
    later([this, call] { worker_.scaled_interval(call); });
  }
  template <class F, class T>
  void list_unstable(const F& f, const sb::BoundsView<const T>& bounds,
                     const sb::expr::RowsTarget<T>& target) {
    later([=, this] { worker_.list_unstable(f, bounds, target); });
  }
  template <class F, class T>
  void mark_unstable(const F& f, const sb::BoundsView<const T>& bounds,
                     const sb::expr::RowsTarget<T>& target) {
    later([=, this] { worker_.mark_unstable(f, bounds, target); });
  }
  template <class T>
  void list_all(const sb::BoundsView<const T>& bounds, const sb::expr::RowsTarget<T>& target) {
    later([=, this] { worker_.list_all(bounds, target); });
  }

 private:
  // Where nothing may be thrown.
  void finish_quietly() {
    try {
      finish();
    } catch (const std::exception&) {}
  }
  void poison(void* memory, std::size_t bytes) {
    arena_.open();
    std::memset(memory, 0xff, bytes);
    close();
  }
  void close() {
    if (loans_ == 0) arena_.close();
  }

  Arena arena_;
  sb::EigenBackend worker_;
  sb::MemoryLedger ledger_;
  std::vector<std::function<void()>> queue_;
  std::function<void()> look_;
  int loans_ = 0;
  bool replaying_ = false;
};

}  // namespace shardbound_test
