// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Neurons that cannot be on both sides of where they bend in what is left of a part: a counterexample satisfies the part's
// splits and all rows of its conjunction, and each of these says something of the inputs by its plane over the whole
// box (Clip-and-Verify, 2512.11087, whose bounds become splits here that cost no branch). Such a neuron's plane is
// bounded over the box and one half-space after the other: for each the best multiplier is looked for, and what all of them
// together prove is worked out with its rounding.

#include <shardbound/core/directed.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/spec/property.hpp>
#include <shardbound/verify/neuron_scores.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// coefficients . x + constant, a lower bound of something over a box, rounding included.
struct Plane {
  std::vector<double> coefficients{};
  double constant = 0;
};

/// Lower bounds of a neuron's input and of its negative.
struct NeuronPlanes {
  Plane above{}, below{};
};

/// Half-spaces {x : plane(x) <= 0}, and planes over what they leave of a box.
class HalfSpaceBounds {
 public:
  explicit HalfSpaceBounds(const Box& box) : box_(&box) {
    for (std::size_t i = 0; i < box.lower.size(); ++i) {
      centre_.push_back(box.lower[i] / 2 + box.upper[i] / 2);
      reach_.push_back(box.upper[i] / 2 - box.lower[i] / 2);
      most_.push_back(std::max(std::abs(box.lower[i]), std::abs(box.upper[i])));
    }
  }

  /// Whether a plane is at least 0 at every point of the box that all half-spaces hold.
  bool is_nonnegative(const Plane& plane, std::span<const Plane* const> half_spaces) {
    sum_ = plane.coefficients;
    size_.clear();
    for (const double c : sum_) size_.push_back(std::abs(c));
    double constant = plane.constant, constant_size = std::abs(constant);
    for (const Plane* one : half_spaces) {
      const double multiplier = best_multiplier(*one);
      if (!(multiplier > 0)) continue;
      for (std::size_t i = 0; i < sum_.size(); ++i) {
        sum_[i] += multiplier * one->coefficients[i];
        size_[i] += multiplier * std::abs(one->coefficients[i]);
      }
      constant += multiplier * one->constant;
      constant_size += multiplier * std::abs(one->constant);
    }
    double least = constant, size = constant_size;
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      least += sum_[i] * (sum_[i] > 0 ? box_->lower[i] : box_->upper[i]);
      size += size_[i] * most_[i];
    }
    const auto terms = static_cast<index_t>(sum_.size() + 2 * half_spaces.size());
    return least - 2 * gamma<double>(terms) * size >= 0;
  }

 private:
  // For which b >= 0 the sum plus b times the half-space's plane is greatest at its least over the box: concave in b and
  // linear in between where coefficients become 0.
  double best_multiplier(const Plane& half_space) {
    bends_.clear();
    double rise = half_space.constant;
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      const double a = half_space.coefficients[i], c = sum_[i];
      rise += a * centre_[i] - (c > 0 || (c == 0 && a > 0) ? a : -a) * reach_[i];
      if (a != 0 && c != 0 && (a > 0) != (c > 0)) bends_.push_back({-c / a, std::abs(a) * reach_[i]});
    }
    if (!(rise > 0)) return 0;
    std::sort(bends_.begin(), bends_.end());
    for (const auto& [at, fall] : bends_) {
      rise -= 2 * fall;
      if (rise <= 0) return at;
    }
    return bends_.empty() ? 0 : bends_.back().first;
  }

  const Box* box_;
  std::vector<double> centre_, reach_, most_;
  std::vector<double> sum_, size_;
  std::vector<std::pair<double, double>> bends_;
};

/// Planes of the neurons that a box may be split at, in the order of split_neurons.
using SplitPlanes = std::vector<std::vector<NeuronPlanes>>;

class ImpliedSplits {
 public:
  ImpliedSplits(const Box& box, const std::vector<SplitNeurons>& neurons, const SplitPlanes& planes)
      : bounds_(box), neurons_(&neurons), planes_(&planes) {
    for (std::size_t a = 0; a < neurons.size(); ++a)
      for (std::size_t i = 0; i < neurons[a].neuron.size(); ++i)
        place_[{neurons[a].activation, neurons[a].neuron[i]}] = {a, i};
  }

  /// Appends to `splits` what they and `rows`, planes that are at most 0 at every counterexample, imply. `newest` of the
  /// splits that are there are looked at.
  void append(std::span<const Plane> rows, std::size_t newest, std::vector<NeuronSplit>& splits) {
    std::vector<const Plane*> half_spaces;
    for (const Plane& row : rows) half_spaces.push_back(&row);
    for (std::size_t k = 0; k < std::min(newest, splits.size()); ++k) {
      const NeuronSplit& split = splits[splits.size() - 1 - k];
      const auto [a, i] = place_.at({split.activation, split.neuron});
      const NeuronPlanes& own = (*planes_)[a][i];
      // On its side the input is at least 0, so its negative's lower bound is at most 0.
      half_spaces.push_back(split.side > 0 ? &own.below : &own.above);
    }
    std::vector<std::vector<bool>> taken;
    for (const SplitNeurons& own : *neurons_) taken.emplace_back(own.neuron.size());
    for (const NeuronSplit& split : splits) {
      const auto [a, i] = place_.at({split.activation, split.neuron});
      taken[a][i] = true;
    }
    for (std::size_t a = 0; a < neurons_->size(); ++a)
      for (std::size_t i = 0; i < taken[a].size(); ++i) {
        if (taken[a][i]) continue;
        const SplitNeurons& own = (*neurons_)[a];
        if (bounds_.is_nonnegative((*planes_)[a][i].above, half_spaces))
          splits.push_back({own.activation, own.neuron[i], 1});
        else if (bounds_.is_nonnegative((*planes_)[a][i].below, half_spaces))
          splits.push_back({own.activation, own.neuron[i], -1});
      }
  }

 private:
  HalfSpaceBounds bounds_;
  const std::vector<SplitNeurons>* neurons_;
  const SplitPlanes* planes_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::pair<std::size_t, std::size_t>> place_;
};

}  // namespace shardbound::inline v0
