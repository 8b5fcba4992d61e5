// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A verdict on a property: bounds refute clauses, points hit them. `unsat` (the property holds) needs a
// proof for every clause: some row of its conjunction stays above its threshold over the whole box by
// more than everything that rounding can have done. `sat` needs a point of a box whose output, computed
// in double precision, satisfies a whole conjunction. Anything else is `unknown`.

#include <shardbound/core/rounding.hpp>
#include <shardbound/verify/attack.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct VerifyOptions {
  Method method{};
  Capacity capacity{};  ///< wave and budget; domains and rows are filled in
  index_t batch = 64;   ///< regions bounded at once
  double timeout = 0;   ///< seconds; 0: none
  AttackOptions attack{};
  /// Is told how far bounds have come, and of node 0 while points are tried.
  Observer* observer = nullptr;
};

struct Verdict {
  enum class Answer { unsat, sat, unknown, timeout };

  Answer answer = Answer::unknown;
  std::optional<Counterexample> counterexample;
  std::size_t clauses = 0, refuted = 0;
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

/// Throws ArgumentError if a property speaks of another number of inputs or outputs.
inline void check_property(const Property& property, index_t inputs, index_t outputs,
                           const std::string& who) {
  if (property.inputs == inputs && property.outputs == outputs) return;
  throw ArgumentError(who + ": it speaks of " + std::to_string(property.inputs) + " inputs and " +
                      std::to_string(property.outputs) + " outputs where the network has " +
                      std::to_string(inputs) + " and " + std::to_string(outputs));
}

/// Every row of a property's conjunctions over regions [first, first + count), the region's place in
/// the batch as its domain; rows in the order of the property.
inline RowQuery rows_of(const Property& property, std::size_t first, std::size_t count) {
  RowQuery query;
  for (std::size_t k = 0; k < count; ++k)
    for (const Conjunction& set : property.regions[first + k].unsafe) {
      query.matrix.insert(query.matrix.end(), set.rows.begin(), set.rows.end());
      query.domain.insert(query.domain.end(), set.rhs.size(), static_cast<std::int32_t>(k));
    }
  return query;
}

/// Where several ranks share the engines each runs one of these; they come to the same verdict, and
/// rank 0's clock counts.
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
    verdict.refuted = static_cast<std::size_t>(std::count(refuted_.begin(), refuted_.end(), true));
    return verdict;
  }

 private:
  static constexpr double longest_timeout = 1e9;  // seconds that a clock can still count

  bool all_refuted() const {
    return std::find(refuted_.begin(), refuted_.end(), false) == refuted_.end();
  }
  void check_time() const {
    if (bounding_->agree(token_.cancelled())) throw Cancelled("the time is over");
  }

  std::optional<Counterexample> decide() {
    for (std::size_t region = 0; region < property_->regions.size(); ++region) {
      check_time();
      if (auto hit = attack_.try_points(region, attack_.obvious_points(region))) return hit;
    }
    worst_.assign(clauses_.size(), {});
    bound(*bounding_);
    if (almost_ && bounding_ != exact_) bound(*exact_);
    for (std::size_t c = 0; c < clauses_.size(); ++c) {
      if (refuted_[c]) continue;
      check_time();
      if (options_.observer && bounding_->rank() == 0) options_.observer->see({.node = 0});
      if (auto hit = attack_.search(clauses_[c], worst_[c], &token_)) return hit;
    }
    if (!all_refuted()) check_time();
    return {};
  }

  // Bounds every row of every region that has open clauses, batch by batch.
  void bound(Engine& engine) {
    const auto regions = property_->regions.size();
    const auto batch = std::clamp<std::size_t>(static_cast<std::size_t>(options_.batch), 1,
                                               std::max<std::size_t>(regions, 1));
    Capacity capacity = options_.capacity;
    capacity.domains = static_cast<index_t>(batch);
    capacity.worst_points = options_.method.descent == Descent::input;
    for (std::size_t first = 0; first < regions; first += batch)
      capacity.rows = std::max(
          capacity.rows,
          static_cast<index_t>(rows_of(*property_, first, batch_size(first, batch)).domain.size()));
    engine.prepare(options_.method, capacity);
    almost_ = false;
    std::size_t clause = 0;
    for (std::size_t first = 0; first < regions; first += batch) {
      const std::size_t count = batch_size(first, batch);
      std::vector<InputSet> sets;
      for (std::size_t k = 0; k < count; ++k) sets.emplace_back(property_->regions[first + k].box);
      const auto found = engine.run(sets, rows_of(*property_, first, count),
                                    {.outputs = false, .worst_points = capacity.worst_points},
                                    &token_, {}, options_.observer);
      clause = judge(found, first + count, clause);
    }
  }
  std::size_t batch_size(std::size_t first, std::size_t batch) const {
    return std::min(batch, property_->regions.size() - first);
  }

  // Goes through the rows of a batch clause by clause; returns the first clause beyond it.
  std::size_t judge(const Bounds<double>& found, std::size_t end_region, std::size_t clause) {
    const auto n = static_cast<std::size_t>(property_->inputs);
    std::size_t row = 0;
    for (; clause < clauses_.size() && clauses_[clause].region < end_region; ++clause) {
      const auto& set =
          property_->regions[clauses_[clause].region].unsafe[clauses_[clause].conjunction];
      for (double threshold : set.rhs) {
        const double lower = found.rows.lower[row];
        if (proved(lower, found.rows.slack[row]) > threshold)
          refuted_[clause] = true;
        else if (lower > threshold)
          almost_ = true;
        if (!found.worst_points.empty()) {
          const auto point = found.worst_points.begin() + static_cast<std::ptrdiff_t>(row * n);
          auto& worst = worst_[clause];
          for (std::size_t i = 0; i < n; ++i) {
            const Box& box = property_->regions[clauses_[clause].region].box;
            worst.push_back(
                std::clamp(point[static_cast<std::ptrdiff_t>(i)], box.lower[i], box.upper[i]));
          }
        }
        ++row;
      }
    }
    return clause;
  }

  Engine *bounding_, *exact_;
  const Property* property_;
  VerifyOptions options_;
  Attack attack_;
  CancelToken token_;
  std::vector<Clause> clauses_;
  std::vector<bool> refuted_;
  std::vector<std::vector<double>> worst_;  // per clause: where its rows were seen least
  bool almost_ = false;                     // some row cleared its threshold, but not rounding
};

}  // namespace shardbound::inline v0
