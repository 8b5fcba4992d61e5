// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The CUDA backend: memory of one GPU under a ledger, cuBLAS's products, our own fused kernels. Work is
// queued on one stream, in the order in which it is asked for; the host waits in to_host, finish and
// lend alone. A backend that only counts touches no GPU, and needs none.

#include <shardbound/backend/cuda/affine.cuh>
#include <shardbound/backend/cuda/device.cuh>
#include <shardbound/backend/cuda/mixed.cuh>
#include <shardbound/backend/cuda/neurons.cuh>
#include <shardbound/backend/cuda/rows.cuh>
#include <shardbound/backend/cuda/slopes.cuh>
#include <shardbound/backend/cuda/splits.cuh>
#include <shardbound/backend/cuda/sweep.cuh>
#include <shardbound/backend/cuda/tf32x3.cuh>
#include <shardbound/backend/cuda/windows.cuh>
#include <shardbound/core/memory.hpp>
#include <shardbound/core/precision.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace shardbound::inline v0 {

class Cuda {
 public:
  static constexpr std::string_view name = "cuda";
  /// One stream, and recordings of it: what one thread asks for must not get into another's.
  static constexpr bool works_concurrently = false;
  /// What the launches of a step cost besides their arithmetic, in multiplications.
  static constexpr double step_cost = 3e7;

  /// Works on the calling thread's current device. Throws DeviceError where there is none.
  explicit Cuda(Precision precision = Precision::native, Allocation allocation = Allocation::real)
      : precision_(precision) {
    if (allocation == Allocation::real) device_.emplace();
    reserve(product_space_, cuda::Products::workspace_bytes);
    if (device_) products_.emplace(stream(), product_space_.memory);
  }
  ~Cuda() {
    release(product_space_);
    release(lists_);
  }
  Cuda(const Cuda&) = delete;
  Cuda& operator=(const Cuda&) = delete;

  MemoryLedger memory() const { return ledger_.read(); }
  Allocation allocation() const { return device_ ? Allocation::real : Allocation::counted; }
  Precision precision() const { return precision_; }
  /// The GPU as a person knows it, and what the driver says of this backend's memory.
  std::string device_name() const { return device_->name(); }
  std::size_t driver_peak_bytes() const { return device_->peak_bytes(); }

  /// Panels and waves are larger than on a CPU: a product must fill the GPU, and be deep; the faster it
  /// is, the more so.
  index_t panel_elements(index_t in) const {
    constexpr index_t least_depth = 1024;
    return std::max(index_t{1} << (is_native() ? 23 : 24), least_depth * padded(in));
  }
  /// A tall wave keeps more of the GPU busy and goes by all panels less often, so waves grow with the
  /// weights, to an eighth of what these take on all ranks together, at every position where they are used.
  std::size_t coefficient_bytes(std::size_t weight_bytes_read) const {
    return std::max(std::size_t{64} << (is_native() ? 20 : 22), weight_bytes_read / 8);
  }
  /// What a product may lose for each of its terms.
  template <class T>
  T product_roundoff() const {
    if constexpr (std::is_same_v<T, float>)
      if (precision_ == Precision::tf32x3) return cuda::tf32x3_roundoff;
    return unit_roundoff<T>;
  }

  // ---- memory ----------------------------------------------------------------------------------
  /// Aligned to 256 bytes; its contents are undefined. Throws OutOfMemory.
  void* allocate(std::size_t bytes, Category category) {
    void* memory = nowhere_;
    if (device_ && bytes > 0) {
      memory = device_->allocate(bytes);
      if (!memory)
        throw OutOfMemory("no memory on the GPU for " + std::to_string(bytes) + " bytes of " +
                          std::string(category_names[static_cast<std::size_t>(category)]));
    }
    ledger_.book(category, bytes);
    return memory;
  }
  void deallocate(void* memory, std::size_t bytes, Category category) {
    ledger_.release(category, bytes);
    if (memory != nowhere_) device_->deallocate(memory);
  }

  template <class T>
  void upload(T* to, const T* host, index_t count) {
    if (device_) device_->copy(host, to, bytes<T>(count), cudaMemcpyHostToDevice);
  }
  template <class T>
  void to_host(T* host, const T* from, index_t count) {
    device_->copy(from, host, bytes<T>(count), cudaMemcpyDeviceToHost);
    device_->wait();
  }
  template <class T>
  void fill(T* to, index_t count, T value) {
    if (!device_ || count == 0) return;
    constexpr index_t threads = 256;
    cuda::fill_with<<<cuda::blocks_for(count, threads), threads, 0, stream()>>>(to, count, value);
    cuda::check_launch("fill");
  }
  void finish() { device_->wait(); }

