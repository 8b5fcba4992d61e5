// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The search for a counterexample, in double precision. Of every region some points are looked at - the centre and
// corners, where bounds saw rows least, random ones - and from the nearest to each clause, and some of the others, many
// descend at once. What counts as found is judge.hpp's; how points move, descent.hpp's.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/crossings.hpp>
#include <shardbound/verify/descent.hpp>
#include <shardbound/verify/input_rows.hpp>
#include <shardbound/verify/judge.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct AttackOptions {
  std::uint64_t seed = 0;
  /// The same network in float32, made when first a point is found, if it is one of float32.
  std::function<Engine&()> float32{};
};

/// A clause that is searched for, and points (D, N_in) of its region that may be near it.
struct Target {
  Clause clause;
  std::vector<double> starts{};
};

/// Every rank makes the same calls, and finds the same.
class Attack {
 public:
  /// `network` works in float64; certificates replace what it was prepared for.
  Attack(Engine& network, const Property& property, const AttackOptions& options)
      : network_(&network),
        property_(&property),
        judge_(network, property, options.float32),
        crossings_(network, property, judge_),
        random_(options.seed) {}

  /// Evaluates points (D, N_in) of a region against all its conjunctions.
  std::optional<Counterexample> try_points(std::size_t region, const std::vector<double>& points,
                                           const CancelToken* cancel = nullptr) {
    if (points.empty()) return {};
    const auto y = values(points);
    for (std::size_t c = 0; c < property_->regions[region].unsafe.size(); ++c) {
      if (is_over(cancel)) return {};
      const Clause clause{region, c};
      if (auto hit = judge_.first_hit(clause, points, y, cancel)) return hit;
      const InputRows rows(*property_, set_of(clause));
      if (rows.empty()) continue;
      std::vector<double> moved = points;
      rows.settle_all(moved, box_of(clause));
      if (auto hit = judge_.first_hit(clause, moved, values(moved), cancel)) return hit;
    }
    return {};
  }

  /// Whether any point is known to be in a region, see Region::points.
  static bool has_points(const Box& box) {
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      if (!(box.lower[i] <= box.upper[i])) return false;
    return true;
  }

  /// A counterexample that is certified, while none was found of float32 numbers.
  const std::optional<Counterexample>& spare() const { return judge_.spare(); }

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

  /// Looks for targets, which are in the order of their regions. Those of a region share what is spent on it, and those
  /// that are nearest come first.
  std::optional<Counterexample> search(std::span<const Target> targets, const Effort& effort,
                                       const CancelToken* cancel) {
    for (std::size_t first = 0, end = 0; first < targets.size(); first = end) {
      const std::size_t region = targets[first].clause.region;
      while (end < targets.size() && targets[end].clause.region == region) ++end;
      if (!has_points(box_of(targets[first].clause))) continue;
      if (is_over(cancel)) return {};
      if (auto hit = search_region(targets.subspan(first, end - first), effort, cancel)) return hit;
      if (spare()) return {};
    }
    return {};
  }
  std::optional<Counterexample> search(Clause clause, std::vector<double> starts,
                                       const Effort& effort, const CancelToken* cancel) {
    const Target target{clause, std::move(starts)};
    return search({&target, 1}, effort, cancel);
  }

 private:
  static constexpr std::size_t most_free_coordinates = 6;
  static constexpr index_t most_neurons = 1 << 19;    // of all points that are evaluated at once
  static constexpr index_t random_numbers = 1 << 14;  // in all random points of a region
  static constexpr std::size_t few_inputs = 64;

  /// A clause, and where to begin: at its nearest point first.
  struct Approach {
    Clause clause;
    double distance = 0;
    std::vector<double> starts{};  // (D, N_in)
  };

  std::optional<Counterexample> search_region(std::span<const Target> targets, const Effort& effort,
                                              const CancelToken* cancel) {
    const Box& box = box_of(targets.front().clause);
    std::vector<double> pool = obvious_points(targets.front().clause.region);
    for (const Target& target : targets)
      pool.insert(pool.end(), target.starts.begin(), target.starts.end());
    const auto walkers = effort.walkers_each(targets.size());
    const index_t samples =
        std::clamp(random_numbers / property_->inputs, static_cast<index_t>(walkers),
                   std::max(effort.samples, static_cast<index_t>(walkers)));
    for (index_t i = 0; i < samples; ++i) {
      const auto point = random_point(box);
      pool.insert(pool.end(), point.begin(), point.end());
    }
    const auto at_pool = values(pool);
    std::vector<Approach> approaches;
    for (const Target& target : targets) {
      if (is_over(cancel)) return {};
      const Clause clause = target.clause;
      const InputRows input_rows(*property_, set_of(clause));
      std::vector<double> moved, at_moved;
      if (!input_rows.empty()) {
        moved = pool;
        input_rows.settle_all(moved, box);
        at_moved = values(moved);
      }
      const auto& points = input_rows.empty() ? pool : moved;
      const auto& y = input_rows.empty() ? at_pool : at_moved;
      if (auto hit = judge_.first_hit(clause, points, y, cancel)) return hit;
      approaches.push_back(approach(clause, points, y, walkers));
      if (auto hit = crossings_.between(clause, approaches.back().starts, input_rows, cancel))
        return hit;
    }
    std::stable_sort(approaches.begin(), approaches.end(),
                     [](const auto& a, const auto& b) { return a.distance < b.distance; });
    approaches.resize(std::min(approaches.size(), effort.goals(walkers)));
    const std::size_t at_once = std::max<std::size_t>(points_at_once() / walkers, 1);
    for (std::size_t first = 0; first < approaches.size(); first += at_once) {
      const auto count = std::min(at_once, approaches.size() - first);
      auto hit = descend(std::span(approaches).subspan(first, count), effort, cancel);
      if (hit || spare()) return hit;
    }
    return {};
  }

