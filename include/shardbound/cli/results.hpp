// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Verdicts: one word, and for `sat` the counterexample, every number with the digits that give the same double
// back. Of queries of VNN-LIB 1.0 as VNN-COMP writes them, of 2.0 as that standard does.

#include <shardbound/core/decimal.hpp>
#include <shardbound/io/query.hpp>
#include <shardbound/verify/verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0::cli {

/// "((X_0 0.5)\n (Y_0 1.25))\n"
inline std::string counterexample_text(const Counterexample& found) {
  std::string text = "(";
  const auto list = [&](char letter, const std::vector<double>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (text.size() > 1) text += "\n ";
      text.append("(").append(1, letter).append("_").append(std::to_string(i));
      text.append(" ").append(decimal(numbers[i])).append(")");
    }
  };
  list('X', found.x);
  list('Y', found.y);
  return text += ")\n";
}

/// Every variable in the order of its declaration: "X float32 [1,2]\n0.5\n-1\n", row-major.
inline std::string assignment_text(const vnnlib::Query& query, const Counterexample& found) {
  std::string text;
  const auto write = [&](const vnnlib::QueryTensor& tensor, const std::vector<double>& numbers,
                         std::size_t& next) {
    text.append(tensor.name).append(" ").append(tensor.type).append(" [");
    for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis)
      text.append(axis > 0 ? "," : "").append(std::to_string(tensor.shape[axis]));
    text += "]\n";
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      text.append(decimal(numbers.at(next++))).append("\n");
  };
  std::size_t x = 0, y = 0;
  for (const auto& network : query.networks) {
    for (const auto& input : network.inputs) write(input, found.x, x);
    for (const auto& hidden : network.hidden) write(hidden, found.y, y);
    for (const auto& output : network.outputs) write(output, found.y, y);
  }
  return text;
}

inline std::string results_text(const vnnlib::Query& query, const Verdict& verdict) {
  const bool two = query.version == vnnlib::Query::Version::two;
  std::string text(two && verdict.answer == Verdict::Answer::timeout ? "timed-out"
                                                                     : to_string(verdict.answer));
  text += '\n';
  if (!verdict.counterexample) return text;
  Counterexample found = *verdict.counterexample;
  found.y.resize(static_cast<std::size_t>(query.property.network_outputs()));
  return text + (two ? assignment_text(query, found) : counterexample_text(found));
}

}  // namespace shardbound::inline v0::cli
