// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks from files without compiling an engine: the code for every network that the library's layers cover is in
// a library to link, shardbound::runtime. What is declared here comes from there; everything else is headers.
//
//   const auto property = sb::vnnlib::read("prop.vnnlib");
//   const auto network = sb::runtime::open("network.onnx");
//   const auto verdict = sb::verify(*network, property);

#include <shardbound/bound/engine.hpp>
#include <shardbound/comm/any.hpp>
#include <shardbound/io/model.hpp>
#include <shardbound/io/vnnlib.hpp>
#include <shardbound/verify/verify.hpp>

#include <memory>
#include <string>

namespace shardbound::inline v0::runtime {

enum class Scalar { float32, float64 };

/// How a network is opened.
struct OpenOptions {
  Scalar scalar = Scalar::float64;  ///< what bounds are computed in
  std::string policy =
      "replicated";  ///< as --policy takes it: "fully-sharded,fc1=row-sharded", say
  AnyCommunicator communicator{};
  int threads = 1;  ///< of this rank
};

/// The network of a file on this rank of a communicator, which makes the same call on every rank. Throws FormatError,
/// one sentence that names file and node, and ArgumentError on policies that mean nothing.
std::unique_ptr<Engine> open(const std::string& path, const OpenOptions& options = {});

/// The same of a model that was read, and perhaps changed.
std::unique_ptr<Engine> open(const io::Model& model, const OpenOptions& options = {});

/// Bounds of every output over one input set: prepare and run in one call.
OutputBounds<double> bounds(Engine& network, const InputSet& set, const Method& method = {});

}  // namespace shardbound::inline v0::runtime
