// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Neurons that cannot be on both sides of where they bend in what is left of a part. A counterexample in it satisfies the
// rows of its conjunction, and the linear bound of such a row leaves only a half-space of the box's inputs for it; over
// that half of the box a neuron's own planes may no longer change sign (Clip-and-Verify, 2512.11087). Such neurons become
// splits that cost no branch. For one plane and one half-space the best multiplier makes this exact; what it proves is
// worked out with its rounding.

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
    double least = plane.constant + b * other.constant;
    double size = std::abs(plane.constant) + b * std::abs(other.constant);
    for (std::size_t i = 0; i < box_.lower.size(); ++i) {
      const double c = plane.coefficients[i], a = other.coefficients[i], sum = c + b * a;
      least += sum * (sum > 0 ? box_.lower[i] : box_.upper[i]);
      size += (std::abs(c) + b * std::abs(a)) *
              std::max(std::abs(box_.lower[i]), std::abs(box_.upper[i]));
    }
    return least - 2 * gamma<double>(static_cast<index_t>(box_.lower.size() + 4)) * size >
           threshold;
  }

 private:
  static constexpr std::size_t lanes = 8;

  struct Tangent {
    double at, value, rise;
  };
  std::size_t padded_size() const { return (box_.lower.size() + lanes - 1) / lanes * lanes; }
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

/// What many planes are at corners of the box: a product of their slopes with signs, several corners at once.
class CornerValues {
 public:
  static constexpr std::size_t height = 4;  ///< corners that are no more work than one

  CornerValues() = default;
  /// Adds a plane; all have as many inputs.
  void add(const HalvedBox::Scaled& plane) {
    const std::size_t inputs = plane.slope.size(), place = centres_.size() % width;
    if (place == 0) slopes_.resize(slopes_.size() + inputs * width);
    float* const block = slopes_.data() + (slopes_.size() - inputs * width);
    for (std::size_t i = 0; i < inputs; ++i) block[i * width + place] = plane.slope[i];
    centres_.push_back(plane.centre);
  }

  /// Planes at the corners where other planes are least, (others, planes): about as much as each plane is, or more, at
  /// its least over the half-space where the other is at most 0.
  std::vector<double> where_least(std::span<const HalvedBox::Scaled> others) const {
    const std::size_t planes = centres_.size();
    std::vector<double> values(others.size() * planes);
    for (std::size_t first = 0; first < others.size(); first += height) {
      const auto some = others.subspan(first, std::min(height, others.size() - first));
      const std::size_t inputs = some[0].slope.size();
      std::vector<float> signs(inputs * height);
      for (std::size_t c = 0; c < some.size(); ++c)
        for (std::size_t i = 0; i < inputs; ++i)
          signs[i * height + c] = some[c].slope[i] > 0 ? -1.0F : 1.0F;
      for (std::size_t block = 0; block < planes; block += width) {
        float sums[height][width] = {};
        const float* slope = slopes_.data() + block * inputs;
        for (std::size_t i = 0; i < inputs; ++i, slope += width)
          for (std::size_t c = 0; c < height; ++c)
            for (std::size_t k = 0; k < width; ++k) sums[c][k] += signs[i * height + c] * slope[k];
        for (std::size_t c = 0; c < some.size(); ++c)
          for (std::size_t k = 0; k < std::min(width, planes - block); ++k)
            values[(first + c) * planes + block + k] =
                centres_[block + k] + static_cast<double>(sums[c][k]);
      }
    }
    return values;
  }

 private:
  static constexpr std::size_t width = 32;  // registers hold so many sums of each corner

  std::vector<float> slopes_;  // blocks of (inputs, width)
  std::vector<double> centres_;
};

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
        corners_.add(all_.back().above);
        corners_.add(all_.back().below);
      }
  }

  /// Multiplications that a look at one row's half-space takes at least.
  static double work(std::size_t neurons, std::size_t inputs) {
    return 2 * static_cast<double>(neurons) * static_cast<double>(inputs);
  }

  /// A plane that is at most 0 at every counterexample, the splits that are decided, and whether nothing is left.
  struct Look {
    const Plane* row = nullptr;
    std::vector<NeuronSplit>* splits = nullptr;
    bool is_empty = false;
  };
  /// Appends to the splits of each what its row implies, unless it leaves no counterexample.
  void append(std::span<Look> looks) const {
    std::vector<HalvedBox::Scaled> rows;
    for (const Look& look : looks) rows.push_back(box_.scaled(*look.row));
    const std::vector<double> values = corners_.where_least(rows);
    for (std::size_t k = 0; k < looks.size(); ++k)
      looks[k].is_empty = !append(looks[k], rows[k], values.data() + k * 2 * all_.size());
  }

 private:
  struct Of {
    NeuronSplit split;
    NeuronPlanes planes;
    HalvedBox::Scaled above, below;
  };
  // `values`: of each neuron's two planes, where the row is least.
  bool append(const Look& look, const HalvedBox::Scaled& half_space, const double* values) const {
    std::vector<int> side(all_.size());
    for (const NeuronSplit& split : *look.splits)
      side[place_.at({split.activation, split.neuron})] = split.side;
    // Whether what a plane bounds is above 0 wherever the row's plane is at most 0.
    const auto is_implied = [&](const Plane& plane, const HalvedBox::Scaled& scaled, double value) {
      if (value < 0) return false;
      const double b = box_.multiplier(scaled, half_space);
      return b >= 0 && box_.is_above(0, plane, b, *look.row);
    };
    for (std::size_t j = 0; j < all_.size(); ++j) {
      const Of& own = all_[j];
      // Splits that were decided may turn out to be impossible, others to be decided.
      const bool above = side[j] <= 0 && is_implied(own.planes.above, own.above, values[2 * j]);
      const bool below = side[j] >= 0 && is_implied(own.planes.below, own.below, values[2 * j + 1]);
      if ((above && (below || side[j] < 0)) || (below && side[j] > 0)) return false;
      if (side[j] != 0 || (!above && !below)) continue;
      look.splits->push_back(own.split);
      look.splits->back().side = above ? 1 : -1;
    }
    return true;
  }

  HalvedBox box_;
  std::vector<Of> all_;
  CornerValues corners_;  // of each neuron's plane above, then that below
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> place_;
};

}  // namespace shardbound::inline v0
