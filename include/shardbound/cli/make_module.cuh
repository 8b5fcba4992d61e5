// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a module of units for a GPU hands over, but for the units.

#include <shardbound/backend/cuda/copy_bytes.cuh>
#include <shardbound/backend/cuda/device.cuh>
#include <shardbound/cli/module.hpp>
#include <shardbound/comm/threads.hpp>

#include <string>

namespace shardbound::inline v0::cli {

/// Throws DeviceError where there is no GPU.
inline std::string gpu_name() { return cuda::name_of_device(cuda::current_device()); }

/// Ranks as threads of this process, dealt to its GPUs in turn.
inline void start_gpu_threads(int ranks, const RankBody& body) {
  int gpus = 0;
  cuda::check(cudaGetDeviceCount(&gpus), "cudaGetDeviceCount");
  threads::run(
      ranks,
      [&](Threads& communicator) {
        cuda::check(cudaSetDevice(communicator.rank() % gpus), "cudaSetDevice");
        body(communicator);
      },
      cuda::copy_bytes);
}

}  // namespace shardbound::inline v0::cli
