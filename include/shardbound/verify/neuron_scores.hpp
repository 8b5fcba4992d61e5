// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where to split a part of a domain next: what rows lose at each unstable neuron, judged from the coefficients that they
// have there (BaBSR, 1909.06588), and, as a second opinion, from the chord's intercept alone. Where an activation curves
// they lose what is between it and its line, and it may be split again. Both lists give candidates; which of them is best
// is for bounds to say (FSB, 2104.06718).

#include <shardbound/bound/engine.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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

/// Whether an activation that curves may be split at the point of its gaps over an interval.
inline bool is_splittable(const relax::Gaps<double>& gaps, double lower, double upper) {
  const double point = static_cast<float>(gaps.point);
  return gaps.lower + gaps.upper > 0 && std::isfinite(gaps.lower + gaps.upper) && point > lower &&
         point < upper;
}

/// Those of one domain of the engine's last run, activation by activation.
inline std::vector<SplitNeurons> split_neurons(const Engine& engine, std::size_t domain) {
  const PlanView& plan = engine.plan();
  const std::vector<bool> below = plan.nodes_below(plan.output());
  std::vector<SplitNeurons> all;
  for (int v = 1; v < plan.size(); ++v) {
    if (!below[static_cast<std::size_t>(v)] || !plan.is_activation(v)) continue;
    const bool bends = engine.bends_at_zero(v);
    const auto bounds = engine.node_bounds(plan.input_of(v)).at(domain);
    const auto shift = engine.shift(plan.input_of(v));
    SplitNeurons own{v};
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      if (bends && (!(bounds.lower[i] < 0) || !(bounds.upper[i] > 0))) continue;
      if (!bends) {
        const auto gaps = engine.gaps(v, bounds.lower[i], bounds.upper[i]);
        if (!is_splittable(gaps, bounds.lower[i], bounds.upper[i])) continue;
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

/// See Engine::gaps.
using FindGaps = std::function<relax::Gaps<double>(int activation, double lower, double upper)>;

/// Adds up what the rows of one part lose, neuron by neuron, and names those where it is most.
class NeuronScores {
 public:
  /// The part has some splits; `find` says what they leave of activations that curve.
  explicit NeuronScores(const std::vector<SplitNeurons>& neurons,
                        std::span<const NeuronSplit> splits = {}, const FindGaps& find = {})
      : neurons_(&neurons) {
    for (const SplitNeurons& own : neurons) {
      score_.emplace_back(own.neuron.size());
      intercept_.emplace_back(own.neuron.size());
      closed_.emplace_back(own.neuron.size());
    }
    for (const NeuronSplit& split : splits) note(split);
    for (auto& [place, part] : narrowed_) {
      const auto [a, i] = place;
      const SplitNeurons& own = neurons[a];
      part.gaps = find(own.activation, part.lower, part.upper);
      closed_[a][i] = !(part.upper - part.lower > least_share * (own.upper[i] - own.lower[i])) ||
                      !is_splittable(part.gaps, part.lower, part.upper);
    }
  }

  void clear() {
    for (auto* lists : {&score_, &intercept_})
      for (auto& list : *lists) std::fill(list.begin(), list.end(), 0);
  }
  /// A row's coefficients on the features of the a-th activation with neurons.
  void add(std::size_t a, std::span<const double> coefficients) {
    const SplitNeurons& own = (*neurons_)[a];
    for (std::size_t i = 0; i < own.neuron.size(); ++i) {
      const double c = coefficients[static_cast<std::size_t>(own.neuron[i])];
      if (!std::isfinite(c)) continue;
      if (!own.bends_at_zero()) {
        const auto& gaps = gaps_of(a, i);
        const double lost = c > 0 ? c * gaps.lower : -c * gaps.upper;
        score_[a][i] += lost;
        intercept_[a][i] -= lost;
        continue;
      }
      const double slope = own.upper[i] / (own.upper[i] - own.lower[i]);
      const double intercept = -own.lower[i] * slope * std::min(c, 0.0);
      const double moved = std::min(own.shift[i] * c * (slope - 1), own.shift[i] * c * slope);
      score_[a][i] += std::abs(moved + intercept);
      intercept_[a][i] += intercept;
    }
  }
  /// The `count` best by either judgement, each once, the best first; if nothing is lost anywhere, any. Empty only if
  /// nothing is left to split: neurons where activations bend are split once, others until little is left of them.
  std::vector<NeuronSplit> best(std::size_t count) const {
    struct Candidate {
      double score;
      NeuronSplit split;
    };
    std::vector<Candidate> by_score, by_intercept;
    for (std::size_t a = 0; a < neurons_->size(); ++a) {
      const SplitNeurons& own = (*neurons_)[a];
      for (std::size_t i = 0; i < own.neuron.size(); ++i) {
        if (closed_[a][i]) continue;
        NeuronSplit split{own.activation, own.neuron[i], 1};
        if (!own.bends_at_zero()) split.point = static_cast<float>(gaps_of(a, i).point);
        by_score.push_back({score_[a][i], split});
        by_intercept.push_back({-intercept_[a][i], split});
      }
    }
    std::vector<NeuronSplit> found;
    for (auto* list : {&by_score, &by_intercept}) {
      const auto most = std::min(count, list->size());
      // Ties go by name, so that nothing depends on the order of a sort.
      std::partial_sort(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(most),
                        list->end(), [](const Candidate& a, const Candidate& b) {
                          return a.score != b.score ? a.score > b.score : a.split < b.split;
                        });
      for (std::size_t k = 0; k < most; ++k)
        if (std::find(found.begin(), found.end(), (*list)[k].split) == found.end())
          found.push_back((*list)[k].split);
    }
    return found;
  }

 private:
  static constexpr double least_share = 1.0 / 256;  // of an interval

  struct Narrowed {
    double lower, upper;
    relax::Gaps<double> gaps{};
  };
  void note(const NeuronSplit& split) {
    for (std::size_t a = 0; a < neurons_->size(); ++a) {
      const SplitNeurons& own = (*neurons_)[a];
      if (own.activation != split.activation) continue;
      const auto at = std::lower_bound(own.neuron.begin(), own.neuron.end(), split.neuron);
      if (at == own.neuron.end() || *at != split.neuron) return;
      const auto i = static_cast<std::size_t>(at - own.neuron.begin());
      if (own.bends_at_zero()) {
        closed_[a][i] = true;
        return;
      }
      Narrowed& part =
          narrowed_.try_emplace({a, i}, Narrowed{own.lower[i], own.upper[i]}).first->second;
      const double point = split.point;
      if (split.side > 0)
        part.lower = std::max(part.lower, point);
      else
        part.upper = std::min(part.upper, point);
    }
  }
  const relax::Gaps<double>& gaps_of(std::size_t a, std::size_t i) const {
    const auto narrowed = narrowed_.find({a, i});
    return narrowed == narrowed_.end() ? (*neurons_)[a].gaps[i] : narrowed->second.gaps;
  }

  const std::vector<SplitNeurons>* neurons_;
  std::vector<std::vector<double>> score_, intercept_;
  std::vector<std::vector<bool>> closed_;
  std::map<std::pair<std::size_t, std::size_t>, Narrowed> narrowed_;
};

}  // namespace shardbound::inline v0