  // Every other start is one of the nearest points; the rest is random, as the nearest may all be in one valley.
  Approach approach(Clause clause, std::span<const double> points, std::span<const double> y,
                    std::size_t walkers) const {
    const std::size_t n = inputs(), m = outputs();
    std::vector<double> distance;
    std::vector<std::size_t> order;
    for (std::size_t d = 0; d < points.size() / n; ++d) {
      distance.push_back(shortfall_of(set_of(clause), y.subspan(d * m, m)).distance);
      order.push_back(d);
    }
    const std::size_t most = std::min(order.size(), walkers), others = most / 2;
    std::stable_sort(order.begin(), order.end() - static_cast<std::ptrdiff_t>(others),
                     [&](std::size_t a, std::size_t b) { return distance[a] < distance[b]; });
    Approach found{clause, distance[order.front()]};
    for (std::size_t k = 0; k < most; ++k) {
      const std::size_t d = k % 2 == 0 ? order[k / 2] : order[order.size() - 1 - k / 2];
      const auto x = points.subspan(d * n, n);
      found.starts.insert(found.starts.end(), x.begin(), x.end());
    }
    return found;
  }

  // All at once.
  std::optional<Counterexample> descend(std::span<const Approach> approaches, const Effort& effort,
                                        const CancelToken* cancel) {
    const std::size_t n = inputs(), m = outputs();
    Descending descending(n, random_);
    std::vector<InputRows> input_rows;
    for (const Approach& one : approaches) {
      input_rows.emplace_back(*property_, set_of(one.clause));
      const auto goal = descending.add_goal(set_of(one.clause), box_of(one.clause));
      for (std::size_t d = 0; d < one.starts.size() / n; ++d)
        descending.add(goal, std::span(one.starts).subspan(d * n, n), rule_of(d / 2),
                       d % 2 == 1 ? random_direction() : std::vector<double>{});
    }
    for (int step = 0;; ++step) {
      if (is_over(cancel)) return {};
      const auto& points = descending.points();
      const auto y = network_->values(points);
      judge_.has_moved();
      for (std::size_t a = 0, d = 0; a < approaches.size(); ++a) {
        const std::size_t count = approaches[a].starts.size() / n;
        auto hit =
            judge_.first_hit(approaches[a].clause, std::span(points).subspan(d * n, count * n),
                             std::span(y).subspan(d * m, count * m), cancel);
        if (hit) return hit;
        d += count;
      }
      if (step == effort.steps) return {};
      if (judge_.has_moved()) network_->values(points);  // that gradients are of these again
      descending.move(network_->gradients(descending.rows(y)));
      for (std::size_t a = 0, d = 0; a < approaches.size(); ++a)
        for (std::size_t k = approaches[a].starts.size() / n; k > 0; --k, ++d)
          input_rows[a].settle(descending.point(d), box_of(approaches[a].clause));
    }
  }

  // Projections meet narrow sets, but cross a box of many inputs slowly.
  Descending::Rule rule_of(std::size_t k) const {
    using Rule = Descending::Rule;
    if (inputs() <= few_inputs) return Rule::projections;
    static constexpr Rule rules[] = {Rule::corners, Rule::signs, Rule::corners, Rule::projections};
    return rules[k % std::size(rules)];
  }

  // In parts that there is memory for.
  std::vector<double> values(std::span<const double> points) {
    const std::size_t part = points_at_once() * inputs();
    std::vector<double> y;
    for (std::size_t first = 0; first < points.size(); first += part) {
      const auto some =
          network_->values(points.subspan(first, std::min(part, points.size() - first)));
      y.insert(y.end(), some.begin(), some.end());
    }
    return y;
  }
  std::size_t points_at_once() const {
    index_t neurons = 0;
    for (int v = 0; v < network_->plan().size(); ++v) neurons += network_->plan()[v].features;
    return static_cast<std::size_t>(std::max<index_t>(most_neurons / neurons, 1));
  }

  std::size_t inputs() const { return static_cast<std::size_t>(property_->inputs); }
  std::size_t outputs() const { return static_cast<std::size_t>(property_->outputs); }
  const Conjunction& set_of(Clause clause) const {
    return property_->regions[clause.region].unsafe[clause.conjunction];
  }
  const Box& box_of(Clause clause) const { return property_->regions[clause.region].point_box(); }
  bool is_over(const CancelToken* cancel) const {
    return cancel && network_->agree(cancel->cancelled());
  }
  static double inside(const Box& box, std::size_t i, double x) {
    return std::clamp(x, box.lower[i], box.upper[i]);
  }
  double random_part() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  std::vector<double> random_point(const Box& box) {
    std::vector<double> point;
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      point.push_back(inside(box, i, box.lower[i] + random_part() * (box.upper[i] - box.lower[i])));
    return point;
  }
  std::vector<double> random_direction() {
    std::vector<double> direction;
    for (std::size_t i = 0; i < outputs(); ++i) direction.push_back(2 * random_part() - 1);
    return direction;
  }

  Engine* network_;
  const Property* property_;
  Judge judge_;
  Crossings crossings_;
  std::mt19937_64 random_;
};

}  // namespace shardbound::inline v0
