// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What rows leave behind for the way back up: the coefficients that they had above every chain with an activation and
// on every node that mixes features by lines, and the points where they are least. Of one wave, or - where there is room - of a whole list, so that nothing has to be
// pulled down twice.

#include <shardbound/network/instance.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Trace {
 public:
  /// Whether there is room for the rows of one wave, or for all.
  enum class Of { wave, list };

  Trace() = default;
  /// Of rows that start at `start`, or above it.
  Trace(const Instance<T, Backend>& network, int start, index_t rows, Of of)
      : of_(of), plan_(network.plan()) {
    auto& backend = network.backend();
    for (int v : traced_nodes(plan_, start))
      coefficients_.push_back(
          {v, {backend, rows * padded(plan_[v].features), Category::coefficients}});
    points_ = {backend, rows * padded(plan_[0].features), Category::coefficients};
  }
  /// Numbers that a trace has for each row.
  static index_t numbers_per_row(const PlanView& plan, int start) {
    index_t numbers = padded(plan[0].features);
    for (int v : traced_nodes(plan, start)) numbers += padded(plan[v].features);
    return numbers;
  }

  /// Whether rows that went by are still there when others have.
  bool keeps_all() const { return of_ == Of::list; }

  /// Rows [first, first + height) of this rank's: coefficients on node v, data null if none are kept there.
  MatrixView<T> coefficients(int v, index_t first, index_t height) const {
    for (const Kept& kept : coefficients_)
      if (kept.node == v) return window(kept.numbers, plan_[v].features, first, height);
    return {};
  }
  MatrixView<T> points(index_t first, index_t height) const {
    return window(points_, plan_[0].features, first, height);
  }

 private:
  struct Kept {
    int node;
    Buffer<T, Backend> numbers;
  };
  // Nodes that rows come by whose steps go through lines; some of them are within the sweep of another,
  // whose rows are not seen by themselves.
  static std::vector<int> traced_nodes(const PlanView& plan, int start) {
    std::vector<int> nodes;
    const std::vector<bool> below = plan.nodes_below(start);
    std::vector<bool> inside(below.size());
    for (int v = start; v > 0; --v) {
      const auto i = static_cast<std::size_t>(v);
      if (below[i] && mixes_by_lines(plan[v].kind)) nodes.push_back(v);
      if (!below[i] || inside[i] || plan[v].segment.chain < 0) continue;
      int next = v;
      for (int k = 1; k < plan.length_of_chain(v); ++k)
        inside[static_cast<std::size_t>(next = plan.input_of(next))] = true;
      if (plan.activation_in_chain(v) >= 0) nodes.push_back(v);
    }
    return nodes;
  }
  MatrixView<T> window(const Buffer<T, Backend>& buffer, index_t features, index_t first,
                       index_t height) const {
    const index_t leading = padded(features);
    return {buffer.data() + (keeps_all() ? first * leading : 0), height, features, leading};
  }

  Of of_ = Of::wave;
  PlanView plan_;
  std::vector<Kept> coefficients_;
  Buffer<T, Backend> points_;
};

}  // namespace shardbound::inline v0
