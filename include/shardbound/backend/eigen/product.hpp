// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Dense products with Eigen's blocked kernel, called directly: with our own packing space, block sizes
// that depend on the matrix alone, and never through the matrix-vector path. A row's bits are then the
// same in any tile of at least 16 rows that is a multiple of 8 high.

#include <shardbound/core/views.hpp>

#include <algorithm>
#include <cassert>
#include <cstdint>

// g++ 12 warns of uninitialised variables inside its own AVX-512 intrinsics.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Core>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace shardbound::inline v0::detail {

/// Cache blocks of a product with an out x in matrix, and the packing space they need.
template <class T>
class ProductBlocks : public Eigen::internal::level3_blocking<T, T> {
 public:
  ProductBlocks(index_t out, index_t in) {
    Eigen::Index depth = out, width = in, height = typical_rows;
    Eigen::internal::computeProductBlockingSizes<T, T, 1>(depth, width, height, Eigen::Index(1));
    this->m_kc = depth;
    this->m_mc = width;
    this->m_nc = height;
  }
  /// Room for a matrix of that many rows and columns, or of fewer.
  static index_t most(index_t out, index_t in) {
    return aligned(out * in) + aligned(std::max(out, in) * std::max(typical_rows, in));
  }
  index_t workspace() const {
    return aligned(this->m_kc * this->m_mc) + aligned(this->m_kc * this->m_nc);
  }
  /// Which is aligned to 64 bytes: the kernel reads it so where vectors are that long.
  void use(T* workspace) {
    assert(reinterpret_cast<std::uintptr_t>(workspace) % 64 == 0);
    this->m_blockA = workspace;
    this->m_blockB = workspace + aligned(this->m_kc * this->m_mc);
  }

 private:
  static constexpr index_t typical_rows = 512;
  static constexpr index_t aligned(index_t size) { return (size + 63) / 64 * 64; }
};

/// out (S, N_in) += a (S, N_out) weight (N_out, N_in)
template <class T>
void multiply_add(MatrixView<const T> a, MatrixView<const T> weight, MatrixView<T> out,
                  T* workspace) {
  ProductBlocks<T> blocks(weight.rows, weight.columns);
  blocks.use(workspace);
  // Row-major operands are column-major transposes: out^T += weight^T a^T.
  using Kernel =
      Eigen::internal::general_matrix_matrix_product<Eigen::Index, T, Eigen::ColMajor, false, T,
                                                     Eigen::ColMajor, false, Eigen::ColMajor, 1>;
  Kernel::run(weight.columns, a.rows, weight.rows, weight.data, weight.leading, a.data, a.leading,
              out.data, 1, out.leading, T(1), blocks);
}

/// out (S, N_out) := a (S, N_in) weight^T (N_out, N_in): a row's bits as above.
template <class T>
void multiply_transposed(MatrixView<const T> a, MatrixView<const T> weight, MatrixView<T> out,
                         T* workspace) {
  ProductBlocks<T> blocks(weight.columns, weight.rows);
  blocks.use(workspace);
  using Kernel =
      Eigen::internal::general_matrix_matrix_product<Eigen::Index, T, Eigen::RowMajor, false, T,
                                                     Eigen::ColMajor, false, Eigen::ColMajor, 1>;
  for (index_t r = 0; r < out.rows; ++r) std::fill_n(out.data + r * out.leading, weight.rows, T(0));
  Kernel::run(weight.rows, a.rows, weight.columns, weight.data, weight.leading, a.data, a.leading,
              out.data, 1, out.leading, T(1), blocks);
}

}  // namespace shardbound::inline v0::detail
