// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Whether a point satisfies a conjunction in real arithmetic: its rows are bounded from above over the box that is the
// point alone, and have to be satisfied by all that rounding leaves possible. Coordinates whose interval holds no double
// take the two doubles around it, so that any number in between will do. No bound can certify an equality at a point, but
// that there is such a point between two others.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/clause.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// The box that holds a point x of a region, or what it stands for.
inline Box box_around(const Region& region, std::span<const double> x) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Box box{{x.begin(), x.end()}, {x.begin(), x.end()}};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!region.is_between(i)) continue;
    box.lower[i] = std::nextafter(x[i], -infinity);
    box.upper[i] = std::nextafter(x[i], infinity);
  }
  return box;
}

/// Whether some rows of a clause hold all over a box. Replaces what `exact`, an engine of float64, was prepared for. Every
/// rank makes the same call.
inline bool hold_over(Engine& exact, const Property& property, Clause clause, const Box& box,
                      std::span<const std::size_t> rows, const CancelToken* cancel) {
  Conjunction opposite = property.regions[clause.region].unsafe[clause.conjunction];
  for (double& number : opposite.rows) number = -number;
  for (std::size_t i = 0; i < box.lower.size(); ++i)
    if (!std::isfinite(box.lower[i]) || !std::isfinite(box.upper[i])) return false;

  const auto outputs = static_cast<std::size_t>(property.network_outputs());
  const auto range = ScalarRange::of(exact.scalar());
  // Whether a row that is at most so much satisfies its comparison.
  const auto satisfies = [&](std::size_t r, double most) {
    return opposite.is_strict(r) ? most < opposite.rhs[r] : most <= opposite.rhs[r];
  };
  RowQuery query;
  std::vector<std::size_t> asked;
  for (const std::size_t r : rows) {
    const auto row = row_at(opposite, r);
    if (const auto least = least_of_inputs(row, outputs, box)) {
      if (!satisfies(r, -*least)) return false;
      continue;
    }
    if (!range.holds(row)) return false;
    query.matrix.insert(query.matrix.end(), row.begin(), row.end());
    query.domain.push_back(0);
    asked.push_back(r);
  }
  Capacity capacity;
  capacity.domains = 1;
  capacity.rows = static_cast<index_t>(asked.size());
  exact.prepare(Method{}, capacity);
  const InputSet set(box);
  const auto found = exact.run({&set, 1}, query, {}, cancel);
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const double below = proved(found.rows.lower[k], found.rows.slack[k]);
    if (!std::isfinite(below) || !satisfies(asked[k], add_up(-below, range.margin))) return false;
  }
  for (const OutputBounds<double>& one : found.outputs)
    for (std::size_t i = 0; i < one.lower.size(); ++i)
      if (!std::isfinite(one.lower[i]) || !std::isfinite(one.upper[i])) return false;
  return true;
}

/// Whether a point satisfies a clause. Every rank makes the same call.
inline bool certified(Engine& exact, const Property& property, Clause clause,
                      std::span<const double> x, const CancelToken* cancel) {
  const Region& region = property.regions[clause.region];
  std::vector<std::size_t> rows(region.unsafe[clause.conjunction].rhs.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return hold_over(exact, property, clause, box_around(region, x), rows, cancel);
}

/// Two rows of a clause that are each other's opposite: together an equality.
struct Equality {
  std::size_t row, opposite;
};

/// Whether a clause is satisfied between two points: on one side one row of the equality holds, on the other side its
/// opposite, and everywhere between them all other rows. Networks are continuous, so both hold somewhere. Every rank makes
/// the same call.
inline bool certified_between(Engine& exact, const Property& property, Clause clause,
                              Equality equality, std::span<const double> below,
                              std::span<const double> above, const CancelToken* cancel) {
  const Region& region = property.regions[clause.region];
  if (!region.between.empty()) return false;
  Box hull{{below.begin(), below.end()}, {above.begin(), above.end()}};
  for (std::size_t i = 0; i < below.size(); ++i)
    if (hull.lower[i] > hull.upper[i]) std::swap(hull.lower[i], hull.upper[i]);
  std::vector<std::size_t> others;
  for (std::size_t r = 0; r < region.unsafe[clause.conjunction].rhs.size(); ++r)
    if (r != equality.row && r != equality.opposite) others.push_back(r);
  const auto at = [&](std::span<const double> x, const std::size_t& row) {
    return hold_over(exact, property, clause, box_around(region, x), {&row, 1}, cancel);
  };
  return at(below, equality.row) && at(above, equality.opposite) &&
         hold_over(exact, property, clause, hull, others, cancel);
}

}  // namespace shardbound::inline v0
