// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The way down: the steps that pull rows from a start node to the node where they are concretized, with
// a slot for every tile that is alive in between. Steps are worked out once, from the plan alone; which
// tiles exist, and how wide they are, is therefore known before anything is allocated.

#include <shardbound/network/plan.hpp>

#include <algorithm>
#include <vector>

namespace shardbound::inline v0 {

struct Step {
  enum class Kind {
    select,   ///< start rows: from a product's own matrix (`node` is that product) or as they are
    sweep,    ///< `node`'s chain from its position on, in place in slot `from`
    product,  ///< slot `to` := or += slot `from` times the matrix of `node`
    copy,     ///< slot `to` := or += columns [column, column + width) of slot `from`
    concretize,  ///< slot `from` over the set of `node`
  };
  Kind kind = Kind::select;
  int node = 0;
  int from = -1, to = -1;
  index_t column = 0, width = 0;  ///< of what is written (copy: taken from `column` on)
  bool accumulate = false;
  index_t from_width = 0;  ///< copy: columns of slot `from`
};

class Schedule {
 public:
  /// From `start` down to `stop` (the input, or a node that every path from start passes). With
  /// `from_matrix`, start must be a product and its rows are taken from its matrix directly.
  Schedule(const PlanView& plan, int start, int stop, bool from_matrix) : plan_(plan) {
    tile_.assign(static_cast<std::size_t>(plan.size()), -1);
    if (from_matrix && start > stop) {
      const int below = plan.input_of(start);
      tile_of(below) = acquire(plan[below].features);
      steps_.push_back(
          {Step::Kind::select, start, -1, tile_of(below), 0, plan[below].features, false, 0});
      --start;
    } else {
      tile_of(start) = acquire(plan[start].features);
      steps_.push_back(
          {Step::Kind::select, -1, -1, tile_of(start), 0, plan[start].features, false, 0});
    }
    for (int v = start; v > stop; --v)
      if (tile_of(v) >= 0) descend(v);
    steps_.push_back(
        {Step::Kind::concretize, stop, tile_of(stop), -1, 0, plan[stop].features, false, 0});
  }

  const std::vector<Step>& steps() const { return steps_; }
  /// Columns of the widest tile that each slot holds.
  const std::vector<index_t>& slots() const { return slots_; }

 private:
  int& tile_of(int node) { return tile_[static_cast<std::size_t>(node)]; }

  int acquire(index_t width) {
    int best = -1;
    for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot)
      if (!busy_[static_cast<std::size_t>(slot)] && (best < 0 || size_of(slot) > size_of(best)))
        best = slot;
    if (best < 0) {
      best = static_cast<int>(slots_.size());
      slots_.push_back(0);
      busy_.push_back(false);
    }
    busy_[static_cast<std::size_t>(best)] = true;
    size_of(best) = std::max(size_of(best), width);
    return best;
  }
  index_t& size_of(int slot) { return slots_[static_cast<std::size_t>(slot)]; }
  void release(int slot) { busy_[static_cast<std::size_t>(slot)] = false; }

  void descend(int v) {
    const Node& node = plan_[v];
    const int slot = tile_of(v);
    tile_of(v) = -1;
    if (node.kind == NodeKind::add || node.kind == NodeKind::concat) {
      fork(v, slot);
      return;
    }
    steps_.push_back({Step::Kind::sweep, v, slot, slot, 0, node.features, false, 0});
    if (!plan_.reaches_product(v)) {
      hand_over(node.bottom, slot);
      return;
    }
    const int below = plan_.input_of(node.bottom);
    const bool accumulate = tile_of(below) >= 0;
    if (!accumulate) tile_of(below) = acquire(plan_[below].features);
    steps_.push_back({Step::Kind::product, node.bottom, slot, tile_of(below), 0,
                      plan_[below].features, accumulate, 0});
    release(slot);
  }

  // The rows in `slot` now belong to `node`: moved there, or added to what is there already.
  void hand_over(int node, int slot) {
    if (tile_of(node) < 0) {
      tile_of(node) = slot;
      return;
    }
    copy(node, slot, 0, plan_[node].features, plan_[node].features);
    release(slot);
  }
  void copy(int node, int slot, index_t column, index_t width, index_t from_width) {
    const bool accumulate = tile_of(node) >= 0;
    if (!accumulate) tile_of(node) = acquire(width);
    steps_.push_back(
        {Step::Kind::copy, node, slot, tile_of(node), column, width, accumulate, from_width});
  }

  // Where branches meet: a sum hands its rows to every branch, a concatenation each branch its columns.
  void fork(int v, int slot) {
    const auto inputs = plan_.inputs_of(v);
    index_t column = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const index_t width = plan_[inputs[i]].features;
      const bool whole = plan_[v].kind == NodeKind::add;
      if (whole && i + 1 == inputs.size()) {
        hand_over(inputs[i], slot);
        return;
      }
      copy(inputs[i], slot, whole ? 0 : column, width, plan_[v].features);
      column += width;
    }
    release(slot);
  }

  PlanView plan_;
  std::vector<Step> steps_;
  std::vector<index_t> slots_;
  std::vector<bool> busy_;
  std::vector<int> tile_;  // per node: its slot, or -1
};

}  // namespace shardbound::inline v0
