// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Neurons that cannot be on both sides of where they bend in what is left of a part. A counterexample in it satisfies the
// rows of its conjunction, and the linear bound of such a row leaves only a half-space of the box's inputs for it; over
// that half of the box a neuron's own planes may no longer change sign (Clip-and-Verify, 2512.11087). Such neurons become
// splits that cost no branch. For one plane and one half-space the best multiplier makes this exact; what it proves is
// worked out with its rounding.

#include <shardbound/spec/property.hpp>
#include <shardbound/verify/neuron_scores.hpp>
#include <shardbound/verify/plane.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Lower bounds of a neuron's input and of its negative.
struct NeuronPlanes {
  Plane above{}, below{};
};

/// A box in coordinates that run from -1 to 1, and what planes are at least over it, or over the half-space of it where
/// another plane is at most 0.
class HalvedBox {
 public:
  /// A plane in these coordinates, as precise as a search needs it.
  struct Scaled {
    std::vector<float> slope;
    double centre = 0;
  };

  explicit HalvedBox(const Box& box) : box_(box) {}

  Scaled scaled(const Plane& plane) const {
    Scaled own{std::vector<float>(padded_size()), plane.constant};
    for (std::size_t i = 0; i < box_.lower.size(); ++i) {
      const double half = box_.upper[i] / 2 - box_.lower[i] / 2;
      own.slope[i] = static_cast<float>(plane.coefficients[i] * half);
      own.centre += plane.coefficients[i] * (box_.lower[i] / 2 + box_.upper[i] / 2);
    }
    return own;
  }

  /// What a plane is where another one is least over the box: about as much, or more, than it is at its least over the
  /// half-space.
  double where_least(const Scaled& plane, const Scaled& other) const {
    double sums[lanes] = {};
    for (std::size_t i = 0; i < padded_size(); i += lanes)
      for (std::size_t k = 0; k < lanes; ++k)
        sums[k] +=
            static_cast<double>(other.slope[i + k] > 0 ? -plane.slope[i + k] : plane.slope[i + k]);
    return plane.centre + total(sums);
  }

  /// A multiplier b >= 0 for which plane + b other is nonnegative over the box, as far as a search can tell; less than 0:
  /// it is for none. The least over the box is concave in b, so two tangents bound it in between.
  double multiplier(const Scaled& plane, const Scaled& other) const {
    constexpr int steps = 12;
    Tangent low = tangent(plane, other, 0);
    if (low.value >= 0) return 0;
    if (low.rise <= 0) return -1;
    double most =
        2 * -low.value / low.rise;  // where the first tangent says that there is enough, and more
    Tangent high = tangent(plane, other, most);
    for (int step = 0; step < steps && high.value < 0 && high.rise > 0; ++step)
      low = high, high = tangent(plane, other, most *= 4);
    for (int step = 0; step < steps; ++step) {
      if (high.value >= 0) return high.at;
      if (high.rise > 0) return -1;
      // Where the tangents meet: nothing is above that.
      const double meet = (high.value - low.value + low.rise * low.at - high.rise * high.at) /
                          (low.rise - high.rise);
      if (low.value + low.rise * (meet - low.at) < 0) return -1;
      const Tangent between = tangent(plane, other, meet);
      if (between.value >= 0) return between.at;
      (between.rise > 0 ? low : high) = between;
    }
    return -1;
  }

  /// Whether plane + b other is proved to be above `threshold` over all of the box.
  bool is_above(double threshold, const Plane& plane, double b, const Plane& other) const {
    const Plane both[] = {plane, other};
    const double weights[] = {1, b};
    return sum_is_above(threshold, box_, both, weights);
  }

 private:
  static constexpr std::size_t lanes = 8;

