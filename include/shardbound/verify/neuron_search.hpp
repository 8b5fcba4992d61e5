// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Branch and bound over neurons (beta-CROWN, 2103.06624): a box that bounds do not decide is cut in two where an
// activation bends, or curves, and so on, until every part of it is refuted. Parts are differences from their box; a batch of them
// is bounded at once. A part's bounds and where it is split depend on the part alone, so that the tree is the same for
// every batch, order and number of ranks. Every part of a conjunction is refuted when one of its rows is.

#include <shardbound/verify/attack.hpp>
#include <shardbound/verify/exact_leaves.hpp>
#include <shardbound/verify/part_judge.hpp>
#include <shardbound/verify/search_progress.hpp>
#include <shardbound/verify/waiting_parts.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct NeuronSearchOptions {
  static constexpr index_t most_rows = 4096;

  index_t rows = 256;  ///< bounded at once
  /// Of memory where the engine computes, for rows that are bounded at once: as many as fit once it is known which neurons
  /// are unstable, from `rows` up to `most_rows`. 0: `rows`. The same on every rank.
  double row_bytes = 0;
  PartOptions bounding{};  ///< of each part
  /// The same of networks that have activations which curve: their multipliers are smaller, and settle in more steps.
  PartOptions curved_bounding{.iterations = 20, .multiplier_rate = 0.05};
  MinimaxSolver minimax = nullptr;  ///< of parts that have nothing left to be split
  int leaf_iterations = 1000;       ///< that these get where there is none, or it is not exact
  std::size_t candidates = 3;  ///< by either score, of which bounds choose one; 0: the best score
  /// What half-spaces imply is looked for where planes of all unstable neurons have no more numbers than this.
  std::size_t most_plane_numbers = std::size_t{1} << 22;
  std::uint64_t most_parts = 0;  ///< the search of a region gives up after so many; 0: does not
  /// Parts that are bounded at least before bounds inside the network are tightened and the search begins anew.
  std::uint64_t patience = 64;
  int threads = 1;  ///< that prepare and judge parts
  /// Of the host, for domains that wait on a rank: where they take more, they are cut one by one, the deepest first, until
  /// they do not. 0: as much as there is. The same on every rank.
  std::size_t memory = 0;
};

class NeuronSearch {
 public:
  using Task = SearchTask;
  using Points = SearchPoints;

  /// The engine's last run was over the boxes of some regions, with a query of all rows of the tasks' conjunctions; it had
  /// room for `rows` rows and for linear bounds.
  /// Where `proving` is another engine, bounds of `engine` are guesses, with little slack, and a part counts as refuted once
  /// `proving`, whose last run was over the same boxes with the same query, proves it with the parameters that were found.
  NeuronSearch(Engine& engine, Engine& proving, const NeuronSearchOptions& options,
               std::vector<Task> tasks)
      : engine_(&engine),
        proving_(&proving),
        options_(options),
        tasks_(std::move(tasks)),
        boxes_(engine.node_bounds(0)),
        open_(tasks_.size(), 1) {
    std::vector<const Conjunction*> sets;
    std::vector<std::vector<SplitNeurons>> neurons;
    for (const Task& task : tasks_) {
      sets.push_back(task.set);
      while (neurons.size() <= task.domain)
        neurons.push_back(split_neurons(engine, neurons.size()));
    }
    for (const auto& of_domain : neurons)
      for (const SplitNeurons& own : of_domain)
        if (!own.bends_at_zero()) options_.bounding = options_.curved_bounding;
    options_.bounding.coefficients = true;
    options_.bounding.threads = options_.threads;
    options_.bounding.guesses = proving_ != engine_;
    judge_ = {std::move(sets), std::move(neurons), options_.candidates, options_.threads,
              Curves::of(engine)};
    for (std::size_t t = tasks_.size(); t-- > 0;) {
      Part root;
      root.task = t;
      root.domain = static_cast<index_t>(tasks_[t].domain);
      root.rows.resize(tasks_[t].set->rhs.size());
      roots_.push_back(std::move(root));
    }
  }

  /// Looks for splits that others imply, from now on. The box is that of domain 0.
  void imply(const Box& box, const SplitPlanes& planes) {
    // Only so often that it takes no longer than bounds do.
    const double bounds = 2 * std::max(options_.bounding.iterations, 1) * work_of(engine_->plan());
    const double looks = ImpliedSplits::work(box, planes);
    if (looks == 0) return;
    judge_.imply(box, planes, std::clamp(static_cast<int>(std::lround(looks / bounds)), 1, 8));
  }

