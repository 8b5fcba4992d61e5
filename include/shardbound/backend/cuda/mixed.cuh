// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Nodes that mix features on a GPU: a thread to each output, or run, of a domain or row, and a block to what each row's
// constant and slack gain. What meets at a feature is added up by one thread, in the order of its readers.

#include <shardbound/backend/cuda/neurons.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/backend/cuda/slopes.cuh>
#include <shardbound/expr/mixed_rows.hpp>
#include <shardbound/expr/softmax.hpp>

namespace shardbound::inline v0::cuda {

enum class Mixed { interval, values, lines };
template <Mixed what, class T>
struct MixOutput {
  expr::MixedCall<T> call;
  __device__ void operator()(index_t d, index_t i) const {
    switch (call.node.kind) {
      case NodeKind::gather:
        if constexpr (what == Mixed::interval) expr::gather_interval(call, d, i);
        if constexpr (what == Mixed::values) expr::gather_value(call, d, i);
        return;
      case NodeKind::sum:
        if constexpr (what == Mixed::interval) expr::sum_interval(call, d, i);
        if constexpr (what == Mixed::values) expr::sum_value(call, d, i);
        return;
      case NodeKind::maximum:
        if constexpr (what == Mixed::interval) expr::maximum_interval(call, d, i);
        if constexpr (what == Mixed::values) expr::maximum_value(call, d, i);
        if constexpr (what == Mixed::lines) expr::maximum_lines(call, d, i);
        return;
      case NodeKind::softmax:
        if constexpr (what == Mixed::interval) expr::softmax_interval(call, d, i);
        if constexpr (what == Mixed::values) expr::softmax_value(call, d, i);
        if constexpr (what == Mixed::lines) expr::softmax_lines(call, d, i);
        return;
      case NodeKind::multiply:
        if constexpr (what == Mixed::interval) expr::multiply_interval(call, d, i);
        if constexpr (what == Mixed::values) expr::multiply_value(call, d, i);
        if constexpr (what == Mixed::lines) expr::multiply_lines(call, d, i);
        return;
      default: return;
    }
  }
};
template <Mixed what, class T>
void mix(cudaStream_t stream, const expr::MixedCall<T>& call) {
  for_each_neuron(stream, call.in.domains, expr::units_of(call.node, call.out.features),
                  MixOutput<what, T>{call});
}

/// Zeros, padding included.
template <class T>
struct ClearTile {
  MatrixView<T> tile;
  __device__ void operator()(index_t r, index_t c) const { tile.data[r * tile.leading + c] = T(0); }
};
template <class T>
void clear(cudaStream_t stream, const MatrixView<T>& tile) {
  for_each_slot(stream, tile.rows, padded(tile.columns), ClearTile<T>{tile});
}

template <class T>
struct PullUnit {
  expr::PullCall<T> call;
  __device__ void operator()(index_t r, index_t i) const {
    const T* const a = call.from.data + r * call.from.leading;
    T* const to = call.to.data + r * call.to.leading;
    if (call.node.kind == NodeKind::gather)
      expr::pull_feature(call, a, to, i);
    else
      expr::pull_unit(call, expr::MixedRow<T>(call.node, call.rows.domain[r]), a, to, i);
  }
};
template <class T>
__global__ void sum_mixed_rows(const __grid_constant__ expr::PullCall<T> call) {
  __shared__ T room[most_threads / warp * 2];
  const index_t r = blockIdx.x;
  const expr::MixedRow<T> lines(call.node, call.rows.domain[r]);
  const T* const a = call.from.data + r * call.from.leading;
  T sums[2] = {T(0), T(0)};
  for (index_t i = threadIdx.x; i < call.from.columns; i += blockDim.x)
    expr::add_sums(call.node, lines, a[i], i, sums[0], sums[1]);
  block_sums(sums, room);
  if (threadIdx.x != 0) return;
  call.sums.constant[r] += sums[0];
  call.sums.slack[r] += sums[1];
}
template <class T>
void pull_mixed(cudaStream_t stream, const expr::PullCall<T>& call) {
  if (call.from.rows == 0) return;
  if (call.write == Write::assign) clear(stream, call.to);
  const bool by_feature = call.node.kind == NodeKind::gather;
  for_each_slot(stream, call.from.rows,
                by_feature ? call.to.columns : expr::units_of(call.node, call.from.columns),
                PullUnit<T>{call});
  if (call.operand > 0) return;
  constexpr unsigned threads = 128;
  sum_mixed_rows<<<static_cast<unsigned>(call.from.rows), threads, 0, stream>>>(call);
  check_launch("rows through a node that mixes features");
}

template <class T>
struct PushOutput {
  expr::MixedPushCall<T> call;
  __device__ void operator()(index_t r, index_t i) const {
    const T a = call.coefficients.data[r * call.coefficients.leading + i];
    const expr::MixedRow<T> lines(call.node, call.rows.domain[r]);
    call.to.data[r * call.to.leading + i] +=
        expr::pushed(call, lines, a, call.from.data + r * call.from.leading, i);
  }
};
template <class T>
void push_mixed(cudaStream_t stream, const expr::MixedPushCall<T>& call) {
  if (call.write == Write::assign) clear(stream, call.to);
  for_each_slot(stream, call.to.rows, call.to.columns, PushOutput<T>{call});
}

}  // namespace shardbound::inline v0::cuda
