// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a program that opens any file can do, in the words of VNN-LIB 2.0, as its command `supports` prints it.

#include <shardbound/cli/nearest.hpp>
#include <shardbound/core/errors.hpp>
#include <shardbound/io/onnx_support.hpp>

#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

/// A capability's name and what is answered, line by line.
using Capability = std::pair<std::string, std::vector<std::string>>;

inline std::vector<Capability> capabilities() {
  const auto operators = io::onnx_operators();
  return {
      {"--onnx-opset-versions", {std::to_string(io::first_opset), std::to_string(io::last_opset)}},
      {"--onnx-element-types", {"real", "float32", "float64"}},
      {"--onnx-operators", {operators.begin(), operators.end()}},
      {"--vnnlib-versions", {"1.0", "2.0"}},
      {"--hidden-node-theories", {"NH", "H"}},
      {"--multiple-input-output-theories", {"SIO", "MIO"}},
      {"--multiple-network-theories", {"SNET", "MNET", "MENET", "MINET"}},
      {"--multiple-node-comparison-theories", {"SNC", "MNC"}},
      {"--arithmetic-complexity-theories", {"BND", "OUTC", "LIN"}},
      {"--optimised-disjunctive-reasoning", {"false"}},
      {"--serialise-assignments", {"false"}}};
}

/// The answer to one, or without a name the names of all. Throws ArgumentError if there is none of this name.
inline std::string capability_text(const std::string& name) {
  std::string text;
  std::vector<std::string> names;
  for (const auto& [known, lines] : capabilities()) {
    names.push_back(known);
    if (name.empty()) text += known + "\n";
    if (name != known) continue;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
  if (name.empty()) return text;
  throw ArgumentError("there is no capability '" + name + "', only " + listed(names) +
                      did_you_mean(name, names));
}

}  // namespace shardbound::inline v0::cli
