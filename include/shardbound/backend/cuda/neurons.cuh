// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Work on one node's neurons, a thread to each; what happens to a neuron is expr/neuron.hpp's. Lists of
// rows are made with CUB: flags, a selection that keeps the order, and both sides of what is left.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/expr/neuron.hpp>

#include <thrust/iterator/counting_iterator.h>
#include <cub/device/device_select.cuh>

#include <cstddef>
#include <cstdint>
#include <string>

namespace shardbound::inline v0::cuda {

template <class Body>
__global__ void each_neuron(index_t features, const Body body) {
  const index_t i = thread_number();
  if (i < features) body(static_cast<index_t>(blockIdx.y), i);
}

/// Calls body(domain, feature) for every neuron. Padding is left alone, hence zero. The body is a
/// functor of views, named for what it does: the kernel's name is all that a profile shows.
template <class Body>
void for_each_neuron(cudaStream_t stream, index_t domains, index_t features, const Body& body) {
  constexpr index_t threads = 128, most_domains = 65535;
  if (features == 0 || domains == 0) return;
  if (domains > most_domains)
    throw DeviceError("CUDA: " + std::to_string(domains) + " domains at once, where " +
                      std::to_string(most_domains) + " is the most");
  each_neuron<<<dim3(blocks_for(features, threads), static_cast<unsigned>(domains)), threads, 0,
                stream>>>(features, body);
  check_launch("work on neurons");
}

template <class F, class T>
struct ActivationInterval {
  F f;
  expr::PointwiseCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    expr::activation_interval(f, call, d * call.in.leading + i);
  }
};
template <class F, class T>
struct ActivationLines {
  F f;
  expr::PointwiseCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    expr::activation_lines(f, call, d * call.in.leading + i);
  }
};
template <class F, class T>
struct ActivationValue {
  F f;
  expr::PointwiseCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    expr::activation_value(f, call, d * call.in.leading + i);
  }
};
template <class T>
struct ScaledInterval {
  expr::PointwiseCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    expr::scaled_interval(call, d * call.in.leading + i, i);
  }
};
template <class T>
struct ScaledValue {
  expr::PointwiseCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    expr::scaled_value(call, d * call.in.leading + i, i);
  }
};
/// How a node's bounds or values reach those of a node they flow into.
enum class Into { sum_of_bounds, sum_of_values, place };
template <Into how, class T>
struct FlowInto {
  expr::BranchCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    const index_t from = d * call.in.leading + i, to = d * call.out.leading + call.column + i;
    if constexpr (how == Into::sum_of_bounds)
      expr::add_interval(call, from, to);
    else if constexpr (how == Into::sum_of_values)
      expr::add_value(call, from, to);
    else
      expr::place_interval(call, from, to);
  }
};
template <class T>
struct FinishNeuron {
  expr::PartialAffineCall<T> partial;
  __device__ void operator()(index_t d, index_t r) const { expr::finish_neuron(partial, d, r); }
};
template <class T>
struct GiveNeuron {
  expr::GiveCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    expr::give_neuron(call, d * call.bounds.leading + i);
  }
};
template <class T>
struct StorePair {
  expr::StoreCall<T> call;
  __device__ void operator()(index_t, index_t pair) const { expr::store_pair(call, 2 * pair); }
};

/// This thread's part, one of `threads`, of ending a list of `count` neurons.
template <class T>
__device__ void end_list(const expr::RowsTarget<T>& target, index_t thread, index_t threads,
                         index_t count) {
  for (index_t i = thread; i < target.rest; i += threads) expr::put_filler(target, 2 * count + i);
  if (thread == 0) *target.count = 2 * count;
}

/// Every neuron has its place; those that are stable, if it matters, have the sign 0.
template <bool only_unstable, class F, class T>
struct ListInPlace {
  F f;
  BoundsView<const T> bounds;
  expr::RowsTarget<T> target;
  __device__ void operator()(index_t d, index_t i) const {
    const index_t at = d * bounds.leading + i, place = d * bounds.features + i;
    bool matters = true;
    if constexpr (only_unstable) matters = !relax::is_stable(f, bounds.lower[at], bounds.upper[at]);
    expr::put_pair(target, i, d, 2 * place, matters ? T(1) : T(0));
    end_list(target, place, bounds.domains * bounds.features, bounds.domains * bounds.features);
  }
};
template <class F, class T>
struct FlagUnstable {
  F f;
  BoundsView<const T> bounds;
  std::uint8_t* flags;
  __device__ void operator()(index_t d, index_t i) const {
    const index_t at = d * bounds.leading + i;
    flags[d * bounds.features + i] = !relax::is_stable(f, bounds.lower[at], bounds.upper[at]);
  }
};
/// From the numbers of the neurons that are left to rows.
template <class T>
struct ListSelected {
  const std::int32_t* selected;
  const std::int64_t* count;
  index_t neurons, features;
  expr::RowsTarget<T> target;
  __device__ void operator()(index_t, index_t place) const {
    end_list(target, place, neurons, *count);
    if (place >= *count) return;
    const index_t neuron = selected[place];
    expr::put_pair(target, neuron % features, neuron / features, 2 * place, T(1));
  }
};

/// Where a list is made: flags, the numbers that were selected, their count, and CUB's own space.
struct ListSpace {
  std::uint8_t* flags = nullptr;
  std::int32_t* selected = nullptr;
  std::int64_t* count = nullptr;
  void* temporary = nullptr;
  std::size_t temporary_bytes = 0;

  /// Bytes for lists of as many neurons. CUB wants 16 bytes for every few hundred numbers, and says so
  /// if it were ever more.
  static constexpr std::size_t bytes_for(index_t neurons) {
    const auto n = static_cast<std::size_t>(neurons);
    return rounded(n) + rounded(4 * n) + rounded(sizeof(std::int64_t)) + for_cub(n);
  }
  ListSpace(void* memory, index_t neurons) {
    const auto n = static_cast<std::size_t>(neurons);
    auto* at = static_cast<char*>(memory);
    flags = reinterpret_cast<std::uint8_t*>(at);
    at += rounded(n);
    selected = reinterpret_cast<std::int32_t*>(at);
    at += rounded(4 * n);
    count = reinterpret_cast<std::int64_t*>(at);
    temporary = at + rounded(sizeof(std::int64_t));
    temporary_bytes = for_cub(n);
  }

 private:
  static constexpr std::size_t rounded(std::size_t bytes) { return (bytes + 255) / 256 * 256; }
  static constexpr std::size_t for_cub(std::size_t neurons) { return rounded(neurons / 8) + 16384; }
};

/// Rows for the unstable neurons, both sides of each, in their order.
template <class F, class T>
void list_unstable(cudaStream_t stream, const F& f, const BoundsView<const T>& bounds,
                   const expr::RowsTarget<T>& target, ListSpace space) {
  const index_t neurons = bounds.domains * bounds.features;
  for_each_neuron(stream, bounds.domains, bounds.features,
                  FlagUnstable<F, T>{f, bounds, space.flags});
  check(cub::DeviceSelect::Flagged(space.temporary, space.temporary_bytes,
                                   thrust::counting_iterator<std::int32_t>(0), space.flags,
                                   space.selected, space.count, neurons, stream),
        "selection of unstable neurons");
  for_each_neuron(stream, 1, neurons,
                  ListSelected<T>{space.selected, space.count, neurons, bounds.features, target});
}

}  // namespace shardbound::inline v0::cuda
