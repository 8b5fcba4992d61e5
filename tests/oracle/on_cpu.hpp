// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where the reference networks are computed: on the CPU. Its twin is on_gpu.cuh.

#include <shardbound/cli/module.hpp>
#include <shardbound/comm/threads.hpp>

namespace shardbound_test {

inline std::string missing_device() { return ""; }

inline void start_on_device(int ranks, const shardbound::cli::RankBody& body) {
  shardbound::threads::run(ranks, [&](shardbound::Threads& communicator) { body(communicator); });
}

}  // namespace shardbound_test