  /// That share its engine.
  int ranks() const { return engine_->ranks(); }
  bool is_over() const { return waiting() == 0; }
  /// Parts that are to be bounded or cut.
  std::size_t waiting() const { return roots_.size() + waiting_.size(); }
  /// Of each task, that are left.
  const std::vector<std::int64_t>& open() const { return open_; }
  /// That a round cuts at most.
  std::size_t parts_at_once() const { return std::max<std::size_t>(rows_at_once() / 2, 1); }
  /// Whether no part of a task is left, be it open or a leaf that no bound decided.
  bool is_refuted(std::size_t task) const { return open_[task] == 0; }
  const SearchProgress& progress() const { return progress_; }

  /// Before the first round, where ranks have a search each: task t is for rank t, modulo ranks.
  void leave_to_others(std::size_t rank, std::size_t ranks) {
    std::erase_if(roots_, [&](const Part& root) { return root.task % ranks != rank; });
    for (std::size_t t = 0; t < open_.size(); ++t) open_[t] = t % ranks == rank;
  }
  /// Parts that others are to cut, so many, and those that this search is to cut for others.
  std::vector<SearchPart> give(std::size_t count, WaitingParts::End end) {
    auto given = waiting_.give(count, end);
    for (const SearchPart& part : given) --open_[part.task];
    note_waiting();
    return given;
  }
  void receive(std::vector<SearchPart> parts, WaitingParts::End end) {
    for (const SearchPart& part : parts) ++open_[part.task];
    waiting_.receive(std::move(parts), end);
    note_waiting();
  }

  /// Cuts up to a batch of parts in two and bounds the halves. Returns points (D, N_in) where the bounds of parts that
  /// are left are least, of the worst first, and of which task each is. No more than `most_parts` are bounded, which are
  /// 2 at least. Every rank makes the same call. Throws Cancelled.
  Points round(const CancelToken* cancel, Observer* observer,
               std::uint64_t most_parts = ~std::uint64_t{0}) {
    if (!roots_.empty()) return bound(std::exchange(roots_, {}), cancel, observer);
    std::vector<Part> batch;
    const bool is_full = options_.memory > 0 && waiting_.bytes() > options_.memory;
    const std::size_t most = is_full ? 1 : rows_at_once();
    for (std::size_t rows = 0; !waiting_.empty();) {
      rows += 2 * waiting_.next().rows.size();
      if (!batch.empty() && (rows > most || 2 * (batch.size() + 1) > most_parts)) break;
      batch.push_back(waiting_.take());
    }
    choose(batch, cancel, observer);
    std::vector<Part> halves, leaves;
    for (Part& part : batch) {
      if (part.candidates.empty()) {
        leaves.push_back(std::move(part));
        continue;
      }
      for (const int side : {1, -1}) halves.push_back(part.half(part.candidates.front(), side));
      open_[part.task] += 1;
    }
    Points found = bound_leaves(std::move(leaves), cancel, observer);
    found.append(bound(std::move(halves), cancel, observer));
    return found;
  }

 private:
  using Part = SearchPart;

  const Conjunction& set_of(const Part& part) const { return *tasks_[part.task].set; }
  std::size_t rows_at_once() const { return static_cast<std::size_t>(options_.rows); }
  void append_rows(const Part& part, std::int32_t group, std::vector<PartRow>& to) const {
    const Task& task = tasks_[part.task];
    for (std::size_t r = 0; r < part.rows.size(); ++r)
      to.push_back({task.first_row + static_cast<std::int32_t>(r), part.splits,
                    part.rows[r].multipliers, part.rows[r].slopes, task.set->rhs[r], group});
  }
  // Calls see(part, its first row, what was found for these) for parts, as many at once as there is room for, and
  // see_all(what was found) behind each time.
  template <class See, class SeeAll = void (*)(const PartBounds&)>
  void bound_all(
      Engine& engine, std::span<const Part> parts, const PartOptions& options,
      const CancelToken* cancel, Observer* observer, const See& see,
      const SeeAll& see_all = [](const PartBounds&) {}) {
    for (std::size_t first = 0, end = 0; first < parts.size(); first = end) {
      std::vector<PartRow> rows;
      while (end < parts.size() &&
             (end == first || rows.size() + parts[end].rows.size() <= rows_at_once())) {
        append_rows(parts[end], static_cast<std::int32_t>(end), rows);
        ++end;
      }
      const PartBounds found = engine.bound_parts(rows, options, cancel, observer);
      for (std::size_t p = first, row = 0; p < end; ++p) {
        const std::size_t own = parts[p].rows.size();  // before `see` may move the part away
        see(p, row, found);
        row += own;
      }
      see_all(found);
    }
  }

