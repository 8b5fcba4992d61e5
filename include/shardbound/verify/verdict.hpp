// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A verdict on a property: bounds refute clauses, points hit them. `unsat` (the property holds) needs a
// proof for every clause: some row of its conjunction, or a sum of them, stays above its threshold over the whole box by
// more than everything that rounding can have done. A few points are tried first, then CROWN, then points again, and what
// is left gets optimised slopes if the method has any, and the most points. `sat` needs a point of a box that satisfies a whole conjunction, as
// attack.hpp judges points. Anything else is `unknown`, as is what an infinite box would need.

#include <shardbound/verify/attack.hpp>
#include <shardbound/verify/branch_and_bound.hpp>
#include <shardbound/verify/combination.hpp>
#include <shardbound/verify/region_rows.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// What becomes of clauses that bounds alone do not refute: they stay open, or their boxes are cut up.
enum class Search { none, branch_and_bound };

struct VerifyOptions {
  /// What rows get in the end; without its slopes at first.
  Method method{.optimisation = {.iterations = 20}};
  Capacity capacity{};  ///< wave and budget; domains and rows are filled in
  index_t batch = 64;   ///< regions bounded at once
  double timeout = 0;   ///< seconds; 0: none
  AttackOptions attack{};
  Search search = Search::branch_and_bound;
  InputSearchOptions inputs{};
  NeuronSearchOptions neurons{};
  SearchObserver see{};
  /// Is told how far bounds have come, and of node 0 while points are tried.
  Observer* observer = nullptr;
};

struct Verdict {
  enum class Answer { unsat, sat, unknown, timeout };

  Answer answer = Answer::unknown;
  std::optional<Counterexample> counterexample;
  std::size_t clauses = 0, refuted = 0;
  SearchProgress search{};  ///< of all regions: domains that were bounded, and undecided in the end
};

inline std::string_view to_string(Verdict::Answer answer) {
  switch (answer) {
    case Verdict::Answer::unsat: return "unsat";
    case Verdict::Answer::sat: return "sat";
    case Verdict::Answer::unknown: return "unknown";
    case Verdict::Answer::timeout: return "timeout";
  }
  return "unknown";
}

/// Where several ranks share the engines each runs one of these; they come to the same verdict, and
/// rank 0's clock counts, and, where ranks search by themselves, whichever is first.
class Verifier {
 public:
  /// `bounding` bounds, in any scalar; `exact` is the same network in float64, which evaluates points
  /// and bounds again what float32 could only almost prove. They may be the same engine.
  Verifier(Engine& bounding, Engine& exact, const Property& property, VerifyOptions options)
      : bounding_(&bounding),
        exact_(&exact),
        property_(&property),
        options_(std::move(options)),
        attack_(exact, property, options_.attack),
        clauses_(clauses_of(property)),
        refuted_(clauses_.size(), false) {}

  Verdict run() {
    Verdict verdict;
    verdict.clauses = clauses_.size();
    if (options_.timeout > 0)
      token_.expire_at(
          CancelToken::Clock::now() +
          std::chrono::duration_cast<CancelToken::Clock::duration>(
              std::chrono::duration<double>(std::min(options_.timeout, longest_timeout))));
    try {
      verdict.counterexample = decide();
      verdict.answer = verdict.counterexample ? Verdict::Answer::sat
                       : all_refuted()        ? Verdict::Answer::unsat
                                              : Verdict::Answer::unknown;
    } catch (const Cancelled&) {
      verdict.answer = Verdict::Answer::timeout;
    }
    if (!verdict.counterexample && attack_.spare()) {
      verdict.counterexample = attack_.spare();
      verdict.answer = Verdict::Answer::sat;
    }
    verdict.search = progress_;
    verdict.refuted = static_cast<std::size_t>(std::count(refuted_.begin(), refuted_.end(), true));
    return verdict;
  }

 private:
  static constexpr std::size_t few_regions = 16;  // more are bounded at once sooner than attacked
  static constexpr double longest_timeout = 1e9;  // seconds that a clock can still count

  bool all_refuted() const {
    return std::find(refuted_.begin(), refuted_.end(), false) == refuted_.end();
  }
  void check_time() const {
    if (bounding_->agree(token_.cancelled())) throw Cancelled("the time is over");
  }

