// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a run found and what it took, as numbers that can be compared with another run's.

#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace shardbound_bench {

namespace sb = shardbound;

/// The most that any rank holds.
struct Memory {
  std::size_t weights = 0, peak = 0;
  std::array<std::size_t, sb::category_count> peaks{};

  void take(const sb::MemoryLedger& ledger) {
    weights = std::max(weights, ledger.current(sb::Category::weights));
    peak = std::max(peak, ledger.total_peak());
    for (std::size_t c = 0; c < peaks.size(); ++c)
      peaks[c] = std::max(peaks[c], ledger.peak(static_cast<sb::Category>(c)));
  }
  void take(const Memory& other) {
    weights = std::max(weights, other.weights);
    peak = std::max(peak, other.peak);
    for (std::size_t c = 0; c < peaks.size(); ++c) peaks[c] = std::max(peaks[c], other.peaks[c]);
  }
  friend bool operator==(const Memory&, const Memory&) = default;
};

/// Bounds of every pre-activation, of the outputs and of a query's rows, and their slacks.
template <class T>
struct Answer {
  std::vector<T> bounds, slacks, output_widths;

  friend bool operator==(const Answer&, const Answer&) = default;
};

template <class T, class Backend>
Answer<T> answer_of(const sb::Pass<T, Backend>& pass, const sb::Bounds<T>& bounds) {
  Answer<T> answer;
  const auto add = [](std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  const auto& plan = pass.network().plan();
  for (int v = 1; v < plan.size(); ++v)
    if (plan.is_pre_activation(v))
      for (const auto& node : pass.node_bounds(v)) {
        add(answer.bounds, node.lower);
        add(answer.bounds, node.upper);
        add(answer.slacks, node.slack);
      }
  for (const auto& output : bounds.outputs) {
    add(answer.bounds, output.lower);
    add(answer.bounds, output.upper);
    add(answer.slacks, output.slack);
    for (std::size_t i = 0; i < output.lower.size(); ++i)
      answer.output_widths.push_back(output.upper[i] - output.lower[i]);
  }
  add(answer.bounds, bounds.rows.lower);
  add(answer.slacks, bounds.rows.slack);
  return answer;
}

}  // namespace shardbound_bench