  /// Between the two, this backend's memory belongs to a communicator, whose peers may be on other GPUs.
  void lend() {
    device_->share();
    device_->wait();
  }
  void take_back() {}
  /// The stream, for communicators that put their work behind ours.
  void* queue() const { return device_ ? stream() : nullptr; }
  /// Called again and again while the host waits for the stream; may throw.
  void watch(std::function<void()> look) {
    if (device_) device_->watch(std::move(look));
  }

  // ---- work that is done again and again -------------------------------------------------------
  using Recording = cuda::Graph;

  /// Whether work that is recorded is worth being told of rows that may not matter, so that nothing has
  /// to be read back in the middle: up to `rows` rows a start node.
  static constexpr bool records(index_t rows) { return rows <= 2048; }
  /// Does `work`, which must make the same calls with the same arguments each time and read nothing
  /// back: by hand the first time, then as one graph.
  template <class Work>
  void replay(Recording& recording, const Work& work) {
    recording.run(stream(), work);
  }

  // ---- space set aside, so that a pass allocates nothing ----------------------------------------
  /// Numbers of space for products with (out, in) matrices.
  template <class T>
  index_t product_workspace(index_t out, index_t in) const {
    const bool cuts = std::is_same_v<T, float> && precision_ == Precision::tf32x3;
    return cuts ? cuda::numbers_for_parts(out, in) : 0;
  }
  /// The same where `height` rows of a matrix are used at every position of a map.
  template <class T>
  index_t window_workspace(const Geometry& geometry, index_t height) const {
    return cuda::WindowSpace<T>(geometry, height).numbers() +
           product_workspace<T>(height, padded(geometry.width()));
  }
  /// Intervals go through a product without a place of their own.
  template <class T>
  index_t affine_workspace(const Geometry& /*geometry*/, index_t /*domains*/) const {
    return 0;
  }
  /// For lists of `neurons` neurons.
  void reserve_list(index_t neurons) { reserve(lists_, cuda::ListSpace::bytes_for(neurons)); }

  // ---- primitives, see core/concepts.hpp --------------------------------------------------------
  // A_in (S, N_in) := or += A_out (S, N_out) W (N_out, N_in)
  template <class T>
  void product(MatrixView<const T> a, MatrixView<const T> weight, MatrixView<T> out, Write write,
               [[maybe_unused]] T* workspace, cuda::Lines lines = cuda::Lines::rows) {
    const cuda::Range range("product");
    if (a.rows == 0) return;
    weight.columns = padded(weight.columns);
    if constexpr (std::is_same_v<T, float>)
      if (precision_ == Precision::tf32x3)
        return cuda::multiply_in_parts(stream(), *products_, a, weight, out, write, workspace);
    products_->run(a, weight, out, write, cuda::Multiply::as_is, lines);
  }
  // z_out (S, N_out) := z_in (S, N_in) W^T (N_in, N_out), always native: no proof depends on points
  template <class T>
  void product_forward(MatrixView<const T> points, MatrixView<const T> weight, MatrixView<T> out,
                       T* /*workspace*/, cuda::Lines lines = cuda::Lines::rows) {
    const cuda::Range range("product of points");
    if (points.rows == 0) return;
    weight.columns = padded(weight.columns);
    products_->run_up(points, weight, out, lines);
  }
  // The same through windows, either way.
  template <class T>
  void windows_back(const expr::WindowCall<T>& call) {
    const cuda::Range range("windows");
    cuda::windows_back(
        stream(), call, [this](const auto& a, const auto& weight, const auto& out, T* workspace) {
          product<T>(a, weight, out, Write::assign, workspace, cuda::Lines::positions);
        });
  }
  template <class T>
  void windows_forward(const expr::WindowCall<T>& call) {
    const cuda::Range range("windows of points");
    cuda::windows_forward(
        stream(), call,
        [this](const auto& points, const auto& weight, const auto& out, T* workspace) {
          product_forward<T>(points, weight, out, workspace, cuda::Lines::positions);
        });
  }
  template <class Chain, class T>
  void sweep(const expr::SweepCall<T>& call) {
    const cuda::Range range("sweep");
    cuda::sweep<Chain>(stream(), call);
  }
  template <class Chain, class T>
  void push(const expr::PushCall<T>& call) {
    const cuda::Range range("push");
    cuda::push<Chain>(stream(), call);
  }

