// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Dense products with cuBLASLt. Which of its kernels multiplies by a matrix is decided once, for the
// matrix's shape and a height of our own choosing, and kept for tiles of any height: cuBLAS would choose
// another kernel, and round a row differently, as soon as the tile had other rows beside it. Kernels
// that split a sum and add it up afterwards are left out.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/core/views.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>

namespace shardbound::inline v0::cuda {

/// How the numbers of a product are multiplied: as what they are, or - float32 that holds TF32 numbers -
/// on tensor cores.
enum class Multiply { as_is, as_tf32 };

/// Which way rows go through a matrix: down, by what is above it, or up, by its transpose.
enum class Way { down, up };

/// What a tile's rows are: rows of a wave, or - many more - their positions on a map.
enum class Lines { rows, positions };

class Products {
 public:
  /// What kernels may use of their own. The fastest ones describe their operands there.
  static constexpr std::size_t workspace_bytes = std::size_t{4} << 20;

  Products(cudaStream_t stream, void* workspace) : stream_(stream), workspace_(workspace) {
    check(cublasLtCreate(&handle_), "cublasLtCreate");
  }
  ~Products() { cublasLtDestroy(handle_); }
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;

  // out (S, N_in) := or += a (S, N_out) weight (N_out, N_in)
  template <class T>
  void run(const MatrixView<const T>& a, const MatrixView<const T>& weight,
           const MatrixView<T>& out, Write write, Multiply how = Multiply::as_is,
           Lines lines = Lines::rows) {
    multiply(Way::down, a, weight, out, write, how, lines);
  }
  // out (S, N_out) := points (S, N_in) weight^T (N_in, N_out)
  template <class T>
  void run_up(const MatrixView<const T>& points, const MatrixView<const T>& weight,
              const MatrixView<T>& out, Lines lines = Lines::rows) {
    multiply(Way::up, points, weight, out, Write::assign, Multiply::as_is, lines);
  }

 private:
  /// All that a choice of kernel may depend on.
  struct Key {
    index_t out, in, weight_leading, row_leading, out_leading;
    std::size_t number_bytes;
    Multiply how;
    Way way;
    Lines lines;
    auto operator<=>(const Key&) const = default;
  };

  template <class T>
  void multiply(Way way, const MatrixView<const T>& a, const MatrixView<const T>& weight,
                const MatrixView<T>& out, Write write, Multiply how, Lines lines) {
    const Key key{
        weight.rows, weight.columns, weight.leading, a.leading, out.leading, sizeof(T), how,
        way,         lines};
    auto found = kernels_.find(key);
    if (found == kernels_.end()) found = kernels_.emplace(key, choose(key)).first;
    Shapes shapes(key, a.rows);
    const T one = 1, factor = write == Write::add ? T(1) : T(0);
    // Row-major operands are column-major transposes: out^T := weight^T a^T, or weight points^T.
    check(cublasLtMatmul(handle_, shapes.operation, &one, weight.data, &shapes.weight, a.data,
                         &shapes.rows, &factor, out.data, &shapes.out, out.data, &shapes.out,
                         &found->second, workspace_, workspace_bytes, stream_),
          "cublasLtMatmul");
  }

  /// cuBLASLt's names for a product with a tile of `height` rows.
  struct Shapes {
    Shapes(const Key& key, index_t height) {
      const bool wide = key.number_bytes == sizeof(double);
      const auto type = wide ? CUDA_R_64F : CUDA_R_32F;
      const auto compute = wide                           ? CUBLAS_COMPUTE_64F
                           : key.how == Multiply::as_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                          : CUBLAS_COMPUTE_32F_PEDANTIC;
      check(cublasLtMatmulDescInit(operation_, compute, type), "cublasLtMatmulDescInit");
      const bool up = key.way == Way::up;
      const cublasOperation_t turned = up ? CUBLAS_OP_T : CUBLAS_OP_N;
      check(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSA, &turned,
                                           sizeof turned),
            "cublasLtMatmulDescSetAttribute");
      const auto layout = [&](cublasLtMatrixLayoutOpaque_t& made, index_t rows, index_t columns,
                              index_t leading) {
        check(cublasLtMatrixLayoutInit(&made, type, static_cast<std::uint64_t>(rows),
                                       static_cast<std::uint64_t>(columns), leading),
              "cublasLtMatrixLayoutInit");
      };
      layout(weight, key.in, key.out, key.weight_leading);
      layout(rows, up ? key.in : key.out, height, key.row_leading);
      layout(out, up ? key.out : key.in, height, key.out_leading);
    }
    cublasLtMatmulDescOpaque_t operation_[1];
    cublasLtMatmulDesc_t operation = operation_;
    cublasLtMatrixLayoutOpaque_t weight, rows, out;
  };

  // The height that kernels are chosen for: both sides of as many neurons as the matrix has rows, up to
  // what a wave may be. A tile of few rows pays for it with idle threads.
  static index_t typical_height(const Key& key) {
    if (key.lines == Lines::positions) return index_t{1} << 14;
    const bool large = key.how == Multiply::as_tf32 && key.in >= 2048;
    return std::clamp(2 * key.out, index_t{256}, index_t{large ? 4096 : 1024});
  }
  // Tiles begin at groups of eight columns.
  static constexpr std::uint32_t alignment = 16;

  cublasLtMatmulAlgo_t choose(const Key& key) const {
    Shapes shapes(key, typical_height(key));
    cublasLtMatmulPreferenceOpaque_t preference;
    check(cublasLtMatmulPreferenceInit(&preference), "cublasLtMatmulPreferenceInit");
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t what, auto value) {
      check(cublasLtMatmulPreferenceSetAttribute(&preference, what, &value, sizeof value),
            "cublasLtMatmulPreferenceSetAttribute");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{workspace_bytes});
    prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
           static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE));
    for (const auto operand :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      prefer(operand, alignment);
    cublasLtMatmulHeuristicResult_t best{};
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(handle_, shapes.operation, &shapes.weight, &shapes.rows,
                                         &shapes.out, &shapes.out, &preference, 1, &best, &count),
          "cublasLtMatmulAlgoGetHeuristic");
    if (count == 0)
      throw DeviceError("cuBLAS: no kernel multiplies by a " + std::to_string(key.out) + " x " +
                        std::to_string(key.in) + " matrix of " + std::to_string(key.number_bytes) +
                        "-byte numbers");
    return best.algo;
  }

  cudaStream_t stream_;
  void* workspace_;
  cublasLtHandle_t handle_ = nullptr;
  std::map<Key, cublasLtMatmulAlgo_t> kernels_;
};

}  // namespace shardbound::inline v0::cuda
