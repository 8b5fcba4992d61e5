// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Line sources: which line of an activation a row reads. CROWN has one per neuron, several domains in
// one pass one per neuron and domain, optimised slopes one per neuron and row; a sweep does not care.

#include <shardbound/core/views.hpp>

namespace shardbound::inline v0::expr {

enum class LinesPer { neuron, domain, row };

/// Arrays of lines, each (L, N) with `leading` numbers from one set of lines to the next; L is 1, the
/// number of domains or the number of rows. The slacks are (D, N): by how much, per unit of a row's
/// coefficient, rounding may have spoiled either line and the bounds it was drawn from.
template <class T>
struct LineSource {
  const T* lower_slope = nullptr;
  const T* lower_intercept = nullptr;
  const T* upper_slope = nullptr;
  const T* upper_intercept = nullptr;
  const T* lower_slack = nullptr;
  const T* upper_slack = nullptr;
  index_t leading = 0;
  LinesPer per = LinesPer::domain;

  /// Where the lines of row `row` over domain `domain` begin.
  constexpr index_t line(index_t row, index_t domain) const {
    return leading * (per == LinesPer::neuron ? 0 : per == LinesPer::domain ? domain : row);
  }
  /// The same source for a tile that begins `rows` rows further down.
  constexpr LineSource from(index_t rows) const {
    LineSource source = *this;
    if (per != LinesPer::row) return source;
    const index_t numbers = leading * rows;
    source.lower_slope += numbers;
    source.lower_intercept += numbers;
    source.upper_slope += numbers;
    source.upper_intercept += numbers;
    return source;
  }
};

}  // namespace shardbound::inline v0::expr
