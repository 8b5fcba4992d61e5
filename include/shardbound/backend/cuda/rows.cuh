// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where rows begin and end, a block to each: selected from a matrix, concretized over a set. And what
// moves numbers between tiles.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/dual_radius.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/backend/cuda/windows.cuh>
#include <shardbound/expr/neuron.hpp>

#include <cmath>
#include <limits>

namespace shardbound::inline v0::cuda {

// ---- start rows -------------------------------------------------------------------------------

/// This thread's part of a user's row's absolute terms over the bounds of its columns.
template <class T>
__device__ T absolute_terms(const expr::SelectCall<T>& call, const T* row, index_t domain) {
  T terms = 0;
  for (index_t c = threadIdx.x; c < call.bounds.features; c += blockDim.x) {
    const index_t at = domain * call.bounds.leading + c;
    if (row[c] != T(0))
      terms += std::abs(row[c]) *
               (expr::largest_magnitude(call.bounds.lower[at], call.bounds.upper[at]) +
                call.bounds.slack[at]);
  }
  return terms;
}

/// A row of a convolution's matrix, times `sign`, where the window of a position lies; a block's work.
template <class T>
__device__ void put_window(const expr::SelectCall<T>& call, index_t channel, index_t position,
                           const T* from, T sign, T* row) {
  const Geometry& g = call.geometry;
  const int y = static_cast<int>(position / g.columns.out);
  const int x = static_cast<int>(position % g.columns.out);
  const int each = static_cast<int>(g.in_group()), taps = static_cast<int>(g.columns.taps);
  const int width = static_cast<int>(g.width());
  const index_t first = channel / g.out_group() * each, positions = call.region.positions();
  for_each_pack<T>(padded(call.tile.columns), [&](index_t c) { Pack<T>(T(0)).store(row + c); });
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < width; i += static_cast<int>(blockDim.x)) {
    const int tap = i / each;
    const int in_y = input_within(g.rows, call.region.rows, y, tap / taps);
    const int in_x = input_within(g.columns, call.region.columns, x, tap % taps);
    if (in_y >= 0 && in_x >= 0)
      row[(first + i % each) * positions + in_y * call.region.columns.count + in_x] =
          sign * from[i];
  }
}

template <class T>
__global__ void select_rows(const __grid_constant__ expr::SelectCall<T> call) {
  const index_t r = blockIdx.x, width = padded(call.tile.columns);
  const T sign = call.rows.sign[r];
  const index_t index = call.rows.index[r], domain = call.rows.domain[r];
  T* const row = call.tile.data + r * call.tile.leading;
  const bool first = threadIdx.x == 0;
  if (sign == T(0) || !call.matrix.data) {
    const index_t column = sign == T(0) ? -1 : column_in(call.region, call.map, index);
    for_each_pack<T>(width, [&](index_t c) {
      Pack<T>::of([&](int i) { return c + i == column ? sign : T(0); }).store(row + c);
    });
    if (first) call.sums.constant[r] = call.sums.slack[r] = T(0);
    return;
  }
  const index_t positions = call.geometry.out_positions(), own = index / positions;
  if (own < call.first || own >= call.first + call.matrix.rows) return;
  const T* const from = call.matrix.data + (own - call.first) * call.matrix.leading;
  const Pack<T> signs(sign);
  if (call.geometry.is_dense())
    for_each_pack<T>(width, [&](index_t c) { (signs * Pack<T>::load(from + c)).store(row + c); });
  else
    put_window(call, own, index % positions, from, sign, row);
  if (call.bias) {
    if (first) call.sums.slack[r] = call.gamma * std::abs(call.bias[index]);
  } else {
    __shared__ T room[most_threads / warp];
    T terms[1] = {absolute_terms(call, from, domain)};
    block_sums(terms, room);
    if (first) call.sums.slack[r] = call.gamma * terms[0];
  }
  if (first) call.sums.constant[r] = call.bias ? sign * call.bias[index] : T(0);
}

// ---- the end of rows --------------------------------------------------------------------------

template <class T>
__global__ void concretize_rows(const __grid_constant__ expr::ConcretizeCall<T> call) {
  const index_t r = blockIdx.x, domain = call.rows.domain[r], width = call.set.bounds.leading;
  const T* const row = call.tile.data + r * call.tile.leading;
  const T* const lower = call.set.bounds.lower + domain * width;
  const T* const upper = call.set.bounds.upper + domain * width;
  const T* const bound_slack = call.set.bounds.slack + domain * width;
  const Pack<T> half(T(0.5)), gamma(call.gamma);
  Pack<T> centre(T(0)), reach(T(0)), slack(T(0));
  for_each_pack<T>(width, [&](index_t c) {
    const auto a = Pack<T>::load_once(row + c), size = magnitude(a);
    const auto l = Pack<T>::load(lower + c), u = Pack<T>::load(upper + c);
    const auto e = Pack<T>::load(bound_slack + c);
    centre += a * ((l + u) * half);
    reach += size * ((u - l) * half);
    slack += size * (e + gamma * (larger(magnitude(l), magnitude(u)) + e));
  });
  __shared__ T room[most_threads / warp * 3];
  T sums[3] = {centre.total(), reach.total(), slack.total()};
  block_sums(sums, room);
  if (call.set.norm != expr::Norm::infinity)
    sums[1] = dual_radius(BlockTeam<T>{room}, row, width, call.set.norm, call.set.radius[domain]);
  if (threadIdx.x == 0) expr::put_least(call, r, sums[0] - sums[1], sums[2]);
}

