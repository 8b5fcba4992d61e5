// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Fused sweeps on the GPU, down with coefficients and up with points: one kernel each, instantiated from the
// chain's type. A block works on a few rows at a time, each thread on the same columns of all of them: lines
// are read once for the rows that share a domain, and coefficients, 16 bytes at a time, once from memory and
// once back. Parameters of rows' own lines are gathered row by row; where to find them is read once.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/backend/cuda/rows.cuh>
#include <shardbound/expr/calls.hpp>

namespace shardbound::inline v0::cuda {

// Found by trying on an H200: rows that share a thread's lines, threads, and CROWN's blocks on a
// multiprocessor.
inline constexpr int rows_of_sweep = 4;  // divides row_group
inline constexpr int threads_of_sweep = 128;

/// Whether rows have lines of their own beside those that they share.
template <class Operation>
inline constexpr bool has_own_lines = false;
template <class FreeLine>
inline constexpr bool has_own_lines<expr::Freed<FreeLine>> = true;
template <class... Operations>
inline constexpr bool has_own_lines<expr::Chain<Operations...>> = (has_own_lines<Operations> ||
                                                                   ...);

/// Blocks on a multiprocessor. Lines of rows' own take registers.
template <class Chain>
inline constexpr int blocks_of_sweep = has_own_lines<Chain> ? 3 : 4;

/// Whether rows over one domain read the same lines, but for those that are free.
template <class T>
bool shares_lines(const expr::OperationData<T> (&data)[expr::longest_chain]) {
  for (const auto& one : data)
    if (!one.lines.is_shared()) return false;
  return true;
}

/// A block's rows, as their chains look them up.
template <class Chain, class T>
struct RowsOfSweep {
  using Row = typename Chain::template Row<T>;
  static constexpr int count = rows_of_sweep;

  const expr::OperationData<T>* data;
  index_t first, domain[count], home[count];
  bool shares;

