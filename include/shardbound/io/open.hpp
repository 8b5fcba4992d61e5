// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// onnx::open: a network from a file, without a type. Its plan is made of the file's layers at run time; bounds are
// those of the type that a person would have written, bit by bit.

#include <shardbound/io/model_plan.hpp>
#include <shardbound/io/onnx_lower.hpp>

#include <memory>
#include <string>
#include <utility>

namespace shardbound::inline v0::onnx {

/// A network from a file. What is said of Network holds; it stays where it was made.
template <class T = double, class Backend = EigenBackend, class List = KnownFunctions>
class OpenNetwork : public PlannedNetwork<T, Backend, List> {
 public:
  OpenNetwork(const io::Model& model, AnyCommunicator communicator, const Policies& policies,
              std::unique_ptr<Backend> backend)
      : PlannedNetwork<T, Backend, List>(io::plan_of<List>(model, policies),
                                         std::move(communicator), std::move(backend)) {
    io::load(*this, model);
  }
};

/// Opens `path` (.onnx or .onnx.gz) on this rank of a communicator; every rank keeps what is its own. Throws
/// FormatError, one sentence that names file and node, and ArgumentError on policies for layers that are not there.
template <class T = double, class Backend = EigenBackend>
OpenNetwork<T, Backend> open(const std::string& path, AnyCommunicator communicator = {},
                             const Policies& policies = {}, int threads = 1) {
  return OpenNetwork<T, Backend>(io::read_onnx(path), std::move(communicator), policies,
                                 std::make_unique<Backend>(threads));
}

}  // namespace shardbound::inline v0::onnx
