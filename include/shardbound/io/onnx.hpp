// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// onnx::load: an ONNX file into a network.

#include <shardbound/io/load.hpp>
#include <shardbound/io/onnx_lower.hpp>

#include <string>

namespace shardbound::inline v0::onnx {

/// Reads `path` (.onnx or .onnx.gz) into a network of the same architecture. Throws FormatError, one
/// sentence that names file and node.
template <class T, class Backend>
void load(Instance<T, Backend>& network, const std::string& path) {
  io::load(network, io::read_onnx(path, {{}, network.outputs(), network.inputs()}));
}

}  // namespace shardbound::inline v0::onnx
