// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The architectures that the reference data speak of, and engines over their files: on the CPU, or, in
// another executable of the same tests, on a GPU.

#include <shardbound/cli/module.hpp>
#include <shardbound/io/onnx_lower.hpp>

#include <string>
#include <vector>

namespace shardbound_test {

struct NetworkUnits {
  std::string name;
  const shardbound::cli::Unit& (*float32)();
  const shardbound::cli::Unit& (*float64)();
};

/// Empty where the reference data are absent.
const std::vector<NetworkUnits>& all_units();

/// Why none of them can be computed here; empty if they can.
std::string what_is_missing();

/// Ranks as threads, on the device that the units are for.
void start_ranks(int ranks, const shardbound::cli::RankBody& body);

enum class Scalar { float32, float64 };

/// An engine over a network file, or null if none of the architectures is the file's (or the file needs
/// an operator that is not supported). `setting` says how, but for the file.
inline std::unique_ptr<shardbound::Engine> open_engine(const std::string& onnx, Scalar scalar,
                                                       shardbound::cli::Setting setting = {}) {
  try {
    const shardbound::io::InputFile file(onnx);
    const auto model = shardbound::io::read_onnx(file);
    for (const NetworkUnits& units : all_units()) {
      const auto& unit = scalar == Scalar::float32 ? units.float32() : units.float64();
      try {
        setting.file = &file;
        setting.model = &model;
        return unit.make(setting);
      } catch (const shardbound::FormatError&) {  // another architecture
      }
    }
  } catch (const shardbound::FormatError&) {  // an operator that is not supported
  }
  return nullptr;
}

}  // namespace shardbound_test
