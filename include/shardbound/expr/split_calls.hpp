// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows over parts of a domain (beta-CROWN, 2103.06624). In each part some neurons of an activation are known to be on one
// side of where it bends, so that the activation is a line for them, and a multiplier of at least 0 turns that knowledge
// into a better bound: whatever is on its side, side * z >= 0, may be taken away with it. All else of a part is its
// domain's: rows take the coefficients of such neurons out of their tile, go by the domain's lines with the others, and
// put them back below. Memory and work are those of the splits, not of the neurons.

#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/calls.hpp>
#include <shardbound/expr/neuron.hpp>

#include <cstdint>

namespace shardbound::inline v0::expr {

/// Whether some operation of a chain stands for an activation.
template <class Chain>
inline constexpr bool has_lines = false;
template <class... Operations>
inline constexpr bool has_lines<Chain<Operations...>> = (goes_by_lines<Operations> || ...);

/// The splits of one activation's neurons, (R, K): of every row up to K, -1 where it has fewer. Found by RowsView::home.
template <class T>
struct Splits {
  const std::int32_t* neuron = nullptr;
  const T* side = nullptr;  ///< 1: the input is at least 0, -1: at most
  T* multiplier = nullptr;
  index_t count = 0;  ///< K
};

/// Coefficients or points (S, N) of neurons with splits leave a tile, which is zero there then, or come back.
template <class T>
struct SplitCall {
  MatrixView<T> tile;
  RowsView<T> rows;
  Splits<T> splits;
  T* taken = nullptr;  ///< (S, K)
};

/// What was taken goes through the chain by the lines of its sides.
template <class T>
struct SplitChainCall {
  SplitCall<T> of;
  RowSums<T> sums;  // on the way down
  OperationData<T> data[longest_chain];
  Line<T> above{}, below{};  ///< of the activation, where its input is at least 0, and at most
  BoundsView<const T> in;    ///< of the activation's input
  T meets = 0;               ///< of adding rows up there, if it has other readers
  // On the way up
  const T* weight = nullptr;  ///< (S)
  T* gradient = nullptr;      ///< (S, K): what rows gain from their multipliers
};

template <class T>
constexpr SideOfKink<T> side_of_kink(const SplitChainCall<T>& call, index_t r, index_t at) {
  const auto& splits = call.of.splits;
  const index_t neuron = call.of.rows.domain[r] * call.in.leading + splits.neuron[at];
  const T input =
      largest_magnitude(call.in.lower[neuron], call.in.upper[neuron]) + call.in.slack[neuron];
  SideOfKink<T> side;
  side.line = splits.side[at] > T(0) ? call.above : call.below;
  side.owed = splits.multiplier[at] * splits.side[at];
  const T slope = side.line.slope;
  if (slope != T(0) && slope != T(1)) side.cost_above = line_rounding<T> * magnitude(slope) * input;
  side.cost_below = (2 * unit_roundoff<T> + call.meets) * input;
  return side;
}

/// Calls body(column, place among those of its home, place among what is taken) for the splits of row `r`.
template <class T, class Body>
constexpr void for_each_split(const SplitCall<T>& call, index_t r, const Body& body) {
  if (call.rows.sign[r] == T(0)) return;
  const index_t first = call.rows.home_of(r) * call.splits.count;
  for (index_t k = 0; k < call.splits.count; ++k)
    if (call.splits.neuron[first + k] >= 0)
      body(static_cast<index_t>(call.splits.neuron[first + k]), first + k,
           r * call.splits.count + k);
}

template <class T>
constexpr void take_splits(const SplitCall<T>& call, index_t r) {
  T* const row = call.tile.data + r * call.tile.leading;
  for_each_split(call, r, [&](index_t column, index_t, index_t k) {
    call.taken[k] = row[column];
    row[column] = T(0);
  });
}
template <class T>
constexpr void return_splits(const SplitCall<T>& call, index_t r) {
  T* const row = call.tile.data + r * call.tile.leading;
  for_each_split(call, r, [&](index_t column, index_t, index_t k) { row[column] = call.taken[k]; });
}

/// On the way down: coefficients that were taken above the chain become those below it.
template <class Chain, class T>
constexpr void pull_splits(const SplitChainCall<T>& call, index_t r) {
  const auto chain =
      Chain::template Row<T>::of(call.data, {r, call.of.rows.domain[r], call.of.rows.home_of(r)});
  Coefficient<T> a{T(0), T(0), T(0)};
  for_each_split(call.of, r, [&](index_t column, index_t at, index_t k) {
    a.value = call.of.taken[k];
    chain.pull_back_on_side(column, side_of_kink(call, r, at), a);
    call.of.taken[k] = a.value;
  });
  call.sums.constant[r] += a.constant;
  call.sums.slack[r] += a.slack;
}
/// On the way up: points that were taken below the chain become those above it, and multipliers learn what they are
/// worth.
template <class Chain, class T>
constexpr void push_splits(const SplitChainCall<T>& call, index_t r) {
  const auto chain =
      Chain::template Row<T>::of(call.data, {r, call.of.rows.domain[r], call.of.rows.home_of(r)});
  for (index_t k = 0; k < call.of.splits.count; ++k)
    call.gradient[r * call.of.splits.count + k] = T(0);
  for_each_split(call.of, r, [&](index_t column, index_t at, index_t k) {
    T met = 0;
    call.of.taken[k] =
        chain.push_forward_on_side(column, side_of_kink(call, r, at), call.of.taken[k], met);
    call.gradient[k] = -call.weight[r] * call.of.splits.side[at] * met;
  });
}

}  // namespace shardbound::inline v0::expr
