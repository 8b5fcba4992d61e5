// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The search for a counterexample, in double precision: the centre and corners of a box, the points where bound
// propagation saw its rows least, random ones, and from each a short descent by Frank-Wolfe: towards the point of the box
// where the linearized network comes closest to the rows that it does not satisfy yet; where outputs have to be equal,
// between points on either side. The steps stay inside the box by construction.
// What counts is a point of the region whose outputs, as the network's own scalar gives them, satisfy every row: if that
// is float32, one of float32 numbers, in float32 and in float64. Any other point - of doubles for a network of float32,
// or of a region that no double is in - counts only if bounds certify it in real arithmetic, or an exact one close by.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/certificate.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/input_rows.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
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
  /// The same network in float32, made when first a point is found, if it is one of float32.
  std::function<Engine&()> float32{};
};

class Attack {
 public:
  /// `network` works in float64; certificates replace what it was prepared for.
  Attack(Engine& network, const Property& property, const AttackOptions& options)
      : network_(&network), property_(&property), options_(options), random_(options.seed) {}

  /// Evaluates points (D, N_in) of a region against all its conjunctions.
  std::optional<Counterexample> try_points(std::size_t region, const std::vector<double>& points,
                                           const CancelToken* cancel = nullptr) {
    if (points.empty()) return {};
    const auto y = network_->values(points);
    for (std::size_t c = 0; c < property_->regions[region].unsafe.size(); ++c) {
      if (is_over(cancel)) return {};
      const Clause clause{region, c};
      if (auto hit = first_hit(clause, points, y, cancel)) return hit;
      const InputRows rows(*property_, property_->regions[region].unsafe[c]);
      if (rows.empty()) continue;
      std::vector<double> moved = points;
      settle(rows, moved, property_->regions[region].point_box());
      if (auto hit = first_hit(clause, moved, network_->values(moved), cancel)) return hit;
    }
    return {};
  }

  /// A counterexample that is certified, while none was found of float32 numbers.
  const std::optional<Counterexample>& spare() const { return spare_; }

  /// How many certificates were tried for so far.
  int certificates() const { return certificates_; }

  /// Whether any point is known to be in a region, see Region::points.
  static bool has_points(const Box& box) {
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      if (!(box.lower[i] <= box.upper[i])) return false;
    return true;
  }

  /// The centre of a region's box and its corners, all of them if few coordinates are free.
  std::vector<double> obvious_points(std::size_t region) const {
    const Box& box = property_->regions[region].point_box();
    if (!has_points(box)) return {};
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
    const Box& box = region.point_box();
    if (!has_points(box)) return {};
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    for (index_t i = 0; i < random_starts(); ++i) {
      const auto point = random_point(box);
      starts.insert(starts.end(), point.begin(), point.end());
    }
    std::vector<double> points = std::move(starts);
    const std::size_t count = points.size() / n;
    const std::vector<InputSet> sets(count, InputSet(box));
    const InputRows input_rows(*property_, set);
    settle(input_rows, points, box);
    if (auto hit = between(clause, points, input_rows, cancel)) return hit;
    std::vector<double> rows(count * m);
    for (int step = 0; step < options_.steps; ++step) {
      if (is_over(cancel)) return {};
      const auto y = network_->values(points);
      others_ = false;
      if (auto hit = first_hit(clause, points, y, cancel)) return hit;
      if (others_) network_->values(points);  // that goals are of these points again
      for (std::size_t d = 0; d < count; ++d) {
        const auto sum = unsatisfied_rows(set, std::span(y).subspan(d * m, m));
        std::copy(sum.begin(), sum.end(), rows.begin() + static_cast<std::ptrdiff_t>(d * m));
      }
      const auto goals = network_->worst_points(rows, sets);
      const double pace = 2.0 / (step + 2);
      for (std::size_t i = 0; i < points.size(); ++i)
        points[i] = inside(box, i % n, points[i] + pace * (goals[i] - points[i]));
      settle(input_rows, points, box);
    }
    return first_hit(clause, points, network_->values(points), cancel);
  }

