// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A fused sweep on the GPU: one kernel, instantiated from the chain's type. A block works on a few rows
// at a time, each thread on the same columns of all of them: lines are read once for the rows that share
// a domain, and coefficients, 16 bytes at a time, once from memory and once back.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/expr/calls.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace shardbound::inline v0::cuda {

// Found by trying on an H200: rows that share a thread's lines, threads, and blocks on a multiprocessor.
inline constexpr int rows_of_sweep = 4;  // divides row_group
inline constexpr int threads_of_sweep = 128, blocks_of_sweep = 4;

/// Pulls the packs at column `c` of rows [first, first + rows_of_sweep) through the chain.
template <class... Operations>
struct Sweeper {
  static constexpr bool writes = !(expr::keeps_coefficients<Operations> && ...);

  /// Whether rows over one domain read the same lines.
  template <class T, std::size_t... I>
  static bool shares_lines(const expr::SweepCall<T>& call, std::index_sequence<I...>) {
    return (... && (call.data[I].lines.per != expr::LinesPer::row));
  }

  template <class T, std::size_t... I>
  __device__ static void rows(const expr::SweepCall<T>& call, bool shares,
                              std::index_sequence<I...>) {
    constexpr int count = rows_of_sweep;
    const index_t first = static_cast<index_t>(blockIdx.x) * count;
    const index_t width = padded(call.tile.columns);
    T* const tile = call.tile.data + first * call.tile.leading;
    index_t domain[count];
#pragma unroll
    for (int r = 0; r < count; ++r) domain[r] = call.rows.domain[first + r];
#pragma unroll
    for (int r = 1; r < count; ++r) shares = shares && domain[r] == domain[0];

    T sums[2 * count] = {};  // constants, then slacks
    const auto pull = [&](const expr::RowData<T>(&data)[sizeof...(I)], int r, index_t c,
                          Pack<T>& number) {
      expr::Coefficient<Pack<T>> a{number, Pack<T>(T(0)), Pack<T>(T(0))};
      (Operations::pull_back(data[I], c, a), ...);
      number = a.value;
      sums[r] += a.constant.total();
      sums[count + r] += a.slack.total();
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
        pull_rows(c, numbers);
        if constexpr (writes)
#pragma unroll
          for (int r = 0; r < count; ++r) numbers[r].store_once(tile + r * call.tile.leading + c);
      }
    };
    const auto data_of = [&](int r, expr::RowData<T>(&data)[sizeof...(I)]) {
      ((data[I] = Operations::row(call.data[I], first + r, domain[r])), ...);
    };
    if (shares) {
      expr::RowData<T> data[sizeof...(I)];
      data_of(0, data);
      over_columns([&](index_t c, Pack<T>(&numbers)[count]) {
#pragma unroll
        for (int r = 0; r < count; ++r) pull(data, r, c, numbers[r]);
      });
    } else {
      over_columns([&](index_t c, Pack<T>(&numbers)[count]) {
#pragma unroll
        for (int r = 0; r < count; ++r) {
          expr::RowData<T> data[sizeof...(I)];
          data_of(r, data);
          pull(data, r, c, numbers[r]);
        }
      });
    }

    __shared__ T room[threads_of_sweep / warp * 2 * count];
    const T sum = block_sum_of_each(sums, room);
    if (threadIdx.x < count)
      call.sums.constant[first + threadIdx.x] += sum;
    else if (threadIdx.x < 2 * count)
      call.sums.slack[first + threadIdx.x - count] += sum;
  }
};

template <class Work, class T, std::size_t... I>
__global__ void __launch_bounds__(threads_of_sweep, blocks_of_sweep)
    sweep_kernel(const __grid_constant__ expr::SweepCall<T> call, bool shares,
                 std::index_sequence<I...> all) {
  Work::rows(call, shares, all);
}

template <class T, class... Operations>
void sweep(cudaStream_t stream, expr::Chain<Operations...>, const expr::SweepCall<T>& call) {
  using Work = Sweeper<Operations...>;
  constexpr std::index_sequence_for<Operations...> all{};
  if (call.tile.rows == 0 || call.tile.columns == 0) return;
  sweep_kernel<Work><<<blocks_for(call.tile.rows, rows_of_sweep),
                       threads_for<T, threads_of_sweep>(call.tile.columns), 0, stream>>>(
      call, Work::shares_lines(call, all), all);
  check_launch("a sweep");
}

}  // namespace shardbound::inline v0::cuda
