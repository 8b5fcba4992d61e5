// SPDX-License-Identifier: BSD-3-Clause

// Where the reference networks are computed: on a GPU, by the units in the module of `shardbound`. Its twin is
// on_cpu.cpp.

#include <shardbound/cli/load_module.hpp>
#include <tests/oracle/units.hpp>

namespace shardbound_test {

namespace {
const shardbound::cli::Module& module() { return shardbound::cli::load_module(SHARDBOUND_MODULE); }
}  // namespace

std::string device() { return "GPU"; }

std::string missing_device() {
  try {
    module().device();
  } catch (const shardbound::DeviceError& error) {
    return error.what();
  }
  return "";
}

const shardbound::cli::Unit& unit_of(Scalar scalar) {
  return scalar == Scalar::float32 ? module().float32() : module().float64();
}

void start_ranks(int ranks, const shardbound::cli::RankBody& body) {
  module().threads(ranks, 0, body);
}

}  // namespace shardbound_test
