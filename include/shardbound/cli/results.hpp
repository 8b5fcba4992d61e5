// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Verdicts as VNN-COMP writes them: one word, and for `sat` the counterexample, every number with the
// digits that give the same double back.

#include <shardbound/core/decimal.hpp>
#include <shardbound/verify/verdict.hpp>

#include <cstddef>
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

inline std::string results_text(const Verdict& verdict) {
  std::string text(to_string(verdict.answer));
  text += '\n';
  if (verdict.counterexample) text += counterexample_text(*verdict.counterexample);
  return text;
}

}  // namespace shardbound::inline v0::cli
