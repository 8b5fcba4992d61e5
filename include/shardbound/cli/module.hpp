// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A verifier's units for a GPU live in a shared library beside it, so that a run on the CPU never loads
// CUDA. This is what such a module hands over; cli/make_module.cuh makes it, cli/load_module.hpp loads it.

#include <shardbound/cli/unit.hpp>
#include <shardbound/core/config.hpp>

#include <functional>
#include <string>

namespace shardbound::inline v0::cli {

/// What one rank does.
using RankBody = std::function<void(AnyCommunicator)>;

/// Objects and exceptions cross the border, so both sides must come from one library and one compiler.
inline constexpr const char* module_build = "shardbound " SHARDBOUND_VERSION ", C++ " __VERSION__;

struct Module {
  const char* build;         ///< compared with module_build before anything else is read
  const Unit& (*float32)();  ///< set up when it is used
  const Unit& (*float64)();
  std::string (*device)();  ///< "NVIDIA H200"; throws DeviceError where there is none
  /// Starts that many ranks as threads, which share some GPUs - 0: all - in turn, and waits for them.
  void (*threads)(int ranks, int gpus, const RankBody& body);
  /// Collective over ranks that were started: gives each a GPU of its own and calls `body` with a
  /// communicator that NCCL serves. Null if it was built without.
  void (*connect)(AnyCommunicator control, const RankBody& body);
};

/// The one symbol that a module exports: extern "C" const Module* shardbound_module().
using ModuleEntry = const Module* (*)();
inline constexpr const char* module_entry = "shardbound_module";

}  // namespace shardbound::inline v0::cli
