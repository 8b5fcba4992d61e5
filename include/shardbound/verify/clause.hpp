// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Clauses: what has to be refuted, or hit by a point, for a verdict. A property is violated if some
// region's box holds a point whose observed values satisfy all rows of one of the region's conjunctions; every
// such pair of region and conjunction is a clause. Rounding is on the safe side of both answers, and so is what happens to
// strict rows: an open set is refuted if its closure is, and hit only by points off its edge.

#include <shardbound/core/directed.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string_view>
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

/// The numbers that a scalar holds to its full precision. What leaves them at the lower end is lost without a trace in
/// the slack, so that a proof asks for a `margin` that such losses do not add up to: rows have coefficients of about 1.
struct ScalarRange {
  double least, greatest, margin;

  static ScalarRange of(std::string_view scalar) {
    if (scalar == "float32") return of<float>(0x1p-80);
    return of<double>(0x1p-900);
  }
  bool holds(std::span<const double> row) const {
    return std::all_of(row.begin(), row.end(), [&](double number) {
      return number == 0 || (std::abs(number) >= least && std::abs(number) <= greatest);
    });
  }

 private:
  template <class T>
  static ScalarRange of(double margin) {
    return {static_cast<double>(std::numeric_limits<T>::min()),
            static_cast<double>(std::numeric_limits<T>::max()), margin};
  }
};

inline std::span<const double> row_at(const Conjunction& set, std::size_t row) {
  const std::size_t width = set.rows.size() / set.rhs.size();
  return std::span(set.rows).subspan(row * width, width);
}

/// Whether a lower bound of a row and its slack, found by an engine of that scalar, prove that no point satisfies it. A
/// strict row is taken for closed: that a bound only reaches its threshold, arithmetic cannot tell from a tiny number
/// that it lost.
inline bool refutes(const Conjunction& set, std::size_t row, double lower, double slack,
                    const ScalarRange& range) {
  return range.holds(row_at(set, row)) && proved(lower, slack) > add_up(set.rhs[row], range.margin);
}

/// What a row is at least over a box, if it is about inputs alone, which follow `outputs` columns of other things; never
/// above the exact number.
inline std::optional<double> least_of_inputs(std::span<const double> row, std::size_t outputs,
                                             const Box& box) {
  for (std::size_t i = 0; i < outputs; ++i)
    if (row[i] != 0) return {};
  double least = 0;
  for (std::size_t i = outputs; i < row.size(); ++i)
    least = add_down(
        least, multiply_down(row[i], row[i] > 0 ? box.lower[i - outputs] : box.upper[i - outputs]));
  return least;
}
/// The same for a row over inputs alone, which needs no engine: a strict one is refuted by its edge.
inline bool refutes_inputs(const Conjunction& set, std::size_t row, std::size_t outputs,
                           const Box& box) {
  const auto least = least_of_inputs(row_at(set, row), outputs, box);
  return least && (set.is_strict(row) ? *least >= set.rhs[row] : *least > set.rhs[row]);
}

/// A row of a conjunction times y, never below the exact sum and next to it.
inline double row_value(const Conjunction& set, std::int64_t row, std::span<const double> y) {
  double sum = 0, rest = 0;  // what rounding took from the sum, rounded up itself
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double factor = set.rows[static_cast<std::size_t>(row) * y.size() + i];
    if (factor == 0) continue;
    double product = detail::rounded(factor * y[i]);
    if (std::abs(product) < detail::untold)
      product = multiply_up(factor, y[i]);
    else
      rest = add_up(rest, std::fma(factor, y[i], -product));
    const double next = sum + product, part = next - sum;
    rest = add_up(rest, (sum - (next - part)) + (product - part));
    sum = next;
  }
  return add_up(sum, rest);
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
    double excess = row_value(set, row, y) - set.rhs[static_cast<std::size_t>(row)];
    if (excess == 0 && set.is_strict(static_cast<std::size_t>(row)))
      excess = std::numeric_limits<double>::denorm_min();
    if (!(excess <= worst.excess)) worst = {row, excess};
    if (std::isnan(excess)) break;
  }
  return worst;
}

/// Of every row of a conjunction over `width` columns one that is its opposite - row . y = rhs is what both say - or the
/// number of rows if there is none.
inline std::vector<std::size_t> opposite_rows(const Conjunction& set, std::size_t width) {
  const std::size_t rows = set.rhs.size();
  struct Signed {
    std::size_t row;
    double sign;
  };
  const auto is_before = [&](const Signed& a, const Signed& b) {
    const double x = a.sign * set.rhs[a.row], y = b.sign * set.rhs[b.row];
    if (x != y) return x < y;
    for (std::size_t i = 0; i < width; ++i) {
      const double first = a.sign * set.rows[a.row * width + i],
                   other = b.sign * set.rows[b.row * width + i];
      if (first != other) return first < other;
    }
    return false;
  };
  std::set<Signed, decltype(is_before)> known(is_before);
  std::vector<std::size_t> opposite(rows, rows);
  for (std::size_t a = 0; a < rows; ++a) {
    if (set.is_strict(a)) continue;
    if (const auto found = known.find({a, -1}); found != known.end()) {
      opposite[a] = found->row;
      if (opposite[found->row] == rows) opposite[found->row] = a;
    }
    known.insert({a, 1});
  }
  return opposite;
}

/// The sum of the rows that y does not satisfy yet: the direction in which the set lies further off.
inline std::vector<double> unsatisfied_rows(const Conjunction& set, std::span<const double> y) {
  std::vector<double> sum(y.size());
  for (std::int64_t row = 0; row < set.size(); ++row) {
    const double value = row_value(set, row, y), threshold = set.rhs[static_cast<std::size_t>(row)];
    if (set.is_strict(static_cast<std::size_t>(row)) ? value < threshold : value <= threshold)
      continue;
    for (std::size_t i = 0; i < y.size(); ++i)
      sum[i] += set.rows[static_cast<std::size_t>(row) * y.size() + i];
  }
  return sum;
}

}  // namespace shardbound::inline v0