  // What optimised lines need, see expr/slope_calls.hpp.
  template <class F, class T>
  void free_lines(const F& f, const expr::FreeCall<T>& call) {
    const cuda::Range range("free lines");
    cuda::for_each_neuron(stream(), call.neurons.domains, call.neurons.slots,
                          cuda::DrawFreeLines<F, T>{f, call});
  }
  template <class T>
  void begin_parameters(const expr::ParametersCall<T>& call) {
    cuda::for_each_slot(stream(), call.rows.count, call.neurons.slots,
                        cuda::BeginParameter<T>{call});
  }
  template <class T>
  void confine_parameters(const expr::ParametersCall<T>& call) {
    cuda::for_each_slot(stream(), call.rows.count, call.neurons.slots,
                        cuda::ConfineParameter<T>{call});
  }
  template <class Chain, class T>
  void gradients(const expr::GradientCall<T>& call) {
    const cuda::Range range("gradients");
    cuda::gradients<Chain>(stream(), call);
  }
  template <class T>
  void take_steps(const expr::StepCall<T>& call) {
    const cuda::Range range("steps");
    cuda::for_each_slot(stream(), call.rows.count, call.slots, cuda::TakeStep<T>{call});
  }
  template <class T>
  void take_splits(const expr::SplitCall<T>& call) {
    cuda::for_each_row_with_splits(stream(), call.rows.count, cuda::TakeSplits<T>{call});
  }
  template <class T>
  void return_splits(const expr::SplitCall<T>& call) {
    cuda::for_each_row_with_splits(stream(), call.rows.count, cuda::ReturnSplits<T>{call});
  }
  template <class Chain, class T>
  void pull_splits(const expr::SplitChainCall<T>& call) {
    cuda::for_each_row_with_splits(stream(), call.of.rows.count, cuda::PullSplits<Chain, T>{call});
  }
  template <class Chain, class T>
  void push_splits(const expr::SplitChainCall<T>& call) {
    cuda::for_each_row_with_splits(stream(), call.of.rows.count, cuda::PushSplits<Chain, T>{call});
  }
  template <class T>
  void improve(const expr::ImproveCall<T>& call) {
    cuda::for_each_neuron(stream(), 1, call.rows.count, cuda::NoteImprovement<T>{call});
  }
  template <class T>
  void keep_parameters(const expr::KeepCall<T>& call) {
    cuda::for_each_slot(stream(), call.rows, call.slots, cuda::KeepParameter<T>{call});
  }
  template <class T>
  void keep_slots(const expr::KeepSlotsCall<T>& call) {
    const cuda::Range range("coefficients of slots");
    cuda::for_each_slot(stream(), call.rows.count, call.kept.columns, cuda::KeepSlot<T>{call});
  }
  template <class T>
  void weigh(const expr::WeighCall<T>& call) {
    cuda::weigh(stream(), call);
  }
  template <class T>
  void add_chords(const expr::ChordCall<T>& call) {
    cuda::for_each_neuron(stream(), call.neurons.domains, call.neurons.slots,
                          cuda::AddChord<T>{call});
  }

