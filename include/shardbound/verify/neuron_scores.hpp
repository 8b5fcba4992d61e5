// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where to split a part of a domain next: what rows lose at each unstable neuron, judged from the coefficients that they
// have there (BaBSR, 1909.06588), and, as a second opinion, from the chord's intercept alone, over what is left of intervals.
// Where an activation curves they lose what is between it and its line, and it may be split again. Both lists give candidates; which of them is best
// is for bounds to say (FSB, 2104.06718).

#include <shardbound/bound/engine.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// The neurons of an activation that domains may be split at: unstable ones, by number, with their intervals and what
/// the layer below adds to them; of an activation that does not bend at 0 alone also how far its lines are from it.
struct SplitNeurons {
  int activation = 0;
  std::vector<std::int32_t> neuron{};
  std::vector<double> lower{}, upper{}, shift{};
  std::vector<relax::Gaps<double>> gaps{};

  bool bends_at_zero() const { return gaps.empty(); }
};

/// Whether there is anything to be gained between an activation that curves and its lines.
inline bool has_gaps(const relax::Gaps<double>& gaps) {
  return gaps.sum() > 0 && std::isfinite(gaps.sum());
}

/// Those of one domain of the engine's last run, activation by activation.
inline std::vector<SplitNeurons> split_neurons(const Engine& engine, std::size_t domain) {
  const PlanView& plan = engine.plan();
  const std::vector<bool> below = plan.nodes_below(plan.output());
  std::vector<SplitNeurons> all;
  for (int v = 1; v < plan.size(); ++v) {
    if (!below[static_cast<std::size_t>(v)] || !engine.can_be_split(v)) continue;
    const bool bends = engine.bends_at_zero(v);
    const auto bounds = engine.node_bounds(plan.input_of(v)).at(domain);
    const auto shift = engine.shift(plan.input_of(v));
    SplitNeurons own{v};
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      if (bends && (!(bounds.lower[i] < 0) || !(bounds.upper[i] > 0))) continue;
      if (!bends) {
        const auto gaps = engine.gaps(v, bounds.lower[i], bounds.upper[i]);
        if (!has_gaps(gaps)) continue;
        own.gaps.push_back(gaps);
      }
      own.neuron.push_back(static_cast<std::int32_t>(i));
      own.lower.push_back(bounds.lower[i]);
      own.upper.push_back(bounds.upper[i]);
      own.shift.push_back(shift[i]);
    }
    if (!own.neuron.empty()) all.push_back(std::move(own));
  }
  return all;
}

/// What an engine says of activations that curve: Engine::gaps and split_point.
struct Curves {
  std::function<relax::Gaps<double>(int activation, double lower, double upper)> gaps{};
  std::function<float(int activation, double lower, double upper)> split_point{};

  static Curves of(const Engine& engine) {
    return {[&engine](int v, double lower, double upper) { return engine.gaps(v, lower, upper); },
            [&engine](int v, double lower, double upper) {
              return engine.split_point(v, lower, upper);
            }};
  }
};

/// Adds up what the rows of one part lose, neuron by neuron, and names those where it is most.
class NeuronScores {
 public:
  /// The part has some splits; `curves` is asked about activations that do not bend at 0 alone.
  explicit NeuronScores(const std::vector<SplitNeurons>& neurons,
                        std::span<const NeuronSplit> splits = {}, const Curves* curves = nullptr)
      : neurons_(&neurons), curves_(curves) {
    for (const SplitNeurons& own : neurons) {
      score_.emplace_back(own.neuron.size());
      intercept_.emplace_back(own.neuron.size());
      closed_.emplace_back(own.neuron.size());
      lower_.push_back(own.lower);
      upper_.push_back(own.upper);
    }
    for (const NeuronSplit& split : splits) note(split);
    for (auto& [place, gaps] : gaps_) {
      const auto [a, i] = place;
      const SplitNeurons& own = neurons[a];
      const double lower = lower_[a][i], upper = upper_[a][i];
      closed_[a][i] = !(upper - lower > least_share * (own.upper[i] - own.lower[i]));
      if (closed_[a][i]) continue;
      gaps = curves_->gaps(own.activation, lower, upper);
      closed_[a][i] = !has_gaps(gaps);
    }
  }

