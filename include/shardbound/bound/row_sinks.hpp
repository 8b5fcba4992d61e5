// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What rows leave behind on their way down, besides their least values: coefficients on nodes that a caller
// is interested in, the constant they have reached at the stop node, the points where they are least.
// Together, coefficients and constant at the input are a linear function that bounds the row from below.
// Sinks have a row for each entry of the list, fillers included; a rank writes the rows that it was dealt.

#include <shardbound/core/views.hpp>
#include <shardbound/expr/row_constants.hpp>

#include <cstdint>
#include <span>

namespace shardbound::inline v0 {

/// The coefficients of rows on one node, (S, N padded).
template <class T>
struct KeptCoefficients {
  int node = 0;
  MatrixView<T> numbers;
};

/// The coefficients of rows on some neurons of an activation, each row's on those of its domain, (S, U).
template <class T>
struct KeptSlots {
  int activation = 0;
  const std::int32_t* columns = nullptr;  ///< (D, U), see expr::FreeNeurons
  MatrixView<T> numbers;
};

/// Whether every rank gets what all of them found, or keeps the rows that it was dealt.
enum class Collect { everywhere, where_dealt };

template <class T>
struct RowSinks {
  MatrixView<T> worst_points{};               // (S, N_in); data null: not wanted
  std::span<const KeptCoefficients<T>> kept;  // of the nodes that the route was made for
  expr::RowSums<T> constants{};  // (S) at the stop node, before anything is made of it there
  Collect collect = Collect::everywhere;  // of kept coefficients
  std::span<const KeptSlots<T>> slots{};  // of rows that see whole maps; always everywhere
};

}  // namespace shardbound::inline v0
