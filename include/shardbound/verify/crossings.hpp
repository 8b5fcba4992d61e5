// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Outputs that have to be equal to something. Where a conjunction has an equality, points are tried between one below it
// and one above: a function that is continuous has one that meets it. Arithmetic has one more often if all coordinates but
// one are short numbers.

#include <shardbound/verify/certificate.hpp>
#include <shardbound/verify/input_rows.hpp>
#include <shardbound/verify/judge.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

class Crossings {
 public:
  /// All of them outlive this.
  Crossings(Engine& network, const Property& property, Judge& judge)
      : network_(&network), property_(&property), judge_(&judge) {}

  /// Tries what is between some of the points (D, N_in). Every rank makes the same call.
  std::optional<Counterexample> between(Clause clause, const std::vector<double>& points,
                                        const InputRows& input_rows, const CancelToken* cancel) {
    const Region& region = property_->regions[clause.region];
    const Conjunction& set = region.unsafe[clause.conjunction];
    const Box& box = region.point_box();
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    const auto opposite = opposite_rows(set, m);
    if (std::all_of(opposite.begin(), opposite.end(),
                    [&](std::size_t row) { return row == opposite.size(); }))
      return {};
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

 private:
  static constexpr int most_certificates = 32;  // that are tried for, in all
  static constexpr std::size_t most_pairs = 4;  // of points, and coordinates, that are walked along

  // From a point where an equality's row is below its threshold to one where it is not.
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
      input_rows.settle(x, box);
      if (x == way.below || x == way.above) return {};
      const auto y = network_->values(x);
      if (auto hit = judge_->first_hit(way.clause, x, y, cancel)) return hit;
      if (judge_->satisfies(way.clause, y) && crossings_++ < most_certificates &&
          certified_between(*network_, *property_, way.clause, way.equality, whole.below,
                            whole.above, cancel))
        return Counterexample{way.clause, std::move(x), y};
      (excess(way, y) < 0 ? way.below : way.above) = std::move(x);
    }
    return {};
  }

  static double inside(const Box& box, std::size_t i, double x) {
    return std::clamp(x, box.lower[i], box.upper[i]);
  }
  bool is_over(const CancelToken* cancel) const {
    return cancel && network_->agree(cancel->cancelled());
  }

  Engine* network_;
  const Property* property_;
  Judge* judge_;
  int crossings_ = 0;
};

}  // namespace shardbound::inline v0
