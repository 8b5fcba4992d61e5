// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One instantiation of a verifier: a network type with one scalar on one backend, behind a plain
// interface. The front end, compiled once, picks among them at run time; cli/make_unit.hpp makes them,
// each in a translation unit of its own.

#include <shardbound/bound/engine.hpp>
#include <shardbound/comm/any.hpp>
#include <shardbound/core/precision.hpp>
#include <shardbound/io/model.hpp>
#include <shardbound/io/wanted.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace shardbound::inline v0::cli {

/// Whether a rank's network holds its model's parameters, or zeros where only sizes are asked for.
enum class Parameters { zeros, loaded };

/// What a rank's network is made with.
struct Setting {
  AnyCommunicator communicator{};
  int threads = 1;       ///< on the CPU
  std::string policy{};  ///< as --policy says
  Allocation allocation = Allocation::real;
  const io::Model* model = nullptr;
  Parameters parameters = Parameters::zeros;  ///< loaded: of the model
  Precision precision = Precision::native;    ///< on a GPU
};

struct Unit {
  std::string_view scalar;  ///< "float32" or "float64"
  std::unique_ptr<Engine> (*make)(const Setting&);
  /// Of the activations that it has code for: to read files with.
  std::vector<io::OnnxOperator> (*operators)();
};

}  // namespace shardbound::inline v0::cli