  template <class T>
  void select(const expr::SelectCall<T>& call) {
    const cuda::Range range("select");
    cuda::select(stream(), call);
  }
  template <class T>
  void copy_columns(MatrixView<const T> from, MatrixView<T> to, Write write) {
    cuda::copy_columns(stream(), from, to, write);
  }
  template <class T>
  void pack_region(const expr::PackCall<T>& call) {
    cuda::pack_region(stream(), call);
  }
  template <class T>
  void copy_region(const expr::RegionCall<T>& call) {
    cuda::copy_region(stream(), call);
  }
  // to (n) := or += sum over blocks of from (blocks, n), in their order
  template <class T>
  void add_blocks(const T* from, int blocks, index_t n, T* to, Write write) {
    if (n == 0) return;
    constexpr index_t threads = 256;
    cuda::sum_blocks<<<cuda::blocks_for(n, threads), threads, 0, stream()>>>(from, blocks, n, to,
                                                                             write);
    cuda::check_launch("sum over ranks");
  }
  template <class T>
  void concretize(const expr::ConcretizeCall<T>& call) {
    const cuda::Range range("concretize");
    cuda::concretize(stream(), call);
  }
  template <class T>
  void store(const expr::StoreCall<T>& call) {
    cuda::for_each_neuron(stream(), 1, call.rows.count / 2, cuda::StorePair<T>{call});
  }
  template <class T>
  void give(const expr::GiveCall<T>& call) {
    over(BoundsView<const T>(call.bounds), cuda::GiveNeuron<T>{call});
  }
  template <class T>
  void affine_interval(const expr::AffineCall<T>& call) {
    const cuda::Range range("intervals of an affine layer");
    cuda::affine<cuda::Affine::interval>(stream(), expr::PartialAffineCall<T>{call});
  }
  template <class T>
  void affine_values(const expr::AffineCall<T>& call) {
    const cuda::Range range("values of an affine layer");
    cuda::affine<cuda::Affine::value>(stream(), expr::PartialAffineCall<T>{call});
  }
  template <class T>
  void affine_partial(const expr::PartialAffineCall<T>& call) {
    const cuda::Range range("partial intervals of an affine layer");
    cuda::affine<cuda::Affine::partial>(stream(), call);
  }
  template <class T>
  void affine_finish(const expr::PartialAffineCall<T>& call) {
    cuda::for_each_neuron(stream(), call.call.out.domains, call.rows, cuda::FinishNeuron<T>{call});
  }
  template <class T>
  void add_bounds(const expr::BranchCall<T>& call) {
    over(call.in, cuda::FlowInto<cuda::Into::sum_of_bounds, T>{call});
  }
  template <class T>
  void add_values(const expr::BranchCall<T>& call) {
    over(call.in, cuda::FlowInto<cuda::Into::sum_of_values, T>{call});
  }
  template <class T>
  void place_bounds(const expr::BranchCall<T>& call) {
    over(call.in, cuda::FlowInto<cuda::Into::place, T>{call});
  }
  // Nodes that mix features, see expr/mixed_calls.hpp.
  template <class T>
  void mixed_interval(const expr::MixedCall<T>& call) {
    const cuda::Range range("intervals of mixed features");
    cuda::mix<cuda::Mixed::interval>(stream(), call);
  }
  template <class T>
  void mixed_values(const expr::MixedCall<T>& call) {
    cuda::mix<cuda::Mixed::values>(stream(), call);
  }
  template <class T>
  void mixed_lines(const expr::MixedCall<T>& call) {
    const cuda::Range range("lines of mixed features");
    cuda::mix<cuda::Mixed::lines>(stream(), call);
  }
  template <class T>
  void pull_mixed(const expr::PullCall<T>& call) {
    const cuda::Range range("rows through mixed features");
    cuda::pull_mixed(stream(), call);
  }
  template <class T>
  void push_mixed(const expr::MixedPushCall<T>& call) {
    cuda::push_mixed(stream(), call);
  }
  template <class F, class T>
  void activation_interval(const F& f, const expr::PointwiseCall<T>& call) {
    const cuda::Range range("intervals of an activation");
    over(call.in, cuda::ActivationInterval<F, T>{f, call});
  }
  template <class F, class T>
  void activation_lines(const F& f, const expr::PointwiseCall<T>& call) {
    const cuda::Range range("lines");
    over(call.in, cuda::ActivationLines<F, T>{f, call});
  }
  template <class F, class T>
  void activation_values(const F& f, const expr::PointwiseCall<T>& call) {
    over(call.in, cuda::ActivationValue<F, T>{f, call});
  }
  template <class T>
  void scaled_values(const expr::PointwiseCall<T>& call) {
    over(call.in, cuda::ScaledValue<T>{call});
  }
  template <class T>
  void scaled_interval(const expr::PointwiseCall<T>& call) {
    over(call.in, cuda::ScaledInterval<T>{call});
  }
  template <class F, class T>
  void list_unstable(const F& f, const BoundsView<const T>& bounds,
                     const expr::RowsTarget<T>& target) {
    const cuda::Range range("unstable neurons");
    const index_t neurons = bounds.domains * bounds.features;
    cuda::list_unstable(stream(), f, bounds, target, cuda::ListSpace(lists_.memory, neurons));
  }
  template <class F, class T>
  void mark_unstable(const F& f, const BoundsView<const T>& bounds,
                     const expr::RowsTarget<T>& target) {
    const cuda::Range range("unstable neurons");
    over(bounds, cuda::ListInPlace<true, F, T>{f, bounds, target});
  }
  template <class T>
  void list_all(const BoundsView<const T>& bounds, const expr::RowsTarget<T>& target) {
    over(bounds, cuda::ListInPlace<false, int, T>{0, bounds, target});
  }

 private:
  struct Space {
    void* memory = nullptr;
    std::size_t bytes = 0;
  };

  template <class T>
  static constexpr std::size_t bytes(index_t count) {
    return static_cast<std::size_t>(count) * sizeof(T);
  }
  cudaStream_t stream() const { return device_->stream(); }
  bool is_native() const { return precision_ == Precision::native; }

  void reserve(Space& space, std::size_t bytes) {
    if (bytes <= space.bytes) return;
    release(space);
    space.memory = allocate(bytes, Category::workspace);
    space.bytes = bytes;
  }
  void release(Space& space) {
    if (space.memory) deallocate(space.memory, space.bytes, Category::workspace);
    space = {};
  }

  template <class T, class Body>
  void over(const BoundsView<const T>& neurons, const Body& body) {
    cuda::for_each_neuron(stream(), neurons.domains, neurons.features, body);
  }

  alignas(64) static inline char nowhere_[64] = {};  // what counted and empty memory points to

  SharedLedger ledger_;
  Precision precision_;
  std::optional<cuda::Device> device_;
  std::optional<cuda::Products> products_;
  Space product_space_, lists_;
};

}  // namespace shardbound::inline v0