  /// `lines_are_shared`: by rows over one domain.
  __device__ RowsOfSweep(const expr::OperationData<T>* operations, const RowsView<T>& rows,
                         bool lines_are_shared)
      : data(operations),
        first(static_cast<index_t>(blockIdx.x) * count),
        shares(lines_are_shared) {
#pragma unroll
    for (int r = 0; r < count; ++r) {
      domain[r] = rows.domain[first + r];
      home[r] = has_own_lines<Chain> ? rows.home_of(first + r) : 0;
    }
#pragma unroll
    for (int r = 1; r < count; ++r) shares = shares && domain[r] == domain[0];
  }
  /// As if it were the first row but for what is its own, so that what rows share is read once.
  __device__ Row sharing(int r) const { return Row::of(data, {first, domain[0], home[r]}); }
  /// Where its lines are is worked out anew each time: there are too many places to remember.
  __device__ Row alone(int r) const {
    index_t own = domain[r];
    asm volatile("" : "+l"(own));
    return Row::of(data, {first + r, own, home[r]});
  }
};

/// Pulls the packs at column `c` of rows [first, first + rows_of_sweep) through the chain.
template <class Chain, class T>
__global__ void __launch_bounds__(threads_of_sweep, blocks_of_sweep<Chain>)
    sweep_rows(const __grid_constant__ expr::SweepCall<T> call, bool lines_are_shared) {
  constexpr int count = rows_of_sweep;
  using Row = typename Chain::template Row<T>;
  const RowsOfSweep<Chain, T> rows(call.data, call.rows, lines_are_shared);
  const index_t first = rows.first, width = padded(call.tile.columns);
  T* const tile = call.tile.data + first * call.tile.leading;

  T sums[2 * count] = {};  // constants, then slacks
  const auto pull = [&](const Row& chain, int r, index_t c, Pack<T>& number) {
    expr::Coefficient<Pack<T>> a{number, Pack<T>(T(0)), Pack<T>(T(0))};
    chain.pull_back(c, a);
    number = a.value;
    sums[r] += a.constant.total();
    sums[count + r] += a.slack.total();
  };
  const auto trace = [&](index_t c, const Pack<T>(&numbers)[count]) {
    if (!call.trace.data) return;
    T* const to = call.trace.data + first * call.trace.leading + c;
#pragma unroll
    for (int r = 0; r < count; ++r) numbers[r].store_once(to + r * call.trace.leading);
  };
  // The next numbers are on their way while these are worked on.
  const auto over_columns = [&](const auto& pull_rows) {
    const auto load = [&](index_t c, Pack<T>(&numbers)[count]) {
      if (c < width)
#pragma unroll
        for (int r = 0; r < count; ++r)
          numbers[r] = Pack<T>::load_once(tile + r * call.tile.leading + c);
    };
    const index_t step = static_cast<index_t>(blockDim.x) * Pack<T>::width;
    index_t c = static_cast<index_t>(threadIdx.x) * Pack<T>::width;
    Pack<T> numbers[count], next[count];
    for (load(c, next); c < width; c += step) {
#pragma unroll
      for (int r = 0; r < count; ++r) numbers[r] = next[r];
      load(c + step, next);
      if constexpr (has_own_lines<Chain>) trace(c, numbers);
      pull_rows(c, numbers);
      if constexpr (Chain::writes)
#pragma unroll
        for (int r = 0; r < count; ++r) numbers[r].store_once(tile + r * call.tile.leading + c);
    }
  };
  if (rows.shares) {
    const Row shared = rows.sharing(0);
    over_columns([&](index_t c, Pack<T>(&numbers)[count]) {
#pragma unroll
      for (int r = 0; r < count; ++r)
        pull(has_own_lines<Chain> ? rows.sharing(r) : shared, r, c, numbers[r]);
    });
  } else {
    over_columns([&](index_t c, Pack<T>(&numbers)[count]) {
#pragma unroll
      for (int r = 0; r < count; ++r) pull(rows.alone(r), r, c, numbers[r]);
    });
  }

  __shared__ T room[threads_of_sweep / warp * 2 * count];
  const T sum = block_sum_of_each(sums, room);
  if (threadIdx.x < count)
    call.sums.constant[first + threadIdx.x] += sum;
  else if (threadIdx.x < 2 * count)
    call.sums.slack[first + threadIdx.x - count] += sum;
}

template <class Chain, class T>
void sweep(cudaStream_t stream, const expr::SweepCall<T>& call) {
  if (call.tile.rows == 0 || call.tile.columns == 0) return;
  // Chains without free lines are seldom traced, and need not carry code for it.
  if (!has_own_lines<Chain> && call.trace.data)
    copy_columns(stream, MatrixView<const T>(call.tile), call.trace, Write::assign);
  sweep_rows<Chain, T><<<blocks_for(call.tile.rows, rows_of_sweep),
                         threads_for<T, threads_of_sweep>(call.tile.columns), 0, stream>>>(
      call, shares_lines(call.data));
  check_launch("a sweep");
}

/// Pushes the packs at one column of rows [first, first + rows_of_sweep) through the chain.
template <class Chain, class T>
__global__ void __launch_bounds__(threads_of_sweep)
    push_rows(const __grid_constant__ expr::PushCall<T> call, bool lines_are_shared) {
  constexpr int count = rows_of_sweep;
  const index_t c = (static_cast<index_t>(blockIdx.y) * blockDim.x + threadIdx.x) * Pack<T>::width;
  if (c >= padded(call.points.columns)) return;
  const RowsOfSweep<Chain, T> rows(call.data, call.rows, lines_are_shared);
  const T* const coefficients = call.coefficients.data + rows.first * call.coefficients.leading + c;
  T* const points = call.points.data + rows.first * call.points.leading + c;
  Pack<T> numbers[count], moved[count];
#pragma unroll
  for (int r = 0; r < count; ++r) {
    numbers[r] = Pack<T>::load_once(coefficients + r * call.coefficients.leading);
    moved[r] = Pack<T>::load_once(points + r * call.points.leading);
  }
  if (rows.shares) {
#pragma unroll
    for (int r = 0; r < count; ++r)
      moved[r] = rows.sharing(r).push_forward(c, numbers[r], moved[r]);
  } else {
#pragma unroll
    for (int r = 0; r < count; ++r) moved[r] = rows.alone(r).push_forward(c, numbers[r], moved[r]);
  }
#pragma unroll
  for (int r = 0; r < count; ++r) moved[r].store(points + r * call.points.leading);
}

template <class Chain, class T>
void push(cudaStream_t stream, const expr::PushCall<T>& call) {
  if (call.points.rows == 0 || call.points.columns == 0) return;
  const int threads = threads_for<T, threads_of_sweep>(call.points.columns);
  const dim3 blocks(blocks_for(call.points.rows, rows_of_sweep),
                    blocks_for(padded(call.points.columns), threads * Pack<T>::width));
  push_rows<Chain, T><<<blocks, threads, 0, stream>>>(call, shares_lines(call.data));
  check_launch("a push");
}

}  // namespace shardbound::inline v0::cuda