  std::optional<Counterexample> decide() {
    const Effort usual = Effort::usual(exact_->plan());
    for (std::size_t region = 0; region < property_->regions.size(); ++region) {
      check_time();
      if (auto hit = attack_.try_points(region, attack_.obvious_points(region), &token_))
        return hit;
      if (attack_.spare()) return attack_.search(attack_.spare()->clause, {}, usual, &token_);
    }
    worst_.assign(clauses_.size(), {});
    if (property_->regions.size() <= few_regions) {
      auto hit = attack_open(Effort::quick(exact_->plan()));
      if (hit || attack_.spare()) return hit;
    }
    const Method wanted = std::exchange(options_.method, without_slopes(options_.method));
    bound_rows();
    bound_sums();
    auto hit = attack_open(usual);
    if (hit || attack_.spare() || all_refuted()) return hit;
    options_.method = wanted;
    if (options_.search == Search::none) {
      if (wanted.optimises()) bound_rows();
    } else {
      hit = search();
      if (hit || attack_.spare() || all_refuted()) return hit;
    }
    return attack_open(Effort::thorough(exact_->plan()));
  }
  // Branch and bound over what is left, region by region.
  std::optional<Counterexample> search() {
    BranchAndBound search(*bounding_, *exact_, *property_, attack_, cutting());
    for (std::size_t first = 0, end = 0; first < clauses_.size(); first = end) {
      const std::size_t region = clauses_[first].region;
      std::vector<std::size_t> open;
      for (end = first; end < clauses_.size() && clauses_[end].region == region; ++end)
        if (is_open(end) && set_of(end).size() > 0) open.push_back(clauses_[end].conjunction);
      if (open.empty()) continue;
      check_time();
      std::optional<Counterexample> hit;
      try {
        hit = search.run(region, open, &token_);
      } catch (const Cancelled&) {
        progress_.add(search.progress());
        throw;
      }
      progress_.add(search.progress());
      if (hit || attack_.spare()) return hit;
      for (std::size_t c = first; c < end; ++c)
        if (search.refuted()[clauses_[c].conjunction]) refuted_[c] = true;
    }
    return {};
  }
  // Nobody waits for ever, who sets no time either.
  BranchAndBoundOptions cutting() const {
    constexpr std::uint64_t most_in_no_time = std::uint64_t{1} << 20;
    BranchAndBoundOptions options{options_.method,  options_.capacity, options_.inputs,
                                  options_.neurons, options_.see,      options_.observer};
    if (options_.timeout == 0) {
      if (options.inputs.most_boxes == 0) options.inputs.most_boxes = most_in_no_time;
      if (options.neurons.most_parts == 0) options.neurons.most_parts = most_in_no_time;
    }
    return options;
  }
  static Method without_slopes(Method method) {
    method.optimisation.iterations = 0;
    return method;
  }
  // Points for the clauses that no bound has refuted.
  std::optional<Counterexample> attack_open(const Effort& effort) {
    std::vector<Target> targets;
    for (std::size_t c = 0; c < clauses_.size(); ++c)
      if (!refuted_[c]) targets.push_back({clauses_[c], worst_[c]});
    if (targets.empty()) return {};
    check_time();
    if (options_.observer && bounding_->rank() == 0) options_.observer->see({.node = 0});
    auto hit = attack_.search(targets, effort, &token_);
    if (hit || attack_.spare()) return hit;
    if (!all_refuted()) check_time();
    return {};
  }

  /// Rows that are to be bounded over the box of a clause's region: its own, or what stands for them.
  struct Task {
    std::size_t clause;
    const Conjunction* set;
  };

  const Region& region_of(std::size_t clause) const {
    return property_->regions[clauses_[clause].region];
  }
  const Conjunction& set_of(std::size_t clause) const {
    return region_of(clause).unsafe[clauses_[clause].conjunction];
  }
  std::size_t outputs() const { return static_cast<std::size_t>(property_->network_outputs()); }
  // Whether bounds could refute it yet.
  bool is_open(std::size_t clause) const {
    const auto is_finite = [](double x) { return std::isfinite(x); };
    const Box& box = region_of(clause).box;
    return !refuted_[clause] && std::all_of(box.lower.begin(), box.lower.end(), is_finite) &&
           std::all_of(box.upper.begin(), box.upper.end(), is_finite);
  }
  bool descends() const { return options_.method.descent == Descent::input; }

