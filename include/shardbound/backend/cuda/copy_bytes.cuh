// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How ranks that are threads of one process reach each other's memory on GPUs, shared or not.

#include <shardbound/backend/cuda/check.cuh>

#include <cstddef>

namespace shardbound::inline v0::cuda {

/// For threads::run. Buffers may lie on the host or on any GPU of the process; the bytes are there when
/// it returns. Throws DeviceError.
inline void copy_bytes(const void* from, void* to, std::size_t bytes) {
  if (bytes == 0 || from == to) return;
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, cudaStreamPerThread),
        "cudaMemcpyAsync");
  check(cudaStreamSynchronize(cudaStreamPerThread), "cudaStreamSynchronize");
}

}  // namespace shardbound::inline v0::cuda
