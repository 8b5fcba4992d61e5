// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Neighbouring numbers of a row as one value of 16 bytes, the most that a thread loads at once; and sums
// over a block's threads in a fixed tree, so that a row's bits depend on nothing but the row.

#include <shardbound/core/shape.hpp>

#include <cuda_runtime.h>

namespace shardbound::inline v0::cuda {

template <class T>
struct alignas(16) Pack {
  static constexpr int width = 16 / static_cast<int>(sizeof(T));

  T number[width];

  Pack() = default;
  __host__ __device__ constexpr Pack(T x) : number{} {
    for (int i = 0; i < width; ++i) number[i] = x;
  }

  __host__ __device__ static Pack load(const T* from) {
    return *reinterpret_cast<const Pack*>(from);
  }
  /// Numbers that go by once: they need not push others out of the cache.
  __device__ static Pack load_once(const T* from) {
    Pack pack;
    if constexpr (sizeof(T) == 4) {
      const float4 four = __ldcs(reinterpret_cast<const float4*>(from));
      pack.number[0] = four.x, pack.number[1] = four.y;
      pack.number[2] = four.z, pack.number[3] = four.w;
    } else {
      const double2 two = __ldcs(reinterpret_cast<const double2*>(from));
      pack.number[0] = two.x, pack.number[1] = two.y;
    }
    return pack;
  }
  __device__ void store(T* to) const { *reinterpret_cast<Pack*>(to) = *this; }
  __device__ void store_once(T* to) const {
    if constexpr (sizeof(T) == 4)
      __stcs(reinterpret_cast<float4*>(to),
             make_float4(number[0], number[1], number[2], number[3]));
    else
      __stcs(reinterpret_cast<double2*>(to), make_double2(number[0], number[1]));
  }

  /// Pack by pack, f of each number.
  template <class F>
  __host__ __device__ static Pack of(const F& f) {
    Pack made;
#pragma unroll
    for (int i = 0; i < width; ++i) made.number[i] = f(i);
    return made;
  }
  template <class F>
  __host__ __device__ static Pack each(const F& f) {
    return of([&](int i) { return f(static_cast<index_t>(i)); });
  }
  __host__ __device__ constexpr T operator[](index_t lane) const { return number[lane]; }
  __device__ T total() const {
    if constexpr (width == 4)
      return (number[0] + number[1]) + (number[2] + number[3]);
    else
      return number[0] + number[1];
  }
  __device__ T largest() const {
    T most = number[0];
    for (int i = 1; i < width; ++i) most = number[i] > most ? number[i] : most;
    return most;
  }

  __host__ __device__ friend Pack operator+(const Pack& x, const Pack& y) {
    return of([&](int i) { return x.number[i] + y.number[i]; });
  }
  __host__ __device__ friend Pack operator-(const Pack& x, const Pack& y) {
    return of([&](int i) { return x.number[i] - y.number[i]; });
  }
  __host__ __device__ friend Pack operator*(const Pack& x, const Pack& y) {
    return of([&](int i) { return x.number[i] * y.number[i]; });
  }
  __host__ __device__ Pack& operator+=(const Pack& y) { return *this = *this + y; }
  __host__ __device__ Pack& operator*=(const Pack& y) { return *this = *this * y; }