  struct Tangent {
    double at, value, rise;
  };
  std::size_t padded_size() const { return (box_.lower.size() + lanes - 1) / lanes * lanes; }
  static double total(const double* sums) {
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
           ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }
  // Of the least over the box of plane + b other, as a function of b.
  Tangent tangent(const Scaled& plane, const Scaled& other, double b) const {
    float sizes[lanes] = {}, rises[lanes] = {};
    double size = 0, rise = 0;
    const auto factor = static_cast<float>(b);
    constexpr std::size_t block = 32 * lanes;  // so that floats do not add up too many
    for (std::size_t first = 0; first < padded_size(); first += block) {
      const std::size_t end = std::min(first + block, padded_size());
      for (std::size_t i = first; i < end; i += lanes)
        for (std::size_t k = 0; k < lanes; ++k) {
          const float g = other.slope[i + k], s = plane.slope[i + k] + factor * g;
          sizes[k] += std::abs(s);
          rises[k] += s > 0 || (s == 0 && g > 0) ? g : -g;
        }
      for (std::size_t k = 0; k < lanes; ++k) {
        size += static_cast<double>(sizes[k]);
        rise += static_cast<double>(rises[k]);
        sizes[k] = rises[k] = 0;
      }
    }
    return {b, plane.centre + b * other.centre - size, other.centre - rise};
  }

  Box box_;
};

/// Planes of the neurons that a box may be split at, in the order of split_neurons.
using SplitPlanes = std::vector<std::vector<NeuronPlanes>>;

class ImpliedSplits {
 public:
  ImpliedSplits(const Box& box, const std::vector<SplitNeurons>& neurons, const SplitPlanes& planes)
      : box_(box) {
    for (std::size_t a = 0; a < neurons.size(); ++a)
      for (std::size_t i = 0; i < neurons[a].neuron.size(); ++i) {
        const NeuronPlanes& own = planes[a][i];
        place_[{neurons[a].activation, neurons[a].neuron[i]}] = all_.size();
        all_.push_back({{neurons[a].activation, neurons[a].neuron[i], 1},
                        own,
                        box_.scaled(own.above),
                        box_.scaled(own.below)});
      }
  }

  /// Multiplications that a look at one row's half-space takes at least.
  static double work(std::size_t neurons, std::size_t inputs) {
    return 2 * static_cast<double>(neurons) * static_cast<double>(inputs);
  }

  /// Appends to `splits` what is implied by `row`, a plane that is at most 0 at every counterexample. False if it leaves
  /// no counterexample.
  bool append(const Plane& row, std::vector<NeuronSplit>& splits) const {
    const HalvedBox::Scaled half_space = box_.scaled(row);
    std::vector<int> side(all_.size());
    for (const NeuronSplit& split : splits)
      side[place_.at({split.activation, split.neuron})] = split.side;
    for (std::size_t j = 0; j < all_.size(); ++j) {
      const Of& own = all_[j];
      // Splits that were decided may turn out to be impossible, others to be decided.
      const bool above = side[j] <= 0 && is_implied(own.planes.above, own.above, row, half_space);
      const bool below = side[j] >= 0 && is_implied(own.planes.below, own.below, row, half_space);
      if ((above && (below || side[j] < 0)) || (below && side[j] > 0)) return false;
      if (side[j] != 0 || (!above && !below)) continue;
      splits.push_back(own.split);
      splits.back().side = above ? 1 : -1;
    }
    return true;
  }

 private:
  struct Of {
    NeuronSplit split;
    NeuronPlanes planes;
    HalvedBox::Scaled above, below;
  };
  // Whether what the plane bounds is above 0 wherever the row's plane is at most 0.
  bool is_implied(const Plane& plane, const HalvedBox::Scaled& scaled, const Plane& row,
                  const HalvedBox::Scaled& half_space) const {
    if (box_.where_least(scaled, half_space) < 0) return false;
    const double b = box_.multiplier(scaled, half_space);
    return b >= 0 && box_.is_above(0, plane, b, row);
  }

  HalvedBox box_;
  std::vector<Of> all_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> place_;
};

}  // namespace shardbound::inline v0