  // Of a part's candidates the one whose halves are bounded best, at its own parameters.
  void choose(std::vector<Part>& batch, const CancelToken* cancel, Observer* observer) {
    std::vector<Part> tried;
    struct Trial {
      std::size_t owner;
      NeuronSplit split;
    };
    std::vector<Trial> trials;  // of two parts each
    for (std::size_t p = 0; p < batch.size(); ++p)
      for (const NeuronSplit& split : batch[p].candidates) {
        if (batch[p].candidates.size() == 1) continue;
        for (const int side : {1, -1}) tried.push_back(batch[p].half(split, side));
        trials.push_back({p, split});
      }
    if (tried.empty()) return;
    std::vector<double> margin(tried.size());
    PartOptions once = options_.bounding;
    once.iterations = 1;
    once.coefficients = false;
    bound_all(*engine_, tried, once, cancel, observer,
              [&](std::size_t p, std::size_t row, const PartBounds& found) {
                margin[p] = tried[p].margin_above(set_of(tried[p]), found.lower, row);
              });
    std::vector<double> best(batch.size(), -std::numeric_limits<double>::infinity());
    for (std::size_t t = 0; t < trials.size(); ++t) {
      // Nothing is gained behind the threshold.
      const double value = std::min(margin[2 * t], 0.0) + std::min(margin[2 * t + 1], 0.0);
      double& most = best[trials[t].owner];
      if (!(value > most)) continue;
      most = value;
      batch[trials[t].owner].candidates.front() = trials[t].split;
    }
  }

