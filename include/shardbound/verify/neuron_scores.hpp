// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where to split a part of a domain next: what rows lose at each unstable neuron, judged from the coefficients that they
// have there (BaBSR, 1909.06588), and, as a second opinion, from the chord's intercept alone. Both lists give candidates;
// which of them is best is for bounds to say (FSB, 2104.06718).

#include <shardbound/bound/engine.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// The neurons of an activation that domains may be split at: unstable ones, by number, with their intervals and what
/// the layer below adds to them.
struct SplitNeurons {
  int activation = 0;
  std::vector<std::int32_t> neuron{};
  std::vector<double> lower{}, upper{}, shift{};
};

/// Those of one domain of the engine's last run, activation by activation.
inline std::vector<SplitNeurons> split_neurons(const Engine& engine, std::size_t domain) {
  const PlanView& plan = engine.plan();
  const std::vector<bool> below = plan.nodes_below(plan.output());
  std::vector<SplitNeurons> all;
  for (int v = 1; v < plan.size(); ++v) {
    if (!below[static_cast<std::size_t>(v)] || !engine.bends_at_zero(v)) continue;
    const auto bounds = engine.node_bounds(plan.input_of(v)).at(domain);
    const auto shift = engine.shift(plan.input_of(v));
    SplitNeurons own{v};
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      if (!(bounds.lower[i] < 0) || !(bounds.upper[i] > 0)) continue;
      own.neuron.push_back(static_cast<std::int32_t>(i));
      own.lower.push_back(bounds.lower[i]);
      own.upper.push_back(bounds.upper[i]);
      own.shift.push_back(shift[i]);
    }
    if (!own.neuron.empty()) all.push_back(std::move(own));
  }
  return all;
}

/// Adds up what the rows of one part lose, neuron by neuron, and names those where it is most.
class NeuronScores {
 public:
  explicit NeuronScores(const std::vector<SplitNeurons>& neurons) : neurons_(&neurons) {
    for (const SplitNeurons& own : neurons) {
      score_.emplace_back(own.neuron.size());
      intercept_.emplace_back(own.neuron.size());
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
      const double slope = own.upper[i] / (own.upper[i] - own.lower[i]);
      const double intercept = -own.lower[i] * slope * std::min(c, 0.0);
      const double moved = std::min(own.shift[i] * c * (slope - 1), own.shift[i] * c * slope);
      score_[a][i] += std::abs(moved + intercept);
      intercept_[a][i] += intercept;
    }
  }
  /// The `count` best by either judgement that are not among `splits`, each once, the best first; if nothing is lost
  /// anywhere, any. Empty only if every neuron is split.
  std::vector<NeuronSplit> best(std::span<const NeuronSplit> splits, std::size_t count) const {
    struct Candidate {
      double score;
      NeuronSplit split;
    };
    std::vector<Candidate> by_score, by_intercept;
    for (std::size_t a = 0; a < neurons_->size(); ++a) {
      const SplitNeurons& own = (*neurons_)[a];
      std::vector<bool> taken(own.neuron.size());
      for (const NeuronSplit& split : splits)
        if (split.activation == own.activation)
          taken[static_cast<std::size_t>(
              std::lower_bound(own.neuron.begin(), own.neuron.end(), split.neuron) -
              own.neuron.begin())] = true;
      for (std::size_t i = 0; i < own.neuron.size(); ++i) {
        if (taken[i]) continue;
        const NeuronSplit split{own.activation, own.neuron[i], 1};
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
  const std::vector<SplitNeurons>* neurons_;
  std::vector<std::vector<double>> score_, intercept_;
};

}  // namespace shardbound::inline v0
