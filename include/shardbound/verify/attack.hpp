// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The search for a counterexample, in double precision: the centre and corners of a box, the points
// where bound propagation saw its rows least, random ones, and from each a short descent by Frank-Wolfe:
// towards the point of the box where the linearized network comes closest to the rows that it does not
// satisfy yet. The steps stay inside the box by construction; a point counts only if the network's own
// output satisfies every row.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/clause.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct Counterexample {
  Clause clause;
  std::vector<double> x, y;
};

struct AttackOptions {
  int steps = 40;
  index_t random_numbers = 4096;  ///< in all random starts together: between 8 and 64 of them
  std::uint64_t seed = 0;
};

class Attack {
 public:
  /// `network` works in float64.
  Attack(Engine& network, const Property& property, AttackOptions options)
      : network_(&network), property_(&property), options_(options), random_(options.seed) {}

  /// Evaluates points (D, N_in) of a region against all its conjunctions.
  std::optional<Counterexample> try_points(std::size_t region, const std::vector<double>& points) {
    if (points.empty()) return {};
    const auto y = network_->values(points);
    for (std::size_t c = 0; c < property_->regions[region].unsafe.size(); ++c)
      if (auto hit = first_hit({region, c}, points, y)) return hit;
    return {};
  }

  /// The centre of a region's box and its corners, all of them if few coordinates are free.
  std::vector<double> obvious_points(std::size_t region) const {
    const Box& box = property_->regions[region].box;
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      if (box.lower[i] < box.upper[i]) free.push_back(i);
    std::vector<double> points;
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      points.push_back(inside(box, i, box.lower[i] / 2 + box.upper[i] / 2));
    if (free.size() > most_free_coordinates) {
      points.insert(points.end(), box.lower.begin(), box.lower.end());
      points.insert(points.end(), box.upper.begin(), box.upper.end());
      return points;
    }
    for (std::size_t corner = 0; corner < (std::size_t{1} << free.size()); ++corner) {
      std::vector<double> point = box.lower;
      for (std::size_t bit = 0; bit < free.size(); ++bit)
        if (corner >> bit & 1) point[free[bit]] = box.upper[free[bit]];
      points.insert(points.end(), point.begin(), point.end());
    }
    return points;
  }

  /// Descends from `starts` (D, N_in) and a few random points towards a clause.
  std::optional<Counterexample> search(Clause clause, std::vector<double> starts,
                                       const CancelToken* cancel) {
    const Region& region = property_->regions[clause.region];
    const Conjunction& set = region.unsafe[clause.conjunction];
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    for (index_t i = 0; i < random_starts(); ++i) {
      const auto point = random_point(region.box);
      starts.insert(starts.end(), point.begin(), point.end());
    }
    std::vector<double> points = std::move(starts);
    const std::size_t count = points.size() / n;
    const std::vector<InputSet> sets(count, InputSet(region.box));
    std::vector<double> rows(count * m);
    for (int step = 0; step < options_.steps; ++step) {
      if (cancel && network_->agree(cancel->cancelled())) return {};
      const auto y = network_->values(points);
      if (auto hit = first_hit(clause, points, y)) return hit;
      for (std::size_t d = 0; d < count; ++d) {
        const auto sum = unsatisfied_rows(set, std::span(y).subspan(d * m, m));
        std::copy(sum.begin(), sum.end(), rows.begin() + static_cast<std::ptrdiff_t>(d * m));
      }
      const auto goals = network_->worst_points(rows, sets);
      const double pace = 2.0 / (step + 2);
      for (std::size_t i = 0; i < points.size(); ++i)
        points[i] = inside(region.box, i % n, points[i] + pace * (goals[i] - points[i]));
    }
    return first_hit(clause, points, network_->values(points));
  }

 private:
  static constexpr std::size_t most_free_coordinates = 6;

  static double inside(const Box& box, std::size_t i, double x) {
    return std::clamp(x, box.lower[i], box.upper[i]);
  }

  std::optional<Counterexample> first_hit(Clause clause, std::span<const double> points,
                                          std::span<const double> y) const {
    const Conjunction& set = property_->regions[clause.region].unsafe[clause.conjunction];
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    for (std::size_t d = 0; d < points.size() / n; ++d) {
      const auto out = y.subspan(d * m, m);
      if (!(furthest_row(set, out).excess <= 0)) continue;
      if (!std::all_of(out.begin(), out.end(), [](double v) { return std::isfinite(v); })) continue;
      const auto in = points.subspan(d * n, n);
      return Counterexample{clause, {in.begin(), in.end()}, {out.begin(), out.end()}};
    }
    return {};
  }

  index_t random_starts() const {
    return std::clamp<index_t>(options_.random_numbers / property_->inputs, 8, 64);
  }

  std::vector<double> random_point(const Box& box) {
    std::vector<double> point;
    for (std::size_t i = 0; i < box.lower.size(); ++i) {
      const double part = static_cast<double>(random_() >> 11) * 0x1p-53;
      point.push_back(inside(box, i, box.lower[i] + part * (box.upper[i] - box.lower[i])));
    }
    return point;
  }

  Engine* network_;
  const Property* property_;
  AttackOptions options_;
  std::mt19937_64 random_;
};

}  // namespace shardbound::inline v0
