// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What of ONNX is read, in words.

#include <shardbound/io/onnx_lower.hpp>

#include <set>
#include <string>

namespace shardbound::inline v0::io {

/// Names of operators that one can count on. Those that are read in part are left out: shapes and casts, and what is
/// understood of constants alone, as comparisons are.
inline std::set<std::string> onnx_operators() {
  std::set<std::string> names = {"Constant", "ConstantOfShape"};
  for (const auto& [name, rule] : detail::onnx_rules_of_layers()) names.emplace(name);
  for (const char* in_part : {"Cast", "Shape", "Size"}) names.erase(in_part);
  return names;
}

}  // namespace shardbound::inline v0::io