  void clear() {
    for (auto* lists : {&score_, &intercept_})
      for (auto& list : *lists) std::fill(list.begin(), list.end(), 0);
  }
  /// A row's coefficients on some neurons of the a-th activation, in their order; the row has none on others.
  void add(std::size_t a, std::span<const std::int32_t> of, std::span<const double> coefficients) {
    const SplitNeurons& own = (*neurons_)[a];
    for (std::size_t i = 0, k = 0; i < own.neuron.size(); ++i) {
      while (k < of.size() && of[k] < own.neuron[i]) ++k;
      if (k == of.size() || of[k] != own.neuron[i]) continue;
      const double c = coefficients[k];
      if (!std::isfinite(c)) continue;
      if (!own.bends_at_zero()) {
        const relax::Gaps<double>& gaps = gaps_of(a, i);
        const double lost = c > 0 ? c * gaps.lower : -c * gaps.upper;
        score_[a][i] += lost;
        intercept_[a][i] -= lost;
        continue;
      }
      const double slope = upper_[a][i] / (upper_[a][i] - lower_[a][i]);
      const double intercept = -lower_[a][i] * slope * std::min(c, 0.0);
      const double moved = std::min(own.shift[i] * c * (slope - 1), own.shift[i] * c * slope);
      score_[a][i] += std::abs(moved + intercept);
      intercept_[a][i] += intercept;
    }
  }
  /// What rows lose between chords and bends, of one neuron after the other where activations bend at 0.
  std::vector<double> losses() const {
    std::vector<double> all;
    for (std::size_t a = 0; a < neurons_->size(); ++a)
      if ((*neurons_)[a].bends_at_zero())
        for (const double intercept : intercept_[a]) all.push_back(-intercept);
    return all;
  }
  /// The `count` best by either judgement, each once, the best first; if nothing is lost anywhere, any. Empty only if
  /// nothing is left to split: neurons where activations bend are split once, others until little is left of them.
  std::vector<NeuronSplit> best(std::size_t count) const {
    struct Candidate {
      double score;
      NeuronSplit split;
    };
    // Ties go by name, so that nothing depends on the order in which they come.
    const auto is_before = [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.split < b.split;
    };
    std::vector<Candidate> by_score, by_intercept;
    const auto offer = [&](std::vector<Candidate>& list, const Candidate& one) {
      if (list.size() == count && (count == 0 || !is_before(one, list.back()))) return;
      list.insert(std::upper_bound(list.begin(), list.end(), one, is_before), one);
      if (list.size() > count) list.pop_back();
    };
    for (std::size_t a = 0; a < neurons_->size(); ++a) {
      const SplitNeurons& own = (*neurons_)[a];
      for (std::size_t i = 0; i < own.neuron.size(); ++i) {
        if (closed_[a][i]) continue;
        const NeuronSplit split{own.activation, own.neuron[i], 1};
        offer(by_score, {score_[a][i], split});
        offer(by_intercept, {-intercept_[a][i], split});
      }
    }
    std::vector<NeuronSplit> found;
    for (const auto* list : {&by_score, &by_intercept})
      for (const Candidate& one : *list)
        if (std::find(found.begin(), found.end(), one.split) == found.end())
          found.push_back(one.split);
    std::erase_if(found, [this](NeuronSplit& split) { return !set_point(split); });
    return found;
  }

 private:
  static constexpr double least_share = 1.0 / 256;  // of an interval

  using Place = std::pair<std::size_t, std::size_t>;  // of an activation and of a neuron of it
  // None of a neuron that is not among them.
  std::optional<Place> place_of(const NeuronSplit& split) const {
    for (std::size_t a = 0; a < neurons_->size(); ++a) {
      const SplitNeurons& own = (*neurons_)[a];
      if (own.activation != split.activation) continue;
      const auto at = std::lower_bound(own.neuron.begin(), own.neuron.end(), split.neuron);
      if (at == own.neuron.end() || *at != split.neuron) return {};
      return Place{a, static_cast<std::size_t>(at - own.neuron.begin())};
    }
    return {};
  }
  void note(const NeuronSplit& split) {
    const auto place = place_of(split);
    if (!place) return;
    const auto [a, i] = *place;
    const double point = split.point;
    if (split.side > 0)
      lower_[a][i] = std::max(lower_[a][i], point);
    else
      upper_[a][i] = std::min(upper_[a][i], point);
    if ((*neurons_)[a].bends_at_zero())
      closed_[a][i] = lower_[a][i] >= 0 || upper_[a][i] <= 0;
    else
      gaps_.try_emplace(*place);
  }
  // Of a neuron that curves.
  const relax::Gaps<double>& gaps_of(std::size_t a, std::size_t i) const {
    const auto narrowed = gaps_.find({a, i});
    return narrowed != gaps_.end() ? narrowed->second : (*neurons_)[a].gaps[i];
  }
  // Whether there is one: floats may be too far apart.
  bool set_point(NeuronSplit& split) const {
    const auto [a, i] = *place_of(split);
    if ((*neurons_)[a].bends_at_zero()) return true;
    split.point = curves_->split_point(split.activation, lower_[a][i], upper_[a][i]);
    const double point = split.point;
    return point > lower_[a][i] && point < upper_[a][i];
  }

  const std::vector<SplitNeurons>* neurons_;
  const Curves* curves_;
  std::vector<std::vector<double>> score_, intercept_;
  std::vector<std::vector<double>> lower_, upper_;  // what splits leave of intervals
  std::vector<std::vector<bool>> closed_;
  std::map<Place, relax::Gaps<double>> gaps_;  // of neurons that curve and are split
};

}  // namespace shardbound::inline v0