  // Bounds the rows of open clauses; where float32 could only almost prove something, again.
  void bound_rows() {
    const auto tasks = [&] {
      std::vector<Task> all;
      for (std::size_t c = 0; c < clauses_.size(); ++c) {
        const Conjunction& set = set_of(c);
        if (is_open(c) && set.size() > 0) all.push_back({c, &set});
      }
      return all;
    };
    judge_all(tasks);
  }

  // The same for sums of rows of conjunctions that no single row refutes.
  void bound_sums() {
    if (!descends()) return;
    std::vector<Task> left;
    for (std::size_t c = 0; c < clauses_.size(); ++c) {
      const Conjunction& set = set_of(c);
      if (is_open(c) && set.size() > 1) left.push_back({c, &set});
    }
    std::vector<Conjunction> sums;
    std::vector<std::size_t> owners;
    run(left, {.outputs = false, .linear_bounds = true},
        [&](const Task& task, const Bounds<double>& found, std::size_t row, const ScalarRange&) {
          const Conjunction& set = *task.set;
          const std::size_t rows = set.rhs.size(), n = static_cast<std::size_t>(property_->inputs);
          const auto& linear = found.lower_linear;
          const auto multipliers = multipliers_for(
              region_of(task.clause).box, std::span(linear.coefficients).subspan(row * n, rows * n),
              std::span(linear.constant).subspan(row, rows), set.rhs);
          auto sum = combined(set, static_cast<std::size_t>(property_->outputs), multipliers);
          if (!sum) return;
          sums.push_back(std::move(*sum));
          owners.push_back(task.clause);
        });
    judge_all([&] {
      std::vector<Task> all;
      for (std::size_t i = 0; i < sums.size(); ++i)
        if (is_open(owners[i])) all.push_back({owners[i], &sums[i]});
      return all;
    });
  }

  template <class Tasks>
  void judge_all(const Tasks& tasks) {
    const auto judge_one = [&](const Task& task, const Bounds<double>& found, std::size_t row,
                               const ScalarRange& range) { judge(task, found, row, range); };
    Wanted wanted{.outputs = false, .worst_points = descends()};
    wanted.slopes = options_.method.optimises() && bounding_ != exact_;
    for (const Task& task : tasks())
      for (std::size_t i = 0; i < task.set->rhs.size(); ++i)
        if (refutes_inputs(*task.set, i, outputs(), region_of(task.clause).box))
          refuted_[task.clause] = true;
    run(tasks(), wanted, judge_one);
  }

