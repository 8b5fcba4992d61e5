// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// CUDA's answers as exceptions. What a kernel does wrong may come to light at any later call; the
// sentence names the call that said so.

#include <shardbound/core/errors.hpp>

#include <cublasLt.h>
#include <cuda_runtime.h>

#include <string>

namespace shardbound::inline v0::cuda {

/// Throws DeviceError, with CUDA's words, unless `code` is success.
inline void check(cudaError_t code, const char* call) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();  // else the next launch is blamed for it
  throw DeviceError(std::string("CUDA: ") + call + " failed: " + cudaGetErrorString(code));
}
inline void check(cublasStatus_t code, const char* call) {
  if (code == CUBLAS_STATUS_SUCCESS) return;
  throw DeviceError(std::string("cuBLAS: ") + call + " failed: " + cublasLtGetStatusString(code));
}

/// After a launch: whether the kernel could be started.
inline void check_launch(const char* kernel) { check(cudaGetLastError(), kernel); }

}  // namespace shardbound::inline v0::cuda
