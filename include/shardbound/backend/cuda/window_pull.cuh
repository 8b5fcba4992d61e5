// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows pulled down through windows without laying them out: a product whose M are the positions below of all rows,
// whose K are the taps and, within each, the channels above, and whose N are the channels below. Both tiles hold
// channel after channel, so that positions are neighbours in memory as they are here, and nothing is turned.
//
// With a stride, a position is seen by those taps alone whose parity it has: positions are dealt by parity, and
// the taps that miss them all are left out. The sum of a number runs over taps and channels in their order, whatever
// else is in the call, so that its bits are its own.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/expr/calls.hpp>

#include <type_traits>

namespace shardbound::inline v0::cuda {

/// Whether that is faster than products of laid out windows. Those of doubles run on tensor cores, which many
/// channels keep busy and few do not; a group's are few, and would be a product each.
template <class T>
bool pulls_at_once(const Geometry& g) {
  return std::is_same_v<T, float> || g.groups > 1 || (g.in_group() > 4 && g.in_group() <= 64);
}

/// A tile of M x N numbers, of which each thread has TM x TN, and the K of them that are in shared memory at a time.
template <int M_, int N_, int TM_, int TN_, int K_ = 8>
struct PullTile {
  static constexpr int M = M_, N = N_, K = K_, TM = TM_, TN = TN_;
  static constexpr int across = M / TM, threads = across * (N / TN);
  static_assert(M * K % threads == 0 && threads % M == 0);
};

/// Blocks of a tile that keep a GPU of a hundred multiprocessors and more busy.
inline constexpr int enough_blocks = 256;

/// The positions below along one axis that have one remainder by the stride.
struct Parity {
  int first, stride, count;

