// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Points on their way to clauses, many at once: each descends the rows of its own clause that it does not satisfy yet, by
// the gradients that the network has where the points are, and never leaves its box. No single rule finds everything, so
// points take turns: signs of a momentum (projected gradient descent, 1706.06083, with the signed steps of Adam), which
// cross boxes of many inputs fast; projections onto the rows as they would be if the network were as linear as it is here
// (Polyak's step for a target that is known), which meet narrow sets; corners that the linearized network likes best
// (Frank-Wolfe). Some are first driven apart by random directions of the outputs (2003.06878).

#include <shardbound/network/plan.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// What one point costs up to a node, in multiplications; whatever is not a product is worth a few for each neuron.
inline double work_to(const PlanView& plan, int node) {
  constexpr double each = 16;
  const std::vector<bool> below = plan.nodes_below(node);
  double work = 0;
  for (int v = 0; v < plan.size(); ++v) {
    if (!below[static_cast<std::size_t>(v)]) continue;
    const auto features = static_cast<double>(plan[v].features);
    work += each * features;
    if (plan[v].kind == NodeKind::product) work += features * static_cast<double>(plan.fan_in(v));
  }
  return work;
}
/// Through all of it.
inline double work_of(const PlanView& plan) { return work_to(plan, plan.output()); }

/// How much is spent on the targets of a region. Work is counted, not timed, so that the same is found everywhere.
struct Effort {
  index_t samples = 512;  ///< random points that are looked at; fewer if they have many numbers
  index_t walkers = 128;  ///< points that descend at once, in all
  int steps = 25;         ///< of each

  /// What costs next to nothing, before there are bounds.
  static Effort quick(const PlanView& plan) { return of(plan, 1.2e4, 16, 96); }
  /// What a round of bounds costs, for clauses that they left open.
  static Effort usual(const PlanView& plan) { return of(plan, 1.6e5, 48, 1280); }
  /// The most that is tried, for what nothing else decides.
  static Effort thorough(const PlanView& plan) { return of(plan, 3e6, 200, 25600); }

  /// Of them for each of some clauses: 2 or more, even if not all clauses have some then.
  std::size_t walkers_each(std::size_t clauses) const {
    return std::max<std::size_t>(static_cast<std::size_t>(walkers) / clauses, 2);
  }
  std::size_t goals(std::size_t walkers_each) const {
    return std::max<std::size_t>(static_cast<std::size_t>(walkers) / walkers_each, 1);
  }

 private:
  // Bounds of large networks cost more for each multiplication, so that more of these may be spent there.
  static Effort of(const PlanView& plan, double cost, double least, double most) {
    const double visits = std::clamp(cost / std::sqrt(work_of(plan)), least, most);
    Effort effort;
    effort.steps = std::min(static_cast<int>(std::sqrt(visits)), most_steps);
    effort.walkers = static_cast<index_t>(visits) / effort.steps;
    effort.samples = static_cast<index_t>(visits / 4);
    return effort;
  }
  static constexpr int most_steps = 100;
};

/// How far y is from a conjunction, and the sum of the rows that are to become less.
struct Shortfall {
  double distance = 0;
  std::vector<double> row;  // (N_out); zero where y is well inside
};
inline Shortfall shortfall_of(const Conjunction& set, std::span<const double> y) {
  constexpr double margin = 1e-5;  // so that a point stays inside in other arithmetic
  Shortfall found{0, std::vector<double>(y.size())};
  // Margins only once all else is satisfied: of two rows that are an equality one would always cancel the other.
  for (const double less : {0.0, margin}) {
    for (std::size_t r = 0; r < set.rhs.size() && !std::isnan(found.distance); ++r) {
      const auto row = std::span(set.rows).subspan(r * y.size(), y.size());
      double excess = less - set.rhs[r];
      for (std::size_t i = 0; i < y.size(); ++i)
        if (row[i] != 0) excess += row[i] * y[i];
      if (excess <= 0) continue;
      found.distance += excess;
      for (std::size_t i = 0; i < y.size(); ++i) found.row[i] += row[i];
    }
    if (found.distance > 0) break;
  }
  if (std::isnan(found.distance)) found.distance = std::numeric_limits<double>::infinity();
  return found;
}

class Descending {
 public:
  enum class Rule { signs, projections, corners };

  /// Of points with `inputs` numbers; `random` outlives this.
  Descending(std::size_t inputs, std::mt19937_64& random) : n_(inputs), random_(&random) {}

  /// A set that points of a box seek; both outlive this. Returns its number.
  std::size_t add_goal(const Conjunction& set, const Box& box) {
    goals_.push_back({&set, &box});
    return goals_.size() - 1;
  }
  /// A point that seeks a goal. `direction` (N_out), if there, is followed for a few steps before.
  void add(std::size_t goal, std::span<const double> x, Rule rule,
           std::vector<double> direction = {}) {
    points_.insert(points_.end(), x.begin(), x.end());
    momentum_.resize(points_.size(), 0);
    walkers_.push_back({goal, rule, std::move(direction)});
  }

  std::size_t size() const { return walkers_.size(); }
  const std::vector<double>& points() const { return points_; }  ///< (D, N_in)
  std::span<double> point(std::size_t d) { return std::span(points_).subspan(d * n_, n_); }

