// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is said of a part whose bounds refute nothing: the splits that its rows imply, whether they leave anything of it,
// and where it might be split next. Parts are judged each for itself, by as many threads as there are.

#include <shardbound/core/worker_pool.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/implied_splits.hpp>
#include <shardbound/verify/search_part.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Where `row` is among those that coefficients were kept of; -1: it was good enough.
inline std::ptrdiff_t kept_at(const PartBounds& found, std::size_t row) {
  const auto at =
      std::lower_bound(found.kept.begin(), found.kept.end(), static_cast<std::int32_t>(row));
  if (at == found.kept.end() || *at != static_cast<std::int32_t>(row)) return -1;
  return at - found.kept.begin();
}

/// Of a part with some splits, whose `count` rows begin at `row`: the `most` best by either score.
inline std::vector<NeuronSplit> best_splits(const std::vector<SplitNeurons>& neurons,
                                            std::span<const NeuronSplit> splits,
                                            const PartBounds& found, std::size_t row,
                                            std::size_t count, std::size_t most) {
  NeuronScores scores(neurons);
  for (std::size_t r = row; r < row + count; ++r) {
    const std::ptrdiff_t at = kept_at(found, r);
    if (at < 0) continue;
    for (std::size_t a = 0; a < neurons.size(); ++a)
      for (const auto& one : found.coefficients) {
        if (one.node != neurons[a].activation) continue;
        const std::size_t width = one.lower.size() / found.kept.size();
        scores.add(a, std::span(one.lower).subspan(static_cast<std::size_t>(at) * width, width));
      }
  }
  return scores.best(splits, most);
}

class PartJudge {
 public:
  /// A part, and the first of its rows among those that were bounded with it.
  struct Turn {
    SearchPart* part = nullptr;
    std::size_t row = 0;
  };

  PartJudge() = default;
  /// Parts of task t are to refute sets[t]; `neurons` are those of each domain. 0 candidates: the best score alone.
  PartJudge(std::vector<const Conjunction*> sets, std::vector<std::vector<SplitNeurons>> neurons,
            std::size_t candidates, int threads)
      : sets_(std::move(sets)),
        neurons_(std::move(neurons)),
        candidates_(candidates),
        pool_(std::make_unique<WorkerPool>(threads)) {}

  /// Looks for splits that rows imply, from now on, of parts that are halves `every` times or a multiple of it. The box is
  /// that of domain 0.
  void imply(const Box& box, const SplitPlanes& planes, int every) {
    implied_.emplace(box, neurons_[0], planes);
    inputs_ = box.lower.size();
    every_ = every;
  }

  /// `found` has coefficients, and linear bounds if splits are to be implied, by an engine of this scalar.
  void judge(std::span<const Turn> turns, const PartBounds& found, const ScalarRange& range) {
    pool_->over_rows(static_cast<index_t>(turns.size()), [&](int, index_t first, index_t count) {
      const auto own =
          turns.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      if (implied_) append_implied(own, found, range);
      for (const Turn& turn : own)
        if (!turn.part->is_empty) find_candidates(*turn.part, turn.row, found);
    });
  }

 private:
  void find_candidates(SearchPart& part, std::size_t row, const PartBounds& found) const {
    part.candidates =
        best_splits(neurons_[static_cast<std::size_t>(part.domain)], part.splits, found, row,
                    part.rows.size(), std::max<std::size_t>(candidates_, 1));
    if (candidates_ == 0 && part.candidates.size() > 1) part.candidates.resize(1);
  }
  void append_implied(std::span<const Turn> turns, const PartBounds& found,
                      const ScalarRange& range) const {
    std::size_t most = 0;
    for (const Turn& turn : turns) most = std::max(most, turn.part->rows.size());
    // The first row of each part, then the second, which knows what the first implied.
    for (std::size_t r = 0; r < most; ++r) {
      std::vector<Plane> planes(turns.size());
      std::vector<ImpliedSplits::Look> looks;
      std::vector<SearchPart*> parts;
      for (std::size_t k = 0; k < turns.size(); ++k) {
        SearchPart& part = *turns[k].part;
        if (part.is_empty || r >= part.rows.size() || part.depth % every_ != 0) continue;
        if (!find_plane(part, r, turns[k].row + r, found, range, planes[k])) continue;
        looks.push_back({&planes[k], &part.splits});
        parts.push_back(&part);
      }
      for (std::size_t first = 0; first < looks.size(); first += ImpliedSplits::at_once)
        implied_->append(std::span(looks).subspan(
            first, std::min(ImpliedSplits::at_once, looks.size() - first)));
      for (std::size_t k = 0; k < looks.size(); ++k) parts[k]->is_empty = looks[k].is_empty;
    }
  }
  // What the r-th row less its threshold is at least, which is at most 0 at a counterexample. False: nothing is known.
  bool find_plane(const SearchPart& part, std::size_t r, std::size_t row, const PartBounds& found,
                  const ScalarRange& range, Plane& plane) const {
    const Conjunction& set = *sets_[part.task];
    const std::ptrdiff_t at = kept_at(found, row);
    // What a scalar does not hold it knows nothing of.
    if (at < 0 || !std::isfinite(found.linear.constant[static_cast<std::size_t>(at)]) ||
        !range.holds(row_at(set, r)))
      return false;
    const auto k = static_cast<std::size_t>(at);
    const auto from = found.linear.coefficients.begin() + static_cast<std::ptrdiff_t>(k * inputs_);
    plane.coefficients.assign(from, from + static_cast<std::ptrdiff_t>(inputs_));
    plane.constant =
        add_down(add_down(found.linear.constant[k], -add_up(found.linear.slack[k], range.margin)),
                 -set.rhs[r]);
    return true;
  }

  std::vector<const Conjunction*> sets_;
  std::vector<std::vector<SplitNeurons>> neurons_;  // by domain
  std::size_t candidates_ = 1, inputs_ = 0;
  std::unique_ptr<WorkerPool> pool_;
  std::optional<ImpliedSplits> implied_;
  int every_ = 1;
};

}  // namespace shardbound::inline v0