 private:
  static constexpr std::size_t most_free_coordinates = 6;
  static constexpr std::size_t most_candidates = 16;  // points that are rounded to float32 at once
  static constexpr int most_certificates = 32;        // that are tried for, in all
  static constexpr std::size_t most_pairs = 4;  // of points, and coordinates, that are walked along

  bool is_over(const CancelToken* cancel) const {
    return cancel && network_->agree(cancel->cancelled());
  }
  static double inside(const Box& box, std::size_t i, double x) {
    return std::clamp(x, box.lower[i], box.upper[i]);
  }

  /// From a point where an equality's row is below its threshold to one where it is not.
  struct Way {
    Clause clause;
    Equality equality;
    std::vector<double> below, above;
  };
  double excess(const Way& way, std::span<const double> y) const {
    const Conjunction& set = property_->regions[way.clause.region].unsafe[way.clause.conjunction];
    return row_value(set, static_cast<std::int64_t>(way.equality.row), y) -
           set.rhs[way.equality.row];
  }
  // Halves it, at points that are tried.
  std::optional<Counterexample> halve(Way& way, int times, const InputRows& input_rows,
                                      const CancelToken* cancel) {
    const Box& box = property_->regions[way.clause.region].point_box();
    const Way whole = way;
    for (int step = 0; step < times; ++step) {
      if (is_over(cancel)) return {};
      std::vector<double> x(way.below.size());
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = inside(box, i, way.below[i] / 2 + way.above[i] / 2);
      settle(input_rows, x, box);
      if (x == way.below || x == way.above) return {};
      const auto y = network_->values(x);
      if (auto hit = first_hit(way.clause, x, y, cancel)) return hit;
      if (satisfies(way.clause, y) && crossings_++ < most_certificates &&
          certified_between(*network_, *property_, way.clause, way.equality, whole.below,
                            whole.above, cancel))
        return Counterexample{way.clause, std::move(x), y};
      (excess(way, y) < 0 ? way.below : way.above) = std::move(x);
    }
    return {};
  }

  // Where a conjunction has an equality, points between one below it and one above: a function that is continuous has
  // one that meets it. Arithmetic has one more often if all coordinates but one are short numbers.
  std::optional<Counterexample> between(Clause clause, const std::vector<double>& points,
                                        const InputRows& input_rows, const CancelToken* cancel) {
    const Region& region = property_->regions[clause.region];
    const Conjunction& set = region.unsafe[clause.conjunction];
    const Box& box = region.point_box();
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    const auto opposite = opposite_rows(set, m);
    const auto y = network_->values(points);
    for (std::size_t row = 0; row < opposite.size(); ++row) {
      if (opposite[row] < row || opposite[row] == opposite.size()) continue;
      if (is_over(cancel)) return {};
      std::vector<std::size_t> below, above;
      for (std::size_t d = 0; d < points.size() / n; ++d)
        (excess({clause, {row, opposite[row]}, {}, {}}, std::span(y).subspan(d * m, m)) < 0 ? below
                                                                                            : above)
            .push_back(d);
      for (std::size_t k = 0; k < std::min({below.size(), above.size(), most_pairs}); ++k) {
        const auto point = [&](std::size_t d) {
          const auto x = std::span(points).subspan(d * n, n);
          return std::vector<double>(x.begin(), x.end());
        };
        Way way{clause, {row, opposite[row]}, point(below[k]), point(above[k])};
        const std::vector<double> from = way.below, to = way.above;
        if (auto hit = halve(way, 8, input_rows, cancel)) return hit;
        std::vector<double> near = way.below;
        for (std::size_t i = 0; i < n; ++i)
          near[i] = inside(box, i, std::round(near[i] * 256) / 256);
        for (std::size_t i = 0, tried = 0; i < n && tried < most_pairs; ++i) {
          if (from[i] == to[i]) continue;
          ++tried;
          Way along{clause, way.equality, near, near};
          const double reach = (to[i] - from[i]) / 8;
          along.below[i] = inside(box, i, near[i] - reach);
          along.above[i] = inside(box, i, near[i] + reach);
          const double first = excess(along, network_->values(along.below));
          const double last = excess(along, network_->values(along.above));
          if ((first < 0) == (last < 0)) continue;
          if (last < 0) std::swap(along.below, along.above);
          if (auto hit = halve(along, 64, input_rows, cancel)) return hit;
        }
      }
    }
    return {};
  }

