// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Engines over the networks that the reference data speak of, opened from their files: on the CPU, or, in another
// executable of the same tests, on a GPU.

#include <shardbound/cli/module.hpp>
#include <shardbound/io/onnx_lower.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace shardbound_test {

/// "CPU" or "GPU".
std::string device();

/// Why nothing can be computed on it; empty if it can.
std::string missing_device();

/// Why nothing can be compared here; empty if it can.
inline std::string what_is_missing() {
  if (!std::filesystem::exists(SHARDBOUND_SHARED_DIR "/oracles"))
    return "no reference data beside this tree";
  return missing_device();
}

enum class Scalar { float32, float64 };

/// What opens networks of any architecture.
const shardbound::cli::Unit& unit_of(Scalar scalar);

/// Ranks as threads, on the device that the units are for.
void start_ranks(int ranks, const shardbound::cli::RankBody& body);

/// An engine over a network file, or null if the file needs an operator that is not supported. `setting` says how,
/// but for the file.
inline std::unique_ptr<shardbound::Engine> open_engine(const std::string& onnx,
                                                       const shardbound::cli::Unit& unit,
                                                       shardbound::cli::Setting setting = {}) {
  if (setting.policy.empty()) setting.policy = "replicated";
  try {
    const auto model = shardbound::io::read_onnx(onnx);
    setting.model = &model;
    setting.parameters = shardbound::cli::Parameters::loaded;
    return unit.make(setting);
  } catch (const shardbound::FormatError&) {
    return nullptr;
  }
}
inline std::unique_ptr<shardbound::Engine> open_engine(const std::string& onnx, Scalar scalar,
                                                       shardbound::cli::Setting setting = {}) {
  return open_engine(onnx, unit_of(scalar), std::move(setting));
}

}  // namespace shardbound_test
