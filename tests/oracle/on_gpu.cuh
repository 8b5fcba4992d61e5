// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where the reference networks are computed: on a GPU. Its twin is on_cpu.hpp.

#include <shardbound/cli/make_module.cuh>

namespace shardbound_test {

inline std::string missing_device() {
  try {
    shardbound::cli::gpu_name();
  } catch (const shardbound::DeviceError& error) {
    return error.what();
  }
  return "";
}

inline void start_on_device(int ranks, const shardbound::cli::RankBody& body) {
  shardbound::cli::start_gpu_threads(ranks, body);
}

}  // namespace shardbound_test
