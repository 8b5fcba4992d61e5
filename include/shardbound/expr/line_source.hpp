// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Line sources: which line of an activation a row reads. Every array has its own strides: CROWN's lines
// are one set a domain, or one for all, and any of them may be a row's own. Where slopes are optimised, rows have
// parameters of their own for the columns whose neurons are unstable, and for those alone. Where a row is over a part of
// its domain, neurons that are split have lines of its own altogether.

#include <shardbound/core/views.hpp>
#include <shardbound/relax/line.hpp>

#include <cstdint>

namespace shardbound::inline v0::expr {

/// Numbers of which each domain, each row, or all of them have a set of N.
template <class T>
struct Strided {
  const T* data = nullptr;
  index_t per_domain = 0, per_row = 0;

  constexpr const T* at(index_t row, index_t domain) const {
    return data + per_domain * domain + per_row * row;
  }
  /// The same for rows that begin `rows` further down.
  constexpr Strided from(index_t rows) const {
    return {data + per_row * rows, per_domain, per_row};
  }
};

/// Parameters of the lower lines of an activation, or of the upper ones: a row of `leading` of them for each row that
/// has any, in the order of RowsView::home. `slot` (D, N) says which one a column has; -1: its line is the source's.
template <class T>
struct FreeSide {
  const std::int32_t* slot = nullptr;
  index_t per_domain = 0;
  const T* value = nullptr;
  index_t leading = 0;
};

/// The slacks say by how much, per unit of a row's coefficient, rounding may have spoiled a line and the bounds it was
/// drawn from; they hold for every parameter that a free line may have.
template <class T>
struct LineSource {
  Strided<T> lower_slope, lower_intercept, upper_slope, upper_intercept;
  Strided<T> lower_slack, upper_slack;
  FreeSide<T> lower, upper;

  /// The same source for a tile that begins `rows` rows further down.
  constexpr LineSource from(index_t rows) const {
    return {lower_slope.from(rows),
            lower_intercept.from(rows),
            upper_slope.from(rows),
            upper_intercept.from(rows),
            lower_slack.from(rows),
            upper_slack.from(rows),
            lower,
            upper};
  }
  /// Whether rows over one domain read the same lines, but for those that are free.
  constexpr bool is_shared() const {
    return (lower_slope.per_row | lower_intercept.per_row | upper_slope.per_row |
            upper_intercept.per_row | lower_slack.per_row | upper_slack.per_row) == 0;
  }
};

/// A neuron of which more is known for a row than for its domain: lines that hold over less, with what rounding costs
/// them per unit of what meets them; and that owed (z - point) is at least 0, which may be taken away (2103.06624).
template <class T>
struct SplitNeuron {
  LinePair<T> lines;
  T lower_slack = 0, upper_slack = 0;
  T owed = 0, point = 0, owed_slack = 0;
  T cost_below = 0;  ///< per unit of what comes out

  /// The line of a coefficient, as GoesByLines has it.
  constexpr const Line<T>& line(T a) const { return a >= T(0) ? lines.lower : lines.upper; }
};

}  // namespace shardbound::inline v0::expr
