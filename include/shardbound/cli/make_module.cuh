// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a module of units for a GPU hands over, but for the units.

#include <shardbound/backend/cuda/copy_bytes.cuh>
#include <shardbound/backend/cuda/device.cuh>
#include <shardbound/cli/module.hpp>
#include <shardbound/comm/threads.hpp>

#include <algorithm>
#include <string>

namespace shardbound::inline v0::cli {

/// Throws DeviceError where there is no GPU.
inline std::string gpu_name() { return cuda::name_of_device(cuda::current_device()); }

/// Ranks as threads of this process, dealt to its first GPUs in turn, to so many or, 0, all. Throws DeviceError if those
/// do not reach each other's memory.
inline void start_gpu_threads(int ranks, int most_gpus, const RankBody& body) {
  int gpus = 0;
  cuda::check(cudaGetDeviceCount(&gpus), "cudaGetDeviceCount");
  if (most_gpus > 0) gpus = std::min(gpus, most_gpus);
  for (int reader = 0; reader < std::min(ranks, gpus); ++reader)
    for (int other = 0; other < std::min(ranks, gpus); ++other)
      if (!cuda::reaches(reader, other))
        throw DeviceError("CUDA: GPU " + std::to_string(reader) +
                          " does not reach the memory of GPU " + std::to_string(other) +
                          ". Fix: use --comm nccl, or show one GPU only (CUDA_VISIBLE_DEVICES)");
  threads::run(
      ranks,
      [&](Threads& communicator) {
        cuda::check(cudaSetDevice(communicator.rank() % gpus), "cudaSetDevice");
        body(communicator);
      },
      cuda::copy_bytes);
}

}  // namespace shardbound::inline v0::cli
