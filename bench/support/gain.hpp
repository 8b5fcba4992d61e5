// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What optimised slopes gain over CROWN, and what is said of it: no bound may be looser than CROWN's, and the mean gain
// must be the reference's, but for 2 %. Gains are counted from the reference's CROWN in textbook mode, which both share.

#include <bench/support/oracle.hpp>
#include <shardbound/bound/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace shardbound_bench {

template <class T>
double mean_of(const std::vector<T>& numbers) {
  double sum = 0;
  for (const T number : numbers) sum += static_cast<double>(number);
  return numbers.empty() ? 0 : sum / static_cast<double>(numbers.size());
}

/// An evaluation and a step, by the clock of the optimisation itself; 0 if there was no step.
template <class T>
double seconds_of_iteration(const sb::Bounds<T>& bounds) {
  if (bounds.trajectories.empty()) return 0;
  const auto& clock = bounds.trajectories.front().seconds;
  if (clock.size() < 2) return 0;
  return (clock.back() - clock.front()) / static_cast<double>(clock.size() - 1);
}

/// `theirs` empty: the reference was not asked, or for another number of evaluations. What is promised is about bounds
/// less their slack; where that is large, in float32, the number before it may be less than CROWN's, and is counted.
template <class T>
Verdict judge_gain(const sb::RowBounds<T>& crown, const sb::RowBounds<T>& ours,
                   const std::vector<double>& textbook, const std::vector<double>& theirs) {
  const std::size_t rows = ours.lower.size();
  if (rows == 0 || rows != crown.lower.size()) return {false, "DISAGREES: nothing was compared"};
  int looser_to_nearest = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto proved = [&](const sb::RowBounds<T>& bounds) {
      return static_cast<double>(bounds.lower[r]) - static_cast<double>(bounds.slack[r]);
    };
    if (!(proved(ours) >= proved(crown)))
      return {false, "DISAGREES: row " + std::to_string(r) + " is looser than CROWN's by " +
                         shown(proved(crown) - proved(ours))};
    looser_to_nearest += ours.lower[r] < crown.lower[r];
  }
  Verdict verdict{true, "no row looser than CROWN's"};
  if (looser_to_nearest > 0)
    verdict.text += " (" + std::to_string(looser_to_nearest) + " if slack is left out)";
  if (theirs.size() != rows || textbook.size() != rows) {
    verdict.text += ", gain not compared";
    return verdict;
  }
  const double base = mean_of(textbook), gain = mean_of(theirs) - base;
  if (gain <= 1e-4 * std::max(1.0, std::abs(base))) {
    verdict.text += ", the reference gains nothing";
    return verdict;
  }
  const double share = (mean_of(ours.lower) - base) / gain;
  char text[64];
  std::snprintf(text, sizeof text, ", %.1f %% of the reference's gain", 100 * share);
  verdict.text += text;
  if (!(share >= 0.98)) verdict = {false, "DISAGREES: " + verdict.text};
  return verdict;
}

}  // namespace shardbound_bench
