// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is said of a part whose bounds refute nothing: what its rows and its last cut imply of neurons, whether they leave
// anything of it, and where it might be split next. Parts are judged each for itself, by as many threads as there are.

#include <shardbound/core/worker_pool.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/implied_splits.hpp>
#include <shardbound/verify/search_part.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// What the rows of a part lose at each neuron, given their splits. The part is of a domain, and its `count` rows begin at
/// `row` of what was found.
inline NeuronScores scores_of(const std::vector<SplitNeurons>& neurons, std::size_t domain,
                              std::span<const NeuronSplit> splits, const PartBounds& found,
                              std::size_t row, std::size_t count, const Curves* curves = nullptr) {
  NeuronScores scores(neurons, splits, curves);
  for (std::size_t r = row; r < row + count; ++r) {
    const std::ptrdiff_t at = found.kept_at(r);
    if (at < 0) continue;
    for (std::size_t a = 0; a < neurons.size(); ++a)
      for (const PartCoefficients& one : found.coefficients)
        if (one.activation == neurons[a].activation)
          scores.add(a, one.neurons[domain], one.of(static_cast<std::size_t>(at), domain));
  }
  return scores;
}

class PartJudge {
 public:
  /// A part, and the first of its rows among those that were bounded with it.
  struct Turn {
    SearchPart* part = nullptr;
    std::size_t row = 0;
  };

  PartJudge() = default;
  /// Parts of task t are to refute sets[t]; `neurons` are those of each domain, and `curves` is asked where activations
  /// curve. 0 candidates: the best score alone.
  PartJudge(std::vector<const Conjunction*> sets, std::vector<std::vector<SplitNeurons>> neurons,
            std::size_t candidates, int threads, Curves curves = {})
      : sets_(std::move(sets)),
        neurons_(std::move(neurons)),
        candidates_(candidates),
        curves_(std::move(curves)),
        pool_(std::make_unique<WorkerPool>(threads)) {}

  /// Looks for splits that are implied, from now on, of parts that are halves `every` times or a multiple of it. The box is
  /// that of domain 0.
  void imply(const Box& box, const SplitPlanes& planes, int every) {
    implied_.emplace(box, neurons_[0], planes);
    every_ = every;
  }

  /// `found` has coefficients, and linear bounds if splits are to be implied, by an engine of this scalar.
  void judge(std::span<const Turn> turns, const PartBounds& found, const ScalarRange& range) {
    // Some at a time, for whoever has time: a few may take as long as all others.
    const std::size_t each = turns.size() / static_cast<std::size_t>(pool_->size());
    const std::size_t at_once = std::clamp<std::size_t>(each / 2, 1, ImpliedSplits::at_once);
    std::atomic<std::size_t> next = 0;
    pool_->over_rows(pool_->size() * least_rows, [&](int, index_t, index_t) {
      for (std::size_t first; (first = next.fetch_add(at_once)) < turns.size();) {
        const auto own = turns.subspan(first, std::min(at_once, turns.size() - first));
        if (implied_) append_implied(own, found, range);
        for (const Turn& turn : own)
          if (!turn.part->is_empty) find_candidates(*turn.part, turn.row, found);
      }
    });
  }

 private:
  void find_candidates(SearchPart& part, std::size_t row, const PartBounds& found) const {
    const auto domain = static_cast<std::size_t>(part.domain);
    part.candidates =
        scores_of(neurons_[domain], domain, part.splits, found, row, part.rows.size(), &curves_)
            .best(std::max<std::size_t>(candidates_, 1));
    if (candidates_ == 0 && part.candidates.size() > 1) part.candidates.resize(1);
  }
  void append_implied(std::span<const Turn> turns, const PartBounds& found,
                      const ScalarRange& range) const {
    std::vector<std::size_t> own;  // of whose parts there is to be a look
    std::vector<std::vector<double>> losses(turns.size());
    for (std::size_t t = 0; t < turns.size(); ++t) {
      const SearchPart& part = *turns[t].part;
      if (part.is_empty || part.domain != 0 || part.depth % every_ != 0) continue;
      own.push_back(t);
      losses[t] =
          scores_of(neurons_[0], 0, part.splits, found, turns[t].row, part.rows.size(), &curves_)
              .losses();
    }
    std::vector<Plane> planes(turns.size());
    std::vector<std::size_t> asked;
    std::vector<ImpliedSplits::Look> looks;
    const auto ask = [&](std::size_t t, const Plane* half_space) {
      if (!half_space || turns[t].part->is_empty) return;
      looks.push_back({half_space, &turns[t].part->splits, losses[t]});
      asked.push_back(t);
    };
    const auto look = [&] {
      if (!looks.empty()) implied_->append(looks);
      for (std::size_t k = 0; k < looks.size(); ++k)
        turns[asked[k]].part->is_empty = looks[k].is_empty;
      looks.clear();
      asked.clear();
    };
    // What the cut itself leaves of the box; what others left, parents know.
    for (const std::size_t t : own)
      if (const auto& cut = turns[t].part->cut) ask(t, implied_->half_space_of(*cut));
    look();
    // The first row of each part, then the second, which knows what the first implied.
    std::size_t most = 0;
    for (const Turn& turn : turns) most = std::max(most, turn.part->rows.size());
    for (std::size_t r = 0; r < most; ++r) {
      for (const std::size_t t : own) {
        const SearchPart& part = *turns[t].part;
        const Conjunction& set = *sets_[part.task];
        // What a scalar does not hold it knows nothing of.
        if (r >= part.rows.size() || !range.holds(row_at(set, r))) continue;
        // The row less its threshold is at most 0 at a counterexample.
        auto plane = row_plane(found, turns[t].row + r, set.rhs[r], range.margin);
        if (!plane) continue;
        planes[t] = std::move(*plane);
        ask(t, &planes[t]);
      }
      look();
    }
  }

  std::vector<const Conjunction*> sets_;
  std::vector<std::vector<SplitNeurons>> neurons_;  // by domain
  std::size_t candidates_ = 1;
  Curves curves_;
  std::unique_ptr<WorkerPool> pool_;
  std::optional<ImpliedSplits> implied_;
  int every_ = 1;
};

}  // namespace shardbound::inline v0
