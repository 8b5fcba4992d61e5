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

}  // namespace shardbound_test
