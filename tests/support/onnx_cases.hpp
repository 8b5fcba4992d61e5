// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Short ways to say what a small ONNX network computes, or how it is refused.

#include <shardbound/io/onnx_lower.hpp>

#include <string>
#include <tests/support/model_interval.hpp>
#include <tests/support/model_steps.hpp>
#include <tests/support/onnx_writer.hpp>
#include <vector>

namespace shardbound_test {

// Compiled once, in onnx_cases.cpp: whoever calls the reader compiles all of it.
shardbound::io::Model model_of(const OnnxWriter& net, const shardbound::io::Wanted& wanted = {});

/// The network's value at a point.
std::vector<double> value_of(const OnnxWriter& net, const std::vector<double>& point);

/// The sentence with which a file is refused; empty if it is not.
std::string refusal(const std::string& bytes, const shardbound::io::Wanted& wanted = {});

inline std::string refusal(const OnnxWriter& net, const shardbound::io::Wanted& wanted = {}) {
  return refusal(net.bytes(), wanted);
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A network with input "x" of this shape and output "y", to add constants and nodes to.
inline OnnxWriter network(const std::vector<std::int64_t>& input) {
  OnnxWriter net;
  net.input("x", input).output("y", {-1, -1});
  return net;
}

}  // namespace shardbound_test
