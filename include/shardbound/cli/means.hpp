// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a command works with besides its options - the units that were compiled, the ways to start ranks,
// the network's file - and how the settings of a rank's network follow from both.

#include <shardbound/cli/launch.hpp>
#include <shardbound/cli/options.hpp>
#include <shardbound/cli/unit.hpp>
#include <shardbound/io/model.hpp>
#include <shardbound/verify/minimax.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

using Units = std::vector<const Unit*>;

/// What a command may use besides its options.
struct Means {
  Units units;                      ///< of the device that was asked for
  std::vector<Launcher> launchers;  ///< what --comm offers besides threads
  const Module* module = nullptr;   ///< of the GPU, if that was asked for
  std::string device_name = "cpu";
  MinimaxSolver minimax = nullptr;  ///< null: no linear programs
};

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline const Unit& unit_for(const Units& units, std::string_view scalar) {
  for (const Unit* unit : units)
    if (unit->scalar == scalar) return *unit;
  throw ArgumentError("this verifier was built without " + std::string(scalar));
}

/// Of the activations that the units have code for.
inline std::vector<io::OnnxOperator> operators_of(const Means& means) {
  return means.units.front()->operators();
}

/// A network from a file or several, with its architecture.
struct OpenModel {
  io::Model model;
};

inline Setting setting_of(const Options& o, AnyCommunicator communicator, const OpenModel* open,
                          std::string_view scalar) {
  Setting setting;
  if (scalar == "float32" && o.precision == "tf32x3") setting.precision = Precision::tf32x3;
  setting.communicator = std::move(communicator);
  setting.threads = o.threads;
  setting.policy = o.policy;
  setting.model = open ? &open->model : nullptr;
  setting.parameters = open ? Parameters::loaded : Parameters::zeros;
  return setting;
}

}  // namespace shardbound::inline v0::cli
