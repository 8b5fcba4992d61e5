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

  /// value + rise b, which the least over the box of plane + b other, concave in b, is nowhere above.
  struct Tangent {
    double value, rise;
  };
  /// A multiplier b >= 0 for which plane + b other is nonnegative over the box, as far as a search can tell; less than 0:
  /// it is for none. `low` touches at b = 0, `high` where b is large.
  double multiplier(const Scaled& plane, const Scaled& other, Tangent low, Tangent high) const {
    constexpr int steps = 12;
    for (int step = 0; step < steps; ++step) {
      if (low.value >= 0 && step == 0) return 0;
      if (low.rise <= 0 || high.rise > 0) return -1;
      // Nothing is above where the tangents meet.
      const double meet = (high.value - low.value) / (low.rise - high.rise);
      if (!(low.value + low.rise * meet >= 0)) return -1;
      const Tangent between = tangent(plane, other, meet);
      if (between.value + between.rise * meet >= 0) return meet;
      (between.rise > 0 ? low : high) = between;
    }
    return -1;
  }
  /// The tangent at b.
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
          rises[k] += std::copysign(1.0F, s) * g;  // where s is 0 either sign makes a tangent
        }
      for (std::size_t k = 0; k < lanes; ++k) {
        size += static_cast<double>(sizes[k]);
        rise += static_cast<double>(rises[k]);
        sizes[k] = rises[k] = 0;
      }
    }
    const double slope = other.centre - rise;
    return {plane.centre + b * other.centre - size - slope * b, slope};
  }
  /// What a plane is at its least over the box.
  static double least(const Scaled& plane) {
    double size = 0;
    for (const float s : plane.slope) size += static_cast<double>(std::abs(s));
    return plane.centre - size;
  }

  /// Whether plane + b other is proved to be above `threshold` over all of the box.
  bool is_above(double threshold, const Plane& plane, double b, const Plane& other) const {
    const Plane both[] = {plane, other};
    const double weights[] = {1, b};
    return sum_is_above(threshold, box_, both, weights);
  }

 private:
  static constexpr std::size_t lanes = 32;

  std::size_t padded_size() const { return (box_.lower.size() + lanes - 1) / lanes * lanes; }

  Box box_;
};

/// Planes of the neurons that a box may be split at, in the order of split_neurons; of activations that curve none.
using SplitPlanes = std::vector<std::vector<NeuronPlanes>>;

/// A matrix, read once, times some vectors: a few at a time go through a block of it while that is in cache.
class FewProducts {
 public:
  /// Adds a row; all are as long.
  void add(const std::vector<float>& row) {
    const std::size_t place = rows_++ % width;
    if (place == 0) numbers_.resize(numbers_.size() + row.size() * width);
    float* const block = numbers_.data() + (numbers_.size() - row.size() * width);
    for (std::size_t i = 0; i < row.size(); ++i) block[i * width + place] = row[i];
  }

  /// (vectors, rows). A vector's product does not depend on the others.
  std::vector<float> times(std::span<const std::vector<float>> vectors) const {
    const std::size_t length = vectors[0].size();
    const std::size_t groups = (vectors.size() + height - 1) / height;
    std::vector<float> between(groups * length * height), found(vectors.size() * rows_);
    for (std::size_t c = 0; c < vectors.size(); ++c)
      for (std::size_t i = 0; i < length; ++i)
        between[(c / height * length + i) * height + c % height] = vectors[c][i];
    for (std::size_t block = 0; block < rows_; block += width)
      for (std::size_t first = 0; first < vectors.size(); first += height) {
        float sums[height][width] = {};
        const float *number = numbers_.data() + block * length,
                    *factor = between.data() + first * length;
        for (std::size_t i = 0; i < length; ++i, number += width, factor += height)
          for (std::size_t c = 0; c < height; ++c)
            for (std::size_t k = 0; k < width; ++k) sums[c][k] += factor[c] * number[k];
        for (std::size_t c = first; c < std::min(first + height, vectors.size()); ++c)
          for (std::size_t k = 0; k < std::min(width, rows_ - block); ++k)
            found[c * rows_ + block + k] = sums[c - first][k];
      }
    return found;
  }

 private:
  static constexpr std::size_t width = 32, height = 4;  // registers hold so many sums

  std::size_t rows_ = 0;
  std::vector<float> numbers_;  // blocks of (length, width)
};