  /// Which sums of outputs (D, N_out) points descend next, where outputs are y.
  std::vector<double> rows(std::span<const double> y) {
    const std::size_t m = y.size() / size();
    std::vector<double> rows;
    for (std::size_t d = 0; d < size(); ++d) {
      Walker& walker = walkers_[d];
      Goal& goal = goals_[walker.goal];
      auto [distance, row] = shortfall_of(*goal.set, y.subspan(d * m, m));
      walker.distance = distance;
      if (distance < goal.distance) {
        goal.distance = distance;
        goal.nearest.assign(point(d).begin(), point(d).end());
      }
      if (distance < most_left * walker.least) {
        walker.least = distance;
        walker.last_gain = walker.age;
      }
      if (is_driven(walker)) row = walker.direction;
      rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
  }

  /// One step of every point, by the gradients (D, N_in) of those rows. A point that came no nearer for a while begins
  /// again.
  void move(std::span<const double> gradients) {
    for (std::size_t d = 0; d < size(); ++d) {
      Walker& walker = walkers_[d];
      const auto gradient = gradients.subspan(d * n_, n_);
      const bool is_finite =
          std::all_of(gradient.begin(), gradient.end(), [](double g) { return std::isfinite(g); });
      if (!is_finite || walker.age > walker.last_gain + patience(walker.rule))
        begin_again(d);
      else
        step(d, gradient);
    }
  }

 private:
  static constexpr int driven_steps = 3;
  static constexpr double most_left = 0.95;  // of a distance, if that is to be a gain
  static constexpr double first_pace = 0.25, decay = 0.9;
  static constexpr double overshoot = 1.25;  // as what is just met may not count
  static constexpr double reach = 0.25;      // of a coordinate's width, in one step

  struct Goal {
    const Conjunction* set;
    const Box* box;
    double distance = std::numeric_limits<double>::infinity();
    std::vector<double> nearest{};
  };
  struct Walker {
    std::size_t goal;
    Rule rule;
    std::vector<double> direction;
    int age = 0, last_gain = 0;
    double distance = 0, least = std::numeric_limits<double>::infinity();
  };
  // Steps that may bring no gain: projections arrive soon or never.
  static int patience(Rule rule) { return rule == Rule::projections ? 3 : 12; }
  static bool is_driven(const Walker& walker) {
    return !walker.direction.empty() && walker.age < driven_steps;
  }
  static double inside(const Box& box, std::size_t i, double x) {
    return std::clamp(x, box.lower[i], box.upper[i]);
  }
  static double width(const Box& box, std::size_t i) { return box.upper[i] - box.lower[i]; }
  double random_part() { return static_cast<double>((*random_)() >> 11) * 0x1p-53; }

  void step(std::size_t d, std::span<const double> gradient) {
    Walker& walker = walkers_[d];
    const Box& box = *goals_[walker.goal].box;
    const auto x = point(d);
    const bool driven = is_driven(walker);
    const int age = walker.age++;
    if (driven) return by_signs(box, x, gradient, first_pace);
    switch (walker.rule) {
      case Rule::signs: {
        const auto momentum = std::span(momentum_).subspan(d * n_, n_);
        for (std::size_t i = 0; i < n_; ++i) momentum[i] = 0.9 * momentum[i] + 0.1 * gradient[i];
        return by_signs(box, x, momentum, first_pace * std::pow(decay, age));
      }
      case Rule::projections: return by_projection(box, x, gradient, walker.distance);
      case Rule::corners: return to_corner(box, x, gradient, 2.0 / (age + 2));
    }
  }

  // Somewhere, or, every other time, near the best point that is known.
  void begin_again(std::size_t d) {
    Walker& walker = walkers_[d];
    const Goal& goal = goals_[walker.goal];
    walker = {walker.goal, walker.rule, {}};
    const auto x = point(d);
    const bool far = goal.nearest.empty() || random_part() < 0.5;
    const double radius = std::exp2(-1 - 5 * random_part());
    for (std::size_t i = 0; i < n_; ++i) {
      const double part = random_part();
      momentum_[d * n_ + i] = 0;
      x[i] = inside(*goal.box, i,
                    far ? goal.box->lower[i] + part * width(*goal.box, i)
                        : goal.nearest[i] + (2 * part - 1) * radius * width(*goal.box, i));
    }
  }

  static void by_signs(const Box& box, std::span<double> x, std::span<const double> uphill,
                       double pace) {
    for (std::size_t i = 0; i < x.size(); ++i)
      if (uphill[i] != 0)
        x[i] = inside(box, i, x[i] - std::copysign(pace * width(box, i), uphill[i]));
  }
  static void to_corner(const Box& box, std::span<double> x, std::span<const double> uphill,
                        double pace) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (uphill[i] == 0) continue;
      const double goal = uphill[i] > 0 ? box.lower[i] : box.upper[i];
      x[i] = inside(box, i, x[i] + pace * (goal - x[i]));
    }
  }
  // In units of the box's widths; coordinates that are at an edge already take no part.
  static void by_projection(const Box& box, std::span<double> x, std::span<const double> uphill,
                            double distance) {
    const auto slope = [&](std::size_t i) {
      const bool stuck = uphill[i] > 0 ? x[i] <= box.lower[i] : x[i] >= box.upper[i];
      return stuck ? 0.0 : uphill[i] * width(box, i);
    };
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) square += slope(i) * slope(i);
    if (!(square > 0)) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double part = std::clamp(overshoot * distance / square * slope(i), -reach, reach);
      x[i] = inside(box, i, x[i] - part * width(box, i));
    }
  }

  std::size_t n_;
  std::mt19937_64* random_;
  std::vector<double> points_, momentum_;  // (D, N_in)
  std::vector<Goal> goals_;
  std::vector<Walker> walkers_;
};

}  // namespace shardbound::inline v0
