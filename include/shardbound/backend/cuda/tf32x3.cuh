// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// float32 products on tensor cores. Every number x is cut into two of TF32, x = high + low up to
// 2^-22 |x|, and a w becomes low_a high_w + high_a low_w + high_a high_w: one product of three times the
// depth. What is left out, low_a low_w, is below 2^-22 |a w|. Tensor cores add up in float32 but truncate
// what they align, so a sum is charged tf32x3_roundoff a term, four times what float32 is charged.

#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/backend/cuda/product.cuh>

#include <algorithm>
#include <string>

namespace shardbound::inline v0::cuda {

/// What a product in tf32x3 may lose for each of its terms, relative to the sum of their magnitudes.
inline constexpr float tf32x3_roundoff = 0x1p-22f;

/// Rows that are cut at once, so that space for their parts does not depend on the tile.
inline constexpr index_t rows_in_parts = 2048;

/// The nearest TF32 number, ties away from zero; not finite numbers stay what they are.
__device__ inline float to_tf32(float x) {
  const unsigned bits = __float_as_uint(x);
  const float rounded = __uint_as_float((bits + 0x1000u) & 0xffffe000u);
  return x - x == 0.0f ? rounded : x;
}

/// How the parts of a matrix are laid out: side by side, as the rows of a product need them, or below each
/// other, as its matrix does. The small terms come first in the sum.
enum class Parts { of_rows, of_matrix };

template <Parts parts, int width>
__global__ void cut_in_parts(MatrixView<const float> from, MatrixView<float> to) {
  const index_t r = blockIdx.y;
  const index_t c = thread_number() * width;
  if (c >= from.columns) return;
  Pack<float> high, low;
#pragma unroll
  for (int i = 0; i < width; ++i) {
    const float x = r < from.rows ? from.data[r * from.leading + c + i] : 0.0f;
    high.number[i] = to_tf32(x);
    low.number[i] = x - x == 0.0f ? to_tf32(x - high.number[i]) : 0.0f;
  }
  // a = (low, high, high), w = (high; low; high)
  const index_t next = parts == Parts::of_rows ? from.columns : gridDim.y * to.leading;
  float* const place = to.data + r * to.leading + c;
  (parts == Parts::of_rows ? low : high).store(place);
  (parts == Parts::of_rows ? high : low).store(place + next);
  high.store(place + 2 * next);
}

/// The padding is cut as well: a tile's is zero, and a matrix gets rows of zeros to meet it.
template <Parts parts>
MatrixView<const float> cut(cudaStream_t stream, MatrixView<const float> from, float* space) {
  constexpr index_t threads = 128, most_rows = 65535, width = Pack<float>::width;
  const index_t rows = parts == Parts::of_rows ? from.rows : padded(from.rows);
  from.columns = padded(from.columns);
  const MatrixView<float> to =
      parts == Parts::of_rows ? MatrixView<float>{space, rows, 3 * from.columns, 3 * from.columns}
                              : MatrixView<float>{space, 3 * rows, from.columns, from.columns};
  if (rows > most_rows)
    throw DeviceError("CUDA: " + std::to_string(rows) +
                      " rows of a panel, where 65535 are the most");
  cut_in_parts<parts, width>
      <<<dim3(blocks_for(from.columns, threads * width), static_cast<unsigned>(rows)), threads, 0,
         stream>>>(from, to);
  check_launch("cutting numbers in parts");
  return to;
}

/// Numbers of space for a product with an out x in matrix.
constexpr index_t numbers_for_parts(index_t out, index_t in) {
  return 3 * padded(out) * (padded(in) + rows_in_parts);
}

// out (S, N_in) := or += a (S, N_out) weight (N_out, N_in)
inline void multiply_in_parts(cudaStream_t stream, Products& products,
                              const MatrixView<const float>& a, MatrixView<const float> weight,
                              const MatrixView<float>& out, Write write, float* space) {
  const auto w = cut<Parts::of_matrix>(stream, weight, space);
  float* const row_space = space + w.rows * w.leading;
  for (index_t r = 0; r < a.rows; r += rows_in_parts) {
    const index_t rows = std::min(rows_in_parts, a.rows - r);
    const auto x = cut<Parts::of_rows>(stream, a.row_range(r, rows), row_space);
    products.run(x, w, out.row_range(r, rows), write, Multiply::as_tf32);
  }
}

}  // namespace shardbound::inline v0::cuda