/// The points of the sets where the rows are least, written for every row.
template <class T>
__global__ void worst_points(const __grid_constant__ expr::ConcretizeCall<T> call) {
  __shared__ T room[most_threads / warp];
  __shared__ int steepest;
  const auto& set = call.set;
  const index_t r = blockIdx.x, domain = call.rows.domain[r], width = set.bounds.leading;
  const T* const row = call.tile.data + r * call.tile.leading;
  const T* const lower = set.bounds.lower + domain * width;
  const T* const upper = set.bounds.upper + domain * width;
  T* const point = call.worst.data + r * call.worst.leading;
  const auto for_each = [&](const auto& body) {
    for (index_t c = threadIdx.x; c < width; c += blockDim.x) body(c);
  };
  if (set.norm == expr::Norm::infinity) {
    for_each([&](index_t c) { point[c] = row[c] >= T(0) ? lower[c] : upper[c]; });
    return;
  }
  if (set.norm == expr::Norm::two) {
    const T length = dual_radius(BlockTeam<T>{room}, row, width, set.norm, T(1));
    const bool known = length > T(0) && length <= std::numeric_limits<T>::max();
    for_each([&](index_t c) {
      point[c] =
          (lower[c] + upper[c]) / 2 - (known ? set.radius[domain] * (row[c] / length) : T(0));
    });
    return;
  }
  // One step along the steepest axis, the first of them.
  const T most = dual_radius(BlockTeam<T>{room}, row, width, set.norm, T(1));
  if (threadIdx.x == 0) steepest = static_cast<int>(width);
  __syncthreads();
  for_each([&](index_t c) {
    if (std::abs(row[c]) == most) atomicMin(&steepest, static_cast<int>(c));
  });
  __syncthreads();
  for_each([&](index_t c) {
    const T step = c != steepest ? T(0) : row[c] >= T(0) ? -set.radius[domain] : set.radius[domain];
    point[c] = (lower[c] + upper[c]) / 2 + step;
  });
}

template <class T>
void select(cudaStream_t stream, const expr::SelectCall<T>& call) {
  if (call.rows.count == 0) return;  // without columns there still are sums to begin
  select_rows<<<static_cast<unsigned>(call.rows.count), threads_for<T>(call.tile.columns), 0,
                stream>>>(call);
  check_launch("select");
}

template <class T>
void concretize(cudaStream_t stream, const expr::ConcretizeCall<T>& call) {
  if (call.rows.count == 0) return;
  const int threads = threads_for<T>(call.set.bounds.leading);
  const auto rows = static_cast<unsigned>(call.rows.count);
  concretize_rows<<<rows, threads, 0, stream>>>(call);
  check_launch("concretize");
  if (!call.worst.data) return;
  worst_points<<<rows, threads, 0, stream>>>(call);
  check_launch("worst points");
}

// ---- between tiles ----------------------------------------------------------------------------

/// to (S, N) := or += from (S, N); a fresh tile's padding is cleared
template <class T>
__global__ void copy_rows(MatrixView<const T> from, MatrixView<T> to, Write write) {
  const T* const source = from.data + blockIdx.x * from.leading;
  T* const target = to.data + blockIdx.x * to.leading;
  const index_t width = write == Write::add ? to.columns : padded(to.columns);
  for (index_t c = static_cast<index_t>(blockIdx.y) * blockDim.x + threadIdx.x; c < width;
       c += static_cast<index_t>(gridDim.y) * blockDim.x) {
    const T number = c < to.columns ? source[c] : T(0);
    target[c] = write == Write::add ? target[c] + number : number;
  }
}

template <class T>
void copy_columns(cudaStream_t stream, const MatrixView<const T>& from, const MatrixView<T>& to,
                  Write write) {
  if (to.rows == 0 || to.columns == 0) return;
  const unsigned across = blocks_for(padded(to.columns), most_threads * 4);
  const dim3 blocks(static_cast<unsigned>(to.rows), across < 1024u ? across : 1024u);
  copy_rows<<<blocks, threads_for<T>(to.columns), 0, stream>>>(from, to, write);
  check_launch("copy of columns");
}

// to (n) := or += sum over blocks of from (blocks, n), in their order
template <class T>
__global__ void sum_blocks(const T* from, int blocks, index_t n, T* to, Write write) {
  const index_t i = thread_number();
  if (i >= n) return;
  T sum = from[i];
  for (int block = 1; block < blocks; ++block) sum += from[block * n + i];
  to[i] = write == Write::add ? to[i] + sum : sum;
}

template <class T>
__global__ void fill_with(T* to, index_t count, T value) {
  const index_t i = thread_number();
  if (i < count) to[i] = value;
}

}  // namespace shardbound::inline v0::cuda