  void settle(const InputRows& rows, std::vector<double>& points, const Box& box) const {
    if (rows.empty()) return;
    const std::size_t n = box.lower.size();
    for (std::size_t d = 0; d < points.size() / n; ++d)
      rows.settle(std::span(points).subspan(d * n, n), box);
  }

  const Conjunction& set_of(Clause clause) const {
    return property_->regions[clause.region].unsafe[clause.conjunction];
  }
  bool satisfies(Clause clause, std::span<const double> y) const {
    return std::all_of(y.begin(), y.end(), [](double v) { return std::isfinite(v); }) &&
           furthest_row(set_of(clause), y).excess <= 0;
  }

  // The first of the points that satisfies a clause and counts.
  std::optional<Counterexample> first_hit(Clause clause, std::span<const double> points,
                                          std::span<const double> y, const CancelToken* cancel) {
    const Region& region = property_->regions[clause.region];
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    const bool single = static_cast<bool>(options_.float32);
    std::optional<Counterexample> deepest;
    std::vector<double> candidates;  // of float32
    std::vector<bool> whole;
    double least = 0;
    for (std::size_t d = 0; d < points.size() / n && whole.size() < most_candidates; ++d) {
      const auto in = points.subspan(d * n, n), out = y.subspan(d * m, m);
      if (!satisfies(clause, out)) continue;
      Counterexample hit{clause, {in.begin(), in.end()}, {out.begin(), out.end()}};
      if (!single && region.between.empty()) return hit;
      if (single) whole.push_back(round_to_float32(region, in, candidates));
      const double excess = furthest_row(set_of(clause), out).excess;
      if (deepest && !(excess < least)) continue;
      least = excess;
      deepest = std::move(hit);
    }
    if (!deepest) return {};
    others_ = true;
    if (single) {
      const auto exact = network_->values(candidates);
      const auto rounded = options_.float32().values(candidates);
      std::optional<Counterexample> mixed;
      for (std::size_t d = 0; d < whole.size(); ++d) {
        const auto in = std::span(candidates).subspan(d * n, n);
        const auto out = std::span(exact).subspan(d * m, m);
        if (!satisfies(clause, out) || !satisfies(clause, std::span(rounded).subspan(d * m, m)))
          continue;
        Counterexample hit{clause, {in.begin(), in.end()}, {out.begin(), out.end()}};
        if (whole[d]) return hit;
        if (!mixed) mixed = std::move(hit);
      }
      if (mixed && stands(*mixed, cancel)) return mixed;
    }
    if (spare_ || !stands(*deepest, cancel)) return {};
    if (!single) return deepest;
    spare_ = std::move(deepest);
    return {};
  }

  bool stands(const Counterexample& hit, const CancelToken* cancel) {
    return certificates_++ < most_certificates &&
           certified(*network_, *property_, hit.clause, hit.x, cancel);
  }

  // Appends the nearest point of float32 in the region. Coordinates that have none there stay what they are - in float32
  // they are rounded, and no longer inside - and it says false.
  static bool round_to_float32(const Region& region, std::span<const double> x,
                               std::vector<double>& to) {
    const Box& box = region.point_box();
    bool whole = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double low = static_cast<double>(round_up<float>(box.lower[i]));
      const double high = static_cast<double>(round_down<float>(box.upper[i]));
      const bool some = low <= high && !region.is_between(i);
      to.push_back(some ? std::clamp(static_cast<double>(static_cast<float>(x[i])), low, high)
                        : x[i]);
      whole = whole && some;
    }
    return whole;
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
  std::optional<Counterexample> spare_;
  int certificates_ = 0, crossings_ = 0;
  bool others_ = false;  // whether other points than those asked about were evaluated
};

}  // namespace shardbound::inline v0
