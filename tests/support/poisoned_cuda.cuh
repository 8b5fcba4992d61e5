// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The CUDA backend with memory that holds NaN until it is written, so that whatever relies on zeros, or
// reads what nobody wrote, shows in the results; and rows of convolutions go by in many parts.

#include <shardbound/cuda.cuh>

namespace shardbound_test {

class PoisonedCuda : public shardbound::Cuda {
 public:
  using Cuda::Cuda;
  static constexpr double step_cost = 1e3;  // so that rows see regions of small maps

  void* allocate(std::size_t bytes, shardbound::Category category) {
    void* const memory = Cuda::allocate(bytes, category);
    if (allocation() == shardbound::Allocation::real && bytes > 0)
      shardbound::cuda::check(
          cudaMemsetAsync(memory, 0xff, bytes, static_cast<cudaStream_t>(queue())),
          "cudaMemsetAsync");
    return memory;
  }
};

}  // namespace shardbound_test
