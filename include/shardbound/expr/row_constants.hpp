// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a row carries besides its coefficients: a constant, and the slack that rounding has earned it.
// On full edges every rank adds the same numbers (`full`); on split edges each rank adds its own
// neurons' share, to be summed over ranks (`partial`). Mixing the two would count a bias P times, or lose
// it.

#include <shardbound/core/views.hpp>

namespace shardbound::inline v0::expr {

/// Per row of a tile: constant and slack, each (S).
template <class T>
struct RowSums {
  T* constant = nullptr;
  T* slack = nullptr;

  constexpr RowSums from(index_t row) const { return {constant + row, slack + row}; }
};

template <class T>
struct RowConstants {
  RowSums<T> full, partial;

  constexpr RowConstants from(index_t row) const { return {full.from(row), partial.from(row)}; }
};

}  // namespace shardbound::inline v0::expr
