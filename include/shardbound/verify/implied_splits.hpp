// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is known of neurons' inputs in what is left of a part. A counterexample in it satisfies the rows of its conjunction,
// and is on its side of the neuron where the part was cut: the linear bounds of these leave only half-spaces of the box's
// inputs for it. Over such a half of the box a neuron's own planes have a smaller interval, and may no longer change sign
// (Clip-and-Verify, 2512.11087). Signs become splits that cost no branch, and intervals splits at other points than 0,
// beside which lines are tighter. For one plane and one half-space the best multiplier makes this exact; what it proves is
// worked out with its rounding.

#include <shardbound/spec/property.hpp>
#include <shardbound/verify/neuron_scores.hpp>
#include <shardbound/verify/plane.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
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
  /// What plane + b other is at its least over the box, for the multiplier b >= 0.
  struct Least {
    double value = 0, multiplier = 0;
  };
  /// Of what use a value is.
  struct Wanted {
    double known = 0;   ///< is known without
    double least = 0;   ///< lower ones are of none
    double enough = 0;  ///< higher ones of no more
  };
  /// The highest that there is, nearly; less than what is wanted if there is nothing that is, as far as a search can
  /// tell. `low` touches at b = 0, `high` where b is large.
  Least highest(const Scaled& plane, const Scaled& other, Tangent low, Tangent high,
                const Wanted& wanted) const {
    constexpr int steps = 12;
    constexpr double close = 0.125;  // of what is gained
    Least best{low.value, 0};
    for (int step = 0; step < steps; ++step) {
      if (best.value >= wanted.enough || low.rise <= 0 || high.rise > 0) break;
      // Nothing is above where the tangents meet.
      const double meet = (high.value - low.value) / (low.rise - high.rise);
      const double most = low.value + low.rise * meet;
      if (!(most >= wanted.least)) break;
      if (most < wanted.enough && best.value >= wanted.least &&
          most - best.value <= close * (best.value - wanted.known))
        break;
      const Tangent between = tangent(plane, other, meet);
      const double value = between.value + between.rise * meet;
      if (value > best.value) best = {value, meet};
      (between.rise > 0 ? low : high) = between;
    }
    return best;
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
    const Plane* const both[] = {&plane, &other};
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
        left_.push_back({neurons[a].lower[i], neurons[a].upper[i]});
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

  /// Multiplications that a look at one half-space takes at least.
  static double work(const Box& box, const SplitPlanes& planes) {
    std::size_t neurons = 0;
    for (const auto& own : planes) neurons += own.size();
    return 4 * static_cast<double>(neurons) * static_cast<double>(box.lower.size());
  }

  /// What is at most 0 wherever a neuron is on the side of 0 that a split says; null: there is no plane of it.
  const Plane* half_space_of(const NeuronSplit& split) const {
    const auto place = place_.find({split.activation, split.neuron});
    if (place == place_.end() || split.point != 0) return nullptr;
    const NeuronPlanes& own = all_[place->second].planes;
    return split.side > 0 ? &own.below : &own.above;
  }

  /// A plane that is at most 0 at every counterexample, what is known of neurons, and whether nothing is left.
  struct Look {
    const Plane* half_space = nullptr;
    std::vector<NeuronSplit>* splits = nullptr;
    /// What rows lose at each neuron, in the order of planes: of those with little only sides are wanted. Empty: of none.
    std::span<const double> losses{};
    bool is_empty = false;
  };
  /// Puts among the splits of each what its half-space implies, unless it leaves no counterexample: of a neuron the side,
  /// or how far its input is from 0 at most, where that is noticeably nearer than what was known.
  void append(std::span<Look> looks) const {
    std::vector<HalvedBox::Scaled> halves;
    std::vector<std::vector<float>> slopes, corners;
    for (const Look& look : looks) {
      halves.push_back(box_.scaled(*look.half_space));
      slopes.push_back(halves.back().slope);
      corners.push_back(corner_of(halves.back()));
    }
    // Planes where those of half-spaces are least, and these where the planes are.
    const std::vector<float> planes = slopes_.times(corners), others = corners_.times(slopes);
    for (std::size_t k = 0; k < looks.size(); ++k)
      looks[k].is_empty = !append(looks[k], halves[k], planes.data() + k * centre_.size(),
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
  struct Interval {
    double lower = 0, upper = 0;
    std::ptrdiff_t lower_at = -1, upper_at = -1;  // the splits that say so; -1: none does
  };
  // Of each neuron's two planes: `planes` where the half-space's is least, `others` of it where they are; without centres.
  bool append(const Look& look, const HalvedBox::Scaled& half_space, const float* planes,
              const float* others) const {
    std::vector<Interval> left = left_;
    auto& splits = *look.splits;
    for (std::size_t i = 0; i < splits.size(); ++i) {
      const auto place = place_.find({splits[i].activation, splits[i].neuron});
      if (place == place_.end()) continue;
      Interval& own = left[place->second];
      const double point = splits[i].point;
      if (splits[i].side > 0)
        own.lower = std::max(own.lower, point), own.lower_at = static_cast<std::ptrdiff_t>(i);
      else
        own.upper = std::min(own.upper, point), own.upper_at = static_cast<std::ptrdiff_t>(i);
    }
    const double least_of_half = HalvedBox::least(half_space);
    // A bound, up to 0, of what a plane bounds wherever the half-space's is at most 0: the one that is known, or more.
    const auto raised = [&](std::size_t p, const Plane& plane, const HalvedBox::Scaled& scaled,
                            double known, double width, bool is_worth_it) {
      const HalvedBox::Tangent low{least_[p], half_space.centre + static_cast<double>(others[p])},
          high{centre_[p] + static_cast<double>(planes[p]), least_of_half};
      const HalvedBox::Wanted wanted{
          known, is_worth_it ? std::min(known + least_share * width, 0.0) : 0.0, 0};
      const auto found = box_.highest(scaled, half_space, low, high, wanted);
      if (!(found.value >= wanted.least)) return known;
      const double bound =
          found.value >= 0 ? 0 : static_cast<double>(float_below(found.value - spared * width));
      const bool holds =
          bound > known && box_.is_above(bound, plane, found.multiplier, *look.half_space);
      return holds ? bound : known;
    };
    double loss = 0;
    for (const double one : look.losses) loss += one;
    const double least_loss = loss * least_loss_share / static_cast<double>(all_.size());
    for (std::size_t j = 0; j < all_.size(); ++j) {
      const Of& own = all_[j];
      const auto [lower, upper, lower_at, upper_at] = left[j];
      // Splits that were decided may turn out to be impossible, others to be decided; of intervals that are nothing is
      // wanted but that.
      const bool is_open = lower < 0 && upper > 0;
      const bool is_worth_it = is_open && (look.losses.empty() || look.losses[j] > least_loss);
      const double width = is_open ? upper - lower : infinity;
      const double least =
          lower < 0 ? raised(2 * j, own.planes.above, own.above, lower, width, is_worth_it) : lower;
      const double most =
          upper > 0 ? -raised(2 * j + 1, own.planes.below, own.below, -upper, width, is_worth_it)
                    : upper;
      const bool rises = least > lower, falls = most < upper;
      if ((rises || falls) && least >= most) return false;  // inputs are beyond what is new
      if (rises) narrow(splits, lower_at, own.split, 1, least);
      if (falls && least < 0) narrow(splits, upper_at, own.split, -1, most);
    }
    return true;
  }
  static float float_below(double x) {
    const auto near = static_cast<float>(x);
    return static_cast<double>(near) <= x
               ? near
               : std::nextafter(near, -std::numeric_limits<float>::infinity());
  }
  // In the place of what was known on that side, if something was.
  static void narrow(std::vector<NeuronSplit>& splits, std::ptrdiff_t at, NeuronSplit split,
                     int side, double point) {
    split.side = side;
    split.point = static_cast<float>(point);
    if (at < 0)
      splits.push_back(split);
    else
      splits[static_cast<std::size_t>(at)] = split;
  }

  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr double least_loss_share = 1;  // of what neurons lose on average
  static constexpr double least_share = 0.02;    // of an interval, that is worth a narrower one
  static constexpr double spared = 1e-3;  // of it, for what floats lose on the way to a bound

  HalvedBox box_;
  std::vector<Of> all_;
  std::vector<Interval> left_;  // of each neuron, where nothing is split
  // Of each neuron's plane above, then of that below.
  FewProducts slopes_, corners_;
  std::vector<double> centre_, least_;
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> place_;
};

}  // namespace shardbound::inline v0