  __device__ Parity(const WindowAxis& axis, const Block& below, int remainder)
      : first(remainder),
        stride(static_cast<int>(axis.stride)),
        count((static_cast<int>(below.count) - remainder + stride - 1) / stride) {}
  /// Times the spread and with the zeros before: what the tap 0 would see at the stride 1.
  __device__ int reach(const WindowAxis& axis, const Block& below, int i) const {
    return (static_cast<int>(below.first) + first + i * stride) * static_cast<int>(axis.spread) +
           static_cast<int>(axis.before);
  }
};

template <class Tile, class T>
__global__ void __launch_bounds__(Tile::threads)
    pull_windows(const __grid_constant__ expr::WindowCall<T> call,
                 const __grid_constant__ Write write) {
  constexpr int M = Tile::M, N = Tile::N, K = Tile::K, TM = Tile::TM, TN = Tile::TN;
  constexpr int threads = Tile::threads, across = Tile::across;
  constexpr int m_loads = M * K / threads, n_loads = (N * K + threads - 1) / threads;
  __shared__ __align__(16) T of_rows[2][K][M];
  __shared__ __align__(16) T of_matrix[2][K][N];

  const Geometry& g = call.geometry;
  const int each = static_cast<int>(g.in_group()), above_each = static_cast<int>(g.out_group());
  const int sides = (each + N - 1) / N;
  const unsigned all_sides = static_cast<unsigned>(g.groups) * sides;
  const int group = static_cast<int>(blockIdx.x % all_sides) / sides;
  const int first_n = static_cast<int>(blockIdx.x % all_sides) % sides * N;
  const int stride_x = static_cast<int>(g.columns.stride);
  const Parity ys(g.rows, call.below.rows, static_cast<int>(blockIdx.y) / stride_x);
  const Parity xs(g.columns, call.below.columns, static_cast<int>(blockIdx.y) % stride_x);
  if (ys.count <= 0 || xs.count <= 0) return;
  const int positions = ys.count * xs.count;
  const index_t all = call.from.rows * positions;
  const index_t first_m = static_cast<index_t>(blockIdx.x / all_sides) * M;
  if (first_m >= all) return;

  // The channels above that the call has of this group, counted from its first.
  const int first_above = max(group * above_each, static_cast<int>(call.channels.first)) -
                          static_cast<int>(call.channels.first);
  const int end_above = min((group + 1) * above_each, static_cast<int>(call.channels.end())) -
                        static_cast<int>(call.channels.first);
  if (first_above >= end_above) return;

  // Where this thread reads its part of the rows.
  const int tid = static_cast<int>(threadIdx.x);
  const int my_m = tid % M, my_k = tid / M;
  const index_t m = first_m + my_m;
  const bool in_range = m < all;
  const int p = static_cast<int>(m % positions);
  const int reach_y = ys.reach(g.rows, call.below.rows, p / xs.count);
  const int reach_x = xs.reach(g.columns, call.below.columns, p % xs.count);
  const T* const row = call.from.data + (in_range ? m / positions * call.from.leading : 0);
  const int plane = static_cast<int>(call.above.positions());

  const int taps_x = static_cast<int>(g.columns.taps), taps = static_cast<int>(g.taps());
  int tap = -1, channel = end_above;  // what is read next
  const T* source = nullptr;          // this thread's position of it, or none
  const auto next_tap = [&] {
    for (++tap; tap < taps; ++tap) {
      const int dy = tap / taps_x * static_cast<int>(g.rows.dilation);
      const int dx = tap % taps_x * static_cast<int>(g.columns.dilation);
      const int at_y = reach_y - dy, at_x = reach_x - dx;
      // All positions of a block have the same remainders.
      if ((at_y % ys.stride) != 0 || (at_x % xs.stride) != 0) continue;
      const int y = at_y / ys.stride - static_cast<int>(call.above.rows.first);
      const int x = at_x / xs.stride - static_cast<int>(call.above.columns.first);
      const bool inside = in_range && at_y >= 0 && at_x >= 0 && y >= 0 && x >= 0 &&
                          y < static_cast<int>(call.above.rows.count) &&
                          x < static_cast<int>(call.above.columns.count);
      source = inside ? row + y * static_cast<int>(call.above.columns.count) + x : nullptr;
      channel = first_above;
      return;
    }
  };
  T next_rows[m_loads], next_matrix[n_loads];
  const auto fetch = [&] {  // K channels of a tap, or as many as are left
#pragma unroll
    for (int i = 0; i < m_loads; ++i) {
      const int k = channel + my_k + i * (threads / M);
      next_rows[i] = source && k < end_above ? source[static_cast<index_t>(k) * plane] : T(0);
    }
#pragma unroll
    for (int i = 0; i < n_loads; ++i) {
      const int at = tid + i * threads, k = channel + at / N, n = first_n + at % N;
      next_matrix[i] = at < N * K && k < end_above && n < each
                           ? call.weight.data[k * call.weight.leading + tap * each + n]
                           : T(0);
    }
    channel += K;
  };
  const auto put = [&](int to) {
#pragma unroll
    for (int i = 0; i < m_loads; ++i) of_rows[to][my_k + i * (threads / M)][my_m] = next_rows[i];
#pragma unroll
    for (int i = 0; i < n_loads; ++i)
      if (const int at = tid + i * threads; at < N * K)
        of_matrix[to][at / N][at % N] = next_matrix[i];
  };
  const auto more = [&] {
    if (channel >= end_above) next_tap();
    return tap < taps;
  };

  // A thread's numbers stand in pieces of `piece` neighbours, so that neighbouring threads read neighbouring pieces.
  constexpr int m_piece = TM < 4 ? TM : 4, n_piece = TN < 4 ? TN : 4;
  const int tm = tid % across, tn = tid / across;
  T sums[TM][TN] = {};
  int now = 0;
  bool left = more();
  if (left) fetch(), put(0);
  __syncthreads();
  while (left) {
    left = more();
    if (left) fetch();
#pragma unroll
    for (int k = 0; k < K; ++k) {
      T a[TM], b[TN];
#pragma unroll
      for (int i = 0; i < TM; ++i)
        a[i] = of_rows[now][k][i / m_piece * (across * m_piece) + tm * m_piece + i % m_piece];
#pragma unroll
      for (int j = 0; j < TN; ++j)
        b[j] = of_matrix[now][k][j / n_piece * (N / TN * n_piece) + tn * n_piece + j % n_piece];
#pragma unroll
      for (int i = 0; i < TM; ++i)
#pragma unroll
        for (int j = 0; j < TN; ++j) sums[i][j] += a[i] * b[j];
    }
    if (left) put(1 - now);
    __syncthreads();
    now = 1 - now;
  }

  const index_t below = call.below.positions();
#pragma unroll
  for (int i = 0; i < TM; ++i) {
    const index_t to = first_m + i / m_piece * (across * m_piece) + tm * m_piece + i % m_piece;
    if (to >= all) continue;
    const int at = static_cast<int>(to % positions);
    const int y = ys.first + at / xs.count * ys.stride, x = xs.first + at % xs.count * xs.stride;
    T* const out = call.to.data + to / positions * call.to.leading + y * call.below.columns.count +
                   x + group * each * below;
#pragma unroll
    for (int j = 0; j < TN; ++j) {
      const int n = first_n + j / n_piece * (N / TN * n_piece) + tn * n_piece + j % n_piece;
      if (n >= each) continue;
      out[n * below] = write == Write::add ? out[n * below] + sums[i][j] : sums[i][j];
    }
  }
}

/// A_in := or += A_out W at every position of a map, of the groups that the call has channels of.
template <class T>
void pull_windows(cudaStream_t stream, const expr::WindowCall<T>& call, Write write) {
  const Geometry& g = call.geometry;
  const index_t each = g.in_group();
  const auto of = [](index_t count, index_t by) { return (count + by - 1) / by; };
  const index_t parities = g.rows.stride * g.columns.stride;
  const index_t most = call.from.rows * of(call.below.rows.count, g.rows.stride) *
                       of(call.below.columns.count, g.columns.stride);
  // Launches if that leaves no multiprocessor without work, or if it must.
  const auto launch = [&](auto tile, bool must) {
    using Tile = decltype(tile);
    const index_t blocks = of(most, Tile::M) * g.groups * of(each, Tile::N);
    if (!must && blocks * parities < index_t{enough_blocks}) return false;
    const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(parities));
    pull_windows<Tile><<<grid, Tile::threads, 0, stream>>>(call, write);
    check_launch("windows");
    return true;
  };
  // Which tile it is never shows in a number: each is summed up in the same order.
  if (each > 64)
    launch(PullTile<128, 128, 8, 8>{}, false) || launch(PullTile<128, 64, 8, 8>{}, false) ||
        launch(PullTile<64, 32, 4, 4>{}, true);
  else if (each > 32)
    launch(PullTile<128, 64, 8, 8>{}, false) || launch(PullTile<64, 32, 4, 4>{}, true);
  else if (each > 16)
    launch(PullTile<128, 32, 8, 4>{}, false) || launch(PullTile<64, 32, 4, 4>{}, true);
  else if (each > 4)
    launch(PullTile<128, 16, 4, 4>{}, true);
  else
    launch(PullTile<128, 4, 4, 1>{}, true);
}

}  // namespace shardbound::inline v0::cuda