class ImpliedSplits {
 public:
  /// Throws ShapeError where planes are of other neurons.
  ImpliedSplits(const Box& box, const std::vector<SplitNeurons>& neurons, const SplitPlanes& planes)
      : box_(box) {
    const auto fits = [](const auto& own, const auto& of) {
      return (own.bends_at_zero() ? own.neuron.size() : 0) == of.size();
    };
    if (!std::equal(neurons.begin(), neurons.end(), planes.begin(), planes.end(), fits))
      throw ShapeError("there is not a pair of planes for each neuron that is split at 0");
    for (std::size_t a = 0; a < neurons.size(); ++a)
      for (std::size_t i = 0; i < planes[a].size(); ++i) {
        const NeuronPlanes& own = planes[a][i];
        place_[{neurons[a].activation, neurons[a].neuron[i]}] = all_.size();
        all_.push_back({{neurons[a].activation, neurons[a].neuron[i], 1},
                        own,
                        box_.scaled(own.above),
                        box_.scaled(own.below)});
        for (const auto* plane : {&all_.back().above, &all_.back().below}) {
          slopes_.add(plane->slope);
          corners_.add(corner_of(*plane));
          centre_.push_back(plane->centre);
          least_.push_back(HalvedBox::least(*plane));
        }
      }
  }

  static constexpr std::size_t at_once = 16;  ///< looks for which planes are read once, in one call

  /// Multiplications that a look at one row's half-space takes at least.
  static double work(std::size_t neurons, std::size_t inputs) {
    return 4 * static_cast<double>(neurons) * static_cast<double>(inputs);
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
    std::vector<std::vector<float>> slopes, corners;
    for (const Look& look : looks) {
      rows.push_back(box_.scaled(*look.row));
      slopes.push_back(rows.back().slope);
      corners.push_back(corner_of(rows.back()));
    }
    // Planes where the rows are least, and rows where the planes are.
    const std::vector<float> planes = slopes_.times(corners), others = corners_.times(slopes);
    for (std::size_t k = 0; k < looks.size(); ++k)
      looks[k].is_empty = !append(looks[k], rows[k], planes.data() + k * centre_.size(),
                                  others.data() + k * centre_.size());
  }

 private:
  struct Of {
    NeuronSplit split;
    NeuronPlanes planes;
    HalvedBox::Scaled above, below;
  };
  // The corner where a plane is least, in signs.
  static std::vector<float> corner_of(const HalvedBox::Scaled& plane) {
    std::vector<float> signs;
    for (const float slope : plane.slope) signs.push_back(slope > 0 ? -1.0F : 1.0F);
    return signs;
  }
  // Of each neuron's two planes: `planes` where the row is least, `others` of the row where the plane is; without centres.
  bool append(const Look& look, const HalvedBox::Scaled& half_space, const float* planes,
              const float* others) const {
    std::vector<int> side(all_.size());
    for (const NeuronSplit& split : *look.splits) {
      const auto place = place_.find({split.activation, split.neuron});
      if (place != place_.end()) side[place->second] = split.side;
    }
    const double row_least = HalvedBox::least(half_space);
    // Whether what a plane bounds is above 0 wherever the row's plane is at most 0.
    const auto is_implied = [&](std::size_t p, const Plane& plane,
                                const HalvedBox::Scaled& scaled) {
      const HalvedBox::Tangent low{least_[p], half_space.centre + static_cast<double>(others[p])},
          high{centre_[p] + static_cast<double>(planes[p]), row_least};
      const double b = box_.multiplier(scaled, half_space, low, high);
      return b >= 0 && box_.is_above(0, plane, b, *look.row);
    };
    for (std::size_t j = 0; j < all_.size(); ++j) {
      const Of& own = all_[j];
      // Splits that were decided may turn out to be impossible, others to be decided.
      const bool above = side[j] <= 0 && is_implied(2 * j, own.planes.above, own.above);
      const bool below = side[j] >= 0 && is_implied(2 * j + 1, own.planes.below, own.below);
      if ((above && (below || side[j] < 0)) || (below && side[j] > 0)) return false;
      if (side[j] != 0 || (!above && !below)) continue;
      look.splits->push_back(own.split);
      look.splits->back().side = above ? 1 : -1;
    }
    return true;
  }

  HalvedBox box_;
  std::vector<Of> all_;
  // Of each neuron's plane above, then of that below.
  FewProducts slopes_, corners_;
  std::vector<double> centre_, least_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> place_;
};

}  // namespace shardbound::inline v0