  Points bound(std::vector<Part> parts, const CancelToken* cancel, Observer* observer) {
    std::vector<Part> guessed;
    std::vector<Part>& left = left_;
    left.clear();
    std::vector<std::vector<double>> points;  // where those that are left are least, of the worst
    progress_.own = progress_.domains += parts.size();
    std::vector<std::pair<std::size_t, std::size_t>> fresh;  // which of those left, and their rows
    const auto keep = [&](Part& part, std::size_t row, const PartBounds& found) {
      note(part, row, found);
      fresh.emplace_back(left.size(), row);
      left.push_back(std::move(part));
    };
    const auto judge = [&](const PartBounds& found, const Engine& finder) {
      // Ranks take turns; what they say of a part is told to all below.
      std::vector<PartJudge::Turn> own;
      for (const auto& [part, row] : fresh)
        if (part % static_cast<std::size_t>(engine_->ranks()) ==
            static_cast<std::size_t>(engine_->rank()))
          own.push_back({&left[part], row});
      judge_.judge(own, found, ScalarRange::of(finder.scalar()));
      const auto few = static_cast<std::ptrdiff_t>(std::min(fresh.size(), most_points));
      std::partial_sort(fresh.begin(), fresh.begin() + few, fresh.end(),
                        [&](const auto& a, const auto& b) {
                          return left[a.first].margin < left[b.first].margin;
                        });
      points.resize(left.size());
      for (std::ptrdiff_t k = 0; k < few; ++k) {
        const auto [part, row] = fresh[static_cast<std::size_t>(k)];
        points[part] = worst_point(left[part], boxes_[static_cast<std::size_t>(left[part].domain)],
                                   row, found);
      }
      fresh.clear();
    };
    bound_all(
        *engine_, parts, options_.bounding, cancel, observer,
        [&](std::size_t p, std::size_t row, const PartBounds& found) {
          Part& part = parts[p];
          if (!is_refuted_by(part, row, found)) return keep(part, row, found);
          if (proving_ == engine_) return note_refuted(part);
          note(part, row, found);
          guessed.push_back(std::move(part));
        },
        [&](const PartBounds& found) { judge(found, *engine_); });
    prove(std::move(guessed), cancel, observer, keep, judge);
    share_judgements(*engine_, left);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
      if (left[i].is_empty)
        note_refuted(left[i]);
      else if (const std::size_t to = kept++; to != i)
        left[to] = std::move(left[i]), points[to] = std::move(points[i]);
    left.resize(kept);
    // The worst comes first again: where a counterexample is most likely.
    std::vector<std::size_t> order(left.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return left[a].margin < left[b].margin; });
    Points found;
    for (std::size_t k = 0; k < std::min(order.size(), most_points); ++k) {
      const auto& x = points[order[k]];
      found.x.insert(found.x.end(), x.begin(), x.end());
      if (!x.empty()) found.task.push_back(left[order[k]].task);
    }
    progress_.worst = order.empty() ? 0 : left[order.front()].margin;
    for (auto it = order.rbegin(); it != order.rend(); ++it) waiting_.put(std::move(left[*it]));
    note_waiting();
    return found;
  }

  // Every activation is a line in them, so that nothing is missing but multipliers. Where a solver finds these, no others
  // do better, unless there are lines of other kinds.
  Points bound_leaves(std::vector<Part> leaves, const CancelToken* cancel, Observer* observer) {
    Points points;
    if (leaves.empty()) return points;
    // What is known of an input beside its side follows from the sides and the rows.
    for (Part& leaf : leaves)
      leaf.forget([this](const NeuronSplit& split) {
        return split.point != 0 && engine_->bends_at_zero(split.activation);
      });
    orders_.translate(leaves, *engine_, *proving_);
    if (options_.minimax) {
      const ExactLeaves exact(*proving_, options_.minimax, tasks_, options_.rows);
      exact.judge(leaves, cancel, observer);
      std::erase_if(leaves, [&](const Part& leaf) {
        if (leaf.is_empty) note_refuted(leaf);
        if (leaf.is_empty || leaf.point.empty()) return leaf.is_empty;
        points.append({{leaf.task}, leaf.point});
        progress_.undecided += exact.is_exact();
        return exact.is_exact();
      });
    }
    PartOptions options = options_.bounding;
    options.iterations = options_.leaf_iterations;
    options.multiplier_rate = leaf_rate;  // parts without a point want multipliers without end
    options.decay = leaf_decay;
    options.coefficients = options.guesses = false;
    bound_all(*proving_, leaves, options, cancel, observer,
              [&](std::size_t p, std::size_t row, const PartBounds& found) {
                if (is_refuted_by(leaves[p], row, found)) return note_refuted(leaves[p]);
                ++progress_.undecided;
              });
    return points;
  }
  bool is_refuted_by(const Part& part, std::size_t row, const PartBounds& found) const {
    const Conjunction& set = set_of(part);
    const auto range = ScalarRange::of(proving_->scalar());
    for (std::size_t r = 0; r < part.rows.size(); ++r)
      if (refutes(set, r, found.lower[row + r], found.slack[row + r], range)) return true;
    return false;
  }
  void note_waiting() {
    progress_.open = waiting_.size();
    progress_.bytes = waiting_.bytes();
  }
  void note_refuted(const Part& part) {
    ++progress_.refuted;
    progress_.share += std::ldexp(1.0 / static_cast<double>(tasks_.size()), -part.depth);
    --open_[part.task];
  }
  // What was found for a part, which is never worse than what its parent had.
  void note(Part& part, std::size_t row, const PartBounds& found) const {
    part.margin = std::max(part.margin, part.margin_above(set_of(part), found.lower, row));
    for (std::size_t r = 0; r < part.rows.size(); ++r) {
      part.rows[r].multipliers = found.multipliers[row + r];
      part.rows[r].slopes = found.slopes[row + r];
    }
  }
  // Parts that guesses say are refuted are bounded once in earnest; where that does not do, with steps of their own.
  template <class Keep, class Judge>
  void prove(std::vector<Part> parts, const CancelToken* cancel, Observer* observer,
             const Keep& keep, const Judge& judge) {
    if (parts.empty()) return;
    PartOptions options = options_.bounding;
    options.guesses = false;
    orders_.translate(parts, *engine_, *proving_);
    for (const bool is_last : {false, true}) {
      options.iterations = is_last ? options_.bounding.iterations : 1;
      options.coefficients = is_last;
      std::vector<Part> rest;
      bound_all(
          *proving_, parts, options, cancel, observer,
          [&](std::size_t p, std::size_t row, const PartBounds& found) {
            Part& part = parts[p];
            if (is_refuted_by(part, row, found)) return note_refuted(part);
            if (!is_last) return rest.push_back(std::move(part));
            part.margin = -std::numeric_limits<double>::infinity();  // it was guessed
            keep(part, row, found);
            orders_.translate(std::span(&left_.back(), 1), *proving_, *engine_);
          },
          [&](const PartBounds& found) { judge(found, *proving_); });
      parts = std::move(rest);
    }
  }

  static constexpr double leaf_rate = 0.5, leaf_decay = 0.995;
  static constexpr std::size_t most_points = 8;  // that a round gives back

  Engine *engine_, *proving_;
  NeuronSearchOptions options_;
  std::vector<Task> tasks_;
  std::vector<OutputBounds<double>> boxes_;  // of each domain
  std::vector<std::int64_t> open_;           // parts of each task that are left
  std::vector<Part> roots_;
  WaitingParts waiting_;
  std::vector<Part> left_;  // of the parts of a round
  SlopeOrders orders_;
  PartJudge judge_;
  SearchProgress progress_;
};

}  // namespace shardbound::inline v0