  /// Number by number, `rising` where x >= 0 and `falling` elsewhere.
  __host__ __device__ friend Pack by_sign(const Pack& x, const Pack& rising, const Pack& falling) {
    return of([&](int i) { return x.number[i] >= T(0) ? rising.number[i] : falling.number[i]; });
  }
  __host__ __device__ friend Pack magnitude(const Pack& x) {
    return of([&](int i) { return x.number[i] < T(0) ? -x.number[i] : x.number[i]; });
  }
  /// x where x > y, else y.
  __host__ __device__ friend Pack larger(const Pack& x, const Pack& y) {
    return of([&](int i) { return x.number[i] > y.number[i] ? x.number[i] : y.number[i]; });
  }
};

inline constexpr int warp = 32;
inline constexpr int most_threads = 256;  // of a block that works on rows

/// Threads of a block that works on rows of `columns` numbers: of a row's own shape, never of its tile's.
template <class T, int most = most_threads>
constexpr int threads_for(index_t columns) {
  const index_t packs = padded(columns) / Pack<T>::width;
  const index_t threads = (packs + warp - 1) / warp * warp;
  return static_cast<int>(threads < warp ? warp : threads > most ? most : threads);
}

/// The sum over a warp, on every lane.
template <class T>
__device__ T warp_sum(T x) {
#pragma unroll
  for (int step = warp / 2; step > 0; step /= 2) x += __shfl_xor_sync(~0u, x, step);
  return x;
}

/// Sums `count` numbers a thread over the warp, 4 to 32 of them, a power of two. Lanes halve what they
/// hold while they add what they were sent: lane l ends with the sum of the number l / (32 / count).
template <int count, class T>
__device__ T warp_sum_of_each(T (&numbers)[count]) {
  const int lane = static_cast<int>(threadIdx.x) % warp;
  int reach = warp / 2;
#pragma unroll
  for (int half = count / 2; half > 0; half /= 2, reach /= 2) {
    const bool upper = lane & reach;
#pragma unroll
    for (int i = 0; i < half; ++i) {
      const T sent = upper ? numbers[i] : numbers[half + i];
      const T kept = upper ? numbers[half + i] : numbers[i];
      numbers[i] = kept + __shfl_xor_sync(~0u, sent, reach);
    }
  }
  T sum = numbers[0];
  for (; reach > 0; reach /= 2) sum += __shfl_xor_sync(~0u, sum, reach);
  return sum;
}
/// The same over the block: thread t < count returns the sum of the number t. `shared` has room for
/// (most_threads / warp, count); all threads must come, once.
template <int count, class T>
__device__ T block_sum_of_each(T (&numbers)[count], T* shared) {
  const T mine = warp_sum_of_each(numbers);
  constexpr int lanes_each = warp / count;
  const int warps = static_cast<int>(blockDim.x) / warp, me = static_cast<int>(threadIdx.x) / warp;
  const int lane = static_cast<int>(threadIdx.x) % warp;
  if (lane % lanes_each == 0) shared[me * count + lane / lanes_each] = mine;
  __syncthreads();
  T sum = 0;
  if (threadIdx.x < count)
    for (int other = 0; other < warps; ++other) sum += shared[other * count + threadIdx.x];
  return sum;
}

/// Sums `count` numbers a thread over the block, in place, on its first thread; all threads must come.
/// `shared` has room for (most_threads / warp, count).
template <int count, class T>
__device__ void block_sums(T (&sums)[count], T* shared) {
#pragma unroll
  for (int i = 0; i < count; ++i) sums[i] = warp_sum(sums[i]);
  const int warps = static_cast<int>(blockDim.x) / warp, me = static_cast<int>(threadIdx.x) / warp;
  if (warps == 1) return;
  if (threadIdx.x % warp == 0)
#pragma unroll
    for (int i = 0; i < count; ++i) shared[me * count + i] = sums[i];
  __syncthreads();
  if (threadIdx.x == 0)
#pragma unroll
    for (int i = 0; i < count; ++i) {
      T sum = shared[i];
      for (int other = 1; other < warps; ++other) sum += shared[other * count + i];
      sums[i] = sum;
    }
  __syncthreads();  // the room may be used again
}

/// Threads that share a row: a warp, or a block with shared room for most_threads / warp numbers. Sums
/// and maxima arrive on every thread; in a maximum NaN counts as less than anything.
struct WarpTeam {
  __device__ static int rank() { return static_cast<int>(threadIdx.x) % warp; }
  __device__ static int size() { return warp; }
  template <class T>
  __device__ T sum(T x) const {
    return warp_sum(x);
  }
  template <class T>
  __device__ T largest(T x) const {
#pragma unroll
    for (int step = warp / 2; step > 0; step /= 2) {
      const T other = __shfl_xor_sync(~0u, x, step);
      x = other > x ? other : x;
    }
    return x;
  }
};

template <class T>
struct BlockTeam {
  T* room;

  __device__ static int rank() { return static_cast<int>(threadIdx.x); }
  __device__ static int size() { return static_cast<int>(blockDim.x); }
  __device__ T sum(T x) const {
    T sums[1] = {x};
    block_sums(sums, room);
    if (rank() == 0) room[0] = sums[0];
    __syncthreads();
    x = room[0];
    __syncthreads();
    return x;
  }
  __device__ T largest(T x) const {
    x = WarpTeam{}.largest(x);
    if (rank() % warp == 0) room[rank() / warp] = x;
    __syncthreads();
    x = room[0];
    for (int other = 1; other < size() / warp; ++other) x = room[other] > x ? room[other] : x;
    __syncthreads();
    return x;
  }
};

/// Calls body(column) for the packs of a row that are this thread's.
template <class T, class Team, class Body>
__device__ void for_each_pack(const Team& team, index_t columns, const Body& body) {
  for (index_t c = static_cast<index_t>(team.rank()) * Pack<T>::width; c < columns;
       c += static_cast<index_t>(team.size()) * Pack<T>::width)
    body(c);
}
template <class T, class Body>
__device__ void for_each_pack(index_t columns, const Body& body) {
  for_each_pack<T>(BlockTeam<T>{nullptr}, columns, body);
}

/// Blocks of `threads` that cover `count` things.
constexpr unsigned blocks_for(index_t count, index_t threads) {
  return static_cast<unsigned>((count + threads - 1) / threads);
}
/// This thread among all, for kernels with a thread for each thing.
__device__ inline index_t thread_number() {
  return static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

}  // namespace shardbound::inline v0::cuda
