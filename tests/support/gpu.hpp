// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Tests that need a GPU: `if (no_gpu()) return;` where there is none, and ctest shows them as skipped.

#include <tests/support/skip.hpp>

#include <cuda_runtime_api.h>

namespace shardbound_test {

inline bool no_gpu() {
  int count = 0;
  const bool none = cudaGetDeviceCount(&count) != cudaSuccess || count == 0;
  if (none) skip("no GPU");
  return none;
}

/// Deals the machine's GPUs to ranks that are threads: several may share one.
inline void take_gpu(int rank) {
  int count = 1;
  cudaGetDeviceCount(&count);
  cudaSetDevice(rank % count);
}

}  // namespace shardbound_test