  // Bounds tasks, which are in the order of their clauses, some regions at once, and shows what was found for each and
  // where its rows begin. Where that almost proves something in float32, float64 bounds those regions again, once: with
  // the slopes that were found.
  template <class See>
  void run(const std::vector<Task>& tasks, const Wanted& wanted, const See& see) {
    if (tasks.empty()) return;
    const auto range = ScalarRange::of(bounding_->scalar());
    const auto batch = regions_at_once();
    const auto end_of = [&](std::size_t first) {  // of a batch
      std::size_t end = first, regions = 0;
      for (; end < tasks.size(); ++end) {
        const bool fresh = end == first || clauses_[tasks[end].clause].region !=
                                               clauses_[tasks[end - 1].clause].region;
        if (fresh && ++regions > batch) break;
      }
      return end;
    };
    Capacity capacity = options_.capacity;
    capacity.worst_points = wanted.worst_points;
    capacity.linear_bounds = wanted.linear_bounds;
    for (std::size_t first = 0, end = 0; first < tasks.size(); first = end) {
      end = end_of(first);
      const Batch one = batch_of(tasks, first, end, range);
      capacity.domains = std::max(capacity.domains, static_cast<index_t>(one.sets.size()));
      capacity.rows = std::max(capacity.rows, static_cast<index_t>(one.query.domain.size()));
    }
    bounding_->prepare(options_.method, capacity);
    bool is_prepared = false;  // to prove
    for (std::size_t first = 0, end = 0; first < tasks.size(); first = end) {
      end = end_of(first);
      const auto bound = [&](Engine& engine, const Wanted& what) {
        const auto own = ScalarRange::of(engine.scalar());
        const Batch one = batch_of(tasks, first, end, own);
        auto found = engine.run(one.sets, one.query, what, &token_, {}, options_.observer);
        for (std::size_t t = first, row = 0; t < end; row += tasks[t++].set->rhs.size())
          see(tasks[t], found, row, own);
        return std::move(found.slopes);
      };
      almost_ = false;
      const Slopes slopes = bound(*bounding_, wanted);
      if (!almost_ || bounding_ == exact_) continue;
      if (!std::exchange(is_prepared, true)) {
        Method once = options_.method;
        once.optimisation.iterations = std::min(once.optimisation.iterations, 1);
        exact_->prepare(once, capacity);
      }
      Wanted again = wanted;
      again.slopes = false;
      again.begin_with = &slopes;
      bound(*exact_, again);
    }
  }
  // As many regions as --batch says, or as slopes leave room for.
  std::size_t regions_at_once() const {
    constexpr double most_bytes = 1 << 30;
    const auto asked = static_cast<double>(std::max<index_t>(options_.batch, 1));
    if (!options_.method.optimises()) return static_cast<std::size_t>(asked);
    const double each = 32 * most_slopes(bounding_->plan());
    return static_cast<std::size_t>(std::clamp(most_bytes / std::max(each, 1.0), 1.0, asked));
  }

  struct Batch {
    std::vector<InputSet> sets;
    RowQuery query;
  };
  // Rows that the engine's scalar does not hold are 0 there; `refutes` knows them.
  Batch batch_of(const std::vector<Task>& tasks, std::size_t first, std::size_t end,
                 const ScalarRange& range) const {
    Batch one;
    for (std::size_t t = first; t < end; ++t) {
      const std::size_t region = clauses_[tasks[t].clause].region;
      if (t == first || region != clauses_[tasks[t - 1].clause].region)
        one.sets.emplace_back(property_->regions[region].box);
      const Conjunction& set = *tasks[t].set;
      for (std::size_t r = 0; r < set.rhs.size(); ++r) {
        const auto row = row_at(set, r);
        auto& matrix = one.query.matrix;
        if (range.holds(row))
          matrix.insert(matrix.end(), row.begin(), row.end());
        else
          matrix.resize(matrix.size() + row.size(), 0);
      }
      one.query.domain.insert(one.query.domain.end(), set.rhs.size(),
                              static_cast<std::int32_t>(one.sets.size() - 1));
      one.query.targets.insert(one.query.targets.end(), set.rhs.begin(), set.rhs.end());
      one.query.groups.insert(one.query.groups.end(), set.rhs.size(),
                              static_cast<std::int32_t>(t - first));
    }
    return one;
  }

  void judge(const Task& task, const Bounds<double>& found, std::size_t row,
             const ScalarRange& range) {
    const auto n = static_cast<std::size_t>(property_->inputs);
    const Box& points = region_of(task.clause).point_box();
    for (std::size_t i = 0; i < task.set->rhs.size(); ++i, ++row) {
      const double lower = found.rows.lower[row];
      if (refutes(*task.set, i, lower, found.rows.slack[row], range))
        refuted_[task.clause] = true;
      else if (lower > task.set->rhs[i] || !range.holds(row_at(*task.set, i)))
        almost_ = true;
      for (std::size_t k = 0; k < n && !found.worst_points.empty(); ++k)
        worst_[task.clause].push_back(
            std::max(points.lower[k], std::min(points.upper[k], found.worst_points[row * n + k])));
    }
  }

  Engine *bounding_, *exact_;
  const Property* property_;
  VerifyOptions options_;
  Attack attack_;
  CancelToken token_;
  std::vector<Clause> clauses_;
  std::vector<bool> refuted_;
  std::vector<std::vector<double>> worst_;  // per clause: where its rows were seen least
  SearchProgress progress_;
  bool almost_ = false;  // some row cleared its threshold, but not rounding
};

}  // namespace shardbound::inline v0
