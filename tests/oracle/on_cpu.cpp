// SPDX-License-Identifier: BSD-3-Clause

// Where the reference networks are computed: on the CPU, by the units of shardbound::runtime. Its twin is on_gpu.cpp.

#include <shardbound/comm/threads.hpp>
#include <tests/oracle/units.hpp>

namespace shardbound_units {
const shardbound::cli::Unit& float32();
const shardbound::cli::Unit& float64();
}  // namespace shardbound_units

namespace shardbound_test {

std::string device() { return "CPU"; }

std::string missing_device() { return ""; }

const shardbound::cli::Unit& unit_of(Scalar scalar) {
  return scalar == Scalar::float32 ? shardbound_units::float32() : shardbound_units::float64();
}

void start_ranks(int ranks, const shardbound::cli::RankBody& body) {
  shardbound::threads::run(ranks, [&](shardbound::Threads& communicator) { body(communicator); });
}

}  // namespace shardbound_test
