// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Splits, a thread to each row: what happens to one is expr/split_calls.hpp's. Rows have few, and their sums have an
// order.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/expr/split_calls.hpp>

namespace shardbound::inline v0::cuda {

inline constexpr int threads_of_splits = 64;

template <class Body>
__global__ void each_row_with_splits(index_t rows, const __grid_constant__ Body body) {
  const index_t r = thread_number();
  if (r < rows) body(r);
}

/// Calls body(row) for some rows.
template <class Body>
void for_each_row_with_splits(cudaStream_t stream, index_t rows, const Body& body) {
  if (rows == 0) return;
  each_row_with_splits<<<blocks_for(rows, threads_of_splits), threads_of_splits, 0, stream>>>(rows,
                                                                                              body);
  check_launch("work on splits");
}

template <class T>
struct TakeSplits {
  expr::SplitCall<T> call;
  __device__ void operator()(index_t r) const { expr::take_splits(call, r); }
};
template <class T>
struct ReturnSplits {
  expr::SplitCall<T> call;
  __device__ void operator()(index_t r) const { expr::return_splits(call, r); }
};
template <class Chain, class T>
struct PullSplits {
  expr::SplitChainCall<T> call;
  __device__ void operator()(index_t r) const { expr::pull_splits<Chain>(call, r); }
};
template <class Chain, class T>
struct PushSplits {
  expr::SplitChainCall<T> call;
  __device__ void operator()(index_t r) const { expr::push_splits<Chain>(call, r); }
};

}  // namespace shardbound::inline v0::cuda
