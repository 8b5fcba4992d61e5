// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Clauses: what has to be refuted, or hit by a point, for a verdict. A property is violated if some
// region's box holds a point whose output satisfies all rows of one of the region's conjunctions; every
// such pair of region and conjunction is a clause.

#include <shardbound/spec/property.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

struct Clause {
  std::size_t region = 0, conjunction = 0;
};

inline std::vector<Clause> clauses_of(const Property& property) {
  std::vector<Clause> all;
  for (std::size_t region = 0; region < property.regions.size(); ++region)
    for (std::size_t c = 0; c < property.regions[region].unsafe.size(); ++c)
      all.push_back({region, c});
  return all;
}

/// Row i of a conjunction times y, in double precision.
inline double row_value(const Conjunction& set, std::int64_t row, std::span<const double> y) {
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    sum += set.rows[static_cast<std::size_t>(row) * y.size() + i] * y[i];
  return sum;
}

/// The row of a conjunction that y is furthest from satisfying, and by how much: y is in the set if
/// `excess` is at most 0. NaN counts as furthest.
struct Furthest {
  std::int64_t row = 0;
  double excess = 0;
};
inline Furthest furthest_row(const Conjunction& set, std::span<const double> y) {
  Furthest worst{0, -std::numeric_limits<double>::infinity()};
  for (std::int64_t row = 0; row < set.size(); ++row) {
    const double excess = row_value(set, row, y) - set.rhs[static_cast<std::size_t>(row)];
    if (!(excess <= worst.excess)) worst = {row, excess};
    if (std::isnan(excess)) break;
  }
  return worst;
}

/// The sum of the rows that y does not satisfy yet: the direction in which the set lies further off.
inline std::vector<double> unsatisfied_rows(const Conjunction& set, std::span<const double> y) {
  std::vector<double> sum(y.size());
  for (std::int64_t row = 0; row < set.size(); ++row) {
    if (row_value(set, row, y) <= set.rhs[static_cast<std::size_t>(row)]) continue;
    for (std::size_t i = 0; i < y.size(); ++i)
      sum[i] += set.rows[static_cast<std::size_t>(row) * y.size() + i];
  }
  return sum;
}

}  // namespace shardbound::inline v0
