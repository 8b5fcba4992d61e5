// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What rows leave behind for the way back up: the coefficients that they had above every chain with an activation and
// on every node that mixes features by lines, and the points where they are least. Of one wave, or - where there is room - of a whole list, so that nothing has to be
// pulled down twice.

#include <shardbound/network/instance.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Trace {
 public:
  /// Whether there is room for the rows of one wave, or for all.
  enum class Of { wave, list };

  Trace() = default;
  /// Of rows that start at `start`, or above it; `widths`, if there, are the most columns that they have on each node.
  Trace(const Instance<T, Backend>& network, int start, index_t rows, Of of,
        std::span<const index_t> widths = {})
      : Trace(network, of, std::vector<Rows>{{start, rows, widths}}) {}
  /// Rows of several lists, which take each other's place.
  struct Rows {
    int start = 0;
    index_t count = 0;
    std::span<const index_t> widths{};
  };
  Trace(const Instance<T, Backend>& network, Of of, const std::vector<Rows>& lists)
      : of_(of), plan_(network.plan()) {
    auto& backend = network.backend();
    std::map<int, index_t> numbers;
    index_t points = 0;
    for (const Rows& list : lists) {
      for (const int v : traced_nodes(plan_, list.start))
        numbers[v] = std::max(numbers[v], list.count * width(plan_, v, list.widths));
      points = std::max(points, list.count * width(plan_, 0, list.widths));
    }
    for (const auto& [v, count] : numbers)
      coefficients_.push_back({v, {backend, count, Category::coefficients}});
    points_ = {backend, points, Category::coefficients};
  }
  /// Numbers that a trace has for each row.
  static index_t numbers_per_row(const PlanView& plan, int start,
                                 std::span<const index_t> widths = {}) {
    index_t numbers = width(plan, 0, widths);
    for (int v : traced_nodes(plan, start)) numbers += width(plan, v, widths);
    return numbers;
  }

  /// Whether rows that went by are still there when others have.
  bool keeps_all() const { return of_ == Of::list; }

  /// Rows [first, first + height) of a wave whose rows begin at place `wave` of this rank's: coefficients on node v, data
  /// null if none are kept there.
  MatrixView<T> coefficients(int v, index_t wave, index_t height, index_t first = 0,
                             std::span<const index_t> widths = {}) const {
    for (const Kept& kept : coefficients_)
      if (kept.node == v) return window(kept.numbers, v, wave, first, height, widths);
    return {};
  }
  MatrixView<T> points(index_t wave, index_t height, index_t first = 0,
                       std::span<const index_t> widths = {}) const {
    return window(points_, 0, wave, first, height, widths);
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
  static index_t width(const PlanView& plan, int v, std::span<const index_t> widths) {
    return padded(widths.empty() ? plan[v].features : widths[static_cast<std::size_t>(v)]);
  }
  MatrixView<T> window(const Buffer<T, Backend>& buffer, int v, index_t wave, index_t first,
                       index_t height, std::span<const index_t> widths) const {
    const index_t leading = width(plan_, v, widths);
    const index_t columns = widths.empty() ? plan_[v].features : leading;
    return {buffer.data() + ((keeps_all() ? wave : 0) + first) * leading, height, columns, leading};
  }

  Of of_ = Of::wave;
  PlanView plan_;
  std::vector<Kept> coefficients_;
  Buffer<T, Backend> points_;
};

}  // namespace shardbound::inline v0
