// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Leaves of a search: parts of which nothing is left to be split. Where every activation of the network bends at 0, all are
// lines over a leaf, rows and the neurons that were split are planes, and whether it holds a counterexample is a linear
// program in the inputs. One call of the engine finds all planes: those of the rows, and for each split that of a row with
// a multiplier so large that the row no longer counts. A counterexample has all of them at 0 or below, rounding included,
// so weights whose sum of planes is above 0 over the box prove that there is none; a solver says which, and where to look
// for one otherwise.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/minimax.hpp>
#include <shardbound/verify/search_part.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Whether nothing in the network curves, or bends elsewhere than at 0: where its bends are decided, it is affine.
inline bool bends_at_zero_alone(const Engine& engine) {
  const PlanView& plan = engine.plan();
  const std::vector<bool> below = plan.nodes_below(plan.output());
  for (int v = 1; v < plan.size(); ++v)
    if (below[static_cast<std::size_t>(v)] && plan.has_lines(v) && !engine.bends_at_zero(v))
      return false;
  return true;
}

class ExactLeaves {
 public:
  /// `engine` was run over the domains with a query of all rows of the tasks, and had room for `rows` rows and for linear
  /// bounds; it proves.
  ExactLeaves(Engine& engine, MinimaxSolver solver, std::span<const SearchTask> tasks, index_t rows)
      : engine_(&engine),
        solver_(solver),
        tasks_(tasks),
        rows_(static_cast<std::size_t>(rows)),
        is_exact_(bends_at_zero_alone(engine)) {}

  /// Whether nothing but rounding is missing: what the solver leaves open no multipliers refute.
  bool is_exact() const { return is_exact_; }

  /// Says of each leaf whether it is refuted (`is_empty`); of others, if the solver did not fail, where a counterexample
  /// is most likely (`point`). Ranks take turns and tell each other. Every rank makes the same call. Throws Cancelled.
  void judge(std::span<SearchPart> leaves, const CancelToken* cancel, Observer* observer) const {
    const auto ranks = static_cast<std::size_t>(engine_->ranks());
    const auto boxes = engine_->node_bounds(0);
    for (std::size_t first = 0, end = 0; first < leaves.size(); first = end) {
      // As many as one call has room for, and at least one for each rank.
      for (std::size_t rows = 0; end < leaves.size(); ++end) {
        rows += leaves[end].rows.size() + leaves[end].splits.size();
        if (end - first >= ranks && rows > rows_) break;
      }
      const auto planes = planes_of(leaves.subspan(first, end - first), first, cancel, observer);
      for (std::size_t i = first; i < end; ++i) {
        if (!is_own(i)) continue;
        const auto& bounds = boxes[static_cast<std::size_t>(leaves[i].domain)];
        settle(leaves[i], {bounds.lower, bounds.upper}, planes[i - first], cancel);
      }
    }
    share_judgements(*engine_, leaves);
  }

 private:
  // A power of two: dividing by it is exact. What is left of the row beside the neuron is less than most weights can tell.
  static constexpr float large = 0x1p40F;

  bool is_own(std::size_t i) const {
    return static_cast<int>(i % static_cast<std::size_t>(engine_->ranks())) == engine_->rank();
  }

  // Row `row` of a leaf, and whose split is to count; -1: none's.
  struct Asked {
    std::size_t leaf = 0, row = 0;
    std::ptrdiff_t split = -1;
  };
  // Of this rank's leaves; `first` is the number of the first.
  std::vector<std::vector<Plane>> planes_of(std::span<const SearchPart> leaves, std::size_t first,
                                            const CancelToken* cancel, Observer* observer) const {
    const auto range = ScalarRange::of(engine_->scalar());
    std::vector<Asked> asked;
    for (std::size_t l = 0; l < leaves.size(); ++l) {
      const Conjunction& set = *tasks_[leaves[l].task].set;
      bool has_splits = false;
      for (std::size_t r = 0; r < set.rhs.size(); ++r) {
        if (!range.holds(row_at(set, r))) continue;  // the engine knows nothing of it
        asked.push_back({l, r});
        if (std::exchange(has_splits, true)) continue;
        for (std::size_t j = 0; j < leaves[l].splits.size(); ++j)
          asked.push_back({l, r, static_cast<std::ptrdiff_t>(j)});
      }
    }
    std::vector<std::vector<Plane>> planes(leaves.size());
    for (std::size_t from = 0; from < asked.size(); from += rows_) {
      const auto some = std::span(asked).subspan(from, std::min(rows_, asked.size() - from));
      std::vector<PartRow> rows;
      for (const Asked& one : some) rows.push_back(part_row(leaves[one.leaf], one, rows.size()));
      const PartBounds found =
          engine_->bound_parts(rows, {.iterations = 1, .coefficients = true}, cancel, observer);
      for (std::size_t i = 0; i < some.size(); ++i) {
        const Asked& one = some[i];
        if (!is_own(first + one.leaf)) continue;
        const double threshold = tasks_[leaves[one.leaf].task].set->rhs[one.row];
        auto plane = row_plane(found, i, threshold, range.margin);
        if (!plane) continue;
        if (one.split >= 0) {
          constexpr double unit = 1 / static_cast<double>(large);
          for (double& coefficient : plane->coefficients) coefficient *= unit;
          plane->constant *= unit;
        }
        planes[one.leaf].push_back(std::move(*plane));
      }
    }
    return planes;
  }
  PartRow part_row(const SearchPart& leaf, const Asked& one, std::size_t group) const {
    PartRow row;
    row.row = tasks_[leaf.task].first_row + static_cast<std::int32_t>(one.row);
    row.splits = leaf.splits;
    // Lines that were found are of neurons that are split by now; of those that another engine took for stable - they
    // nearly are - the line that suits is the one to begin with.
    if (!is_exact_) row.slopes = leaf.rows[one.row].slopes;
    row.target = std::numeric_limits<double>::infinity();  // planes are wanted of all
    row.group = static_cast<std::int32_t>(group);
    if (one.split < 0) return row;
    row.multipliers.resize(leaf.splits.size());
    row.multipliers[static_cast<std::size_t>(one.split)] = large;
    return row;
  }
  void settle(SearchPart& leaf, const Box& box, const std::vector<Plane>& planes,
              const CancelToken* cancel) const {
    if (planes.empty()) return;
    auto found = solver_(box, planes, cancel);
    if (!found) return;
    const double margin = ScalarRange::of(engine_->scalar()).margin;
    leaf.is_empty = sum_is_above(margin, box, planes, found->weights);
    const auto is_finite = [](double x) { return std::isfinite(x); };
    if (!leaf.is_empty && std::all_of(found->point.begin(), found->point.end(), is_finite))
      leaf.point = std::move(found->point);
  }

  Engine* engine_;
  MinimaxSolver solver_;
  std::span<const SearchTask> tasks_;
  std::size_t rows_;
  bool is_exact_;
};

}  // namespace shardbound::inline v0
