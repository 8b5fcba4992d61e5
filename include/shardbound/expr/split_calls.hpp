// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows over parts of a domain (beta-CROWN, 2103.06624; GenBaB, 2405.21063). In each part the inputs z of some neurons of
// an activation are known to be at least `low` and at most `high`, so that lines over less hold for them - where the
// activation bends between the part and the rest, it is one line -, and a multiplier m turns that knowledge into a better
// bound: m (z - low) for m >= 0, and m (z - high) for m <= 0, is at least 0 and may be taken away. Never both: with them
// the lesser multiplier would do no good. All else of a part is its domain's: rows take the coefficients of such neurons
// out of their tile, go by the domain's lines with the others, and put them back below. Memory and work are those of the
// splits, not of the neurons.

#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/calls.hpp>
#include <shardbound/expr/chain.hpp>
#include <shardbound/expr/free_neuron.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace shardbound::inline v0::expr {

/// Whether some operation of a chain stands for an activation.
template <class Chain>
inline constexpr bool has_lines = false;
template <class... Operations>
inline constexpr bool has_lines<Chain<Operations...>> = (goes_by_lines<Operations> || ...);

/// What is known of one neuron for one row, as planes of numbers.
enum class SplitNumber {
  low,   ///< the input is at least so much; -inf if that is not known
  high,  ///< and at most
  lower_slope,
  lower_intercept,
  lower_slack,  ///< per unit of a coefficient, as NeuronLines has it
  upper_slope,
  upper_intercept,
  upper_slack,
};
inline constexpr index_t split_numbers = 8;

/// The neurons of one activation that are split, (R, K): of every row up to K, -1 where it has fewer. Found by
/// RowsView::home.
template <class T>
struct Splits {
  const std::int32_t* neuron = nullptr;
  /// Where an activation bends at 0 and is split there: 1 above, -1 below, with the line that it is below and above. There
  /// is nothing in `numbers` then, and multipliers are not signed.
  const T* side = nullptr;
  Line<T> sides[2] = {};
  const T* numbers = nullptr;  ///< (split_numbers, R, K)
  index_t plane = 0;           ///< R K
  T* above = nullptr;          ///< coefficients that met the activation when the row went down last
  index_t count = 0;           ///< K
  const T* multiplier = nullptr;
  /// Parameters of free lines, in the place of those in `numbers`; not a number where none is free, null where none ever
  /// is.
  const T *lower = nullptr, *upper = nullptr;

  constexpr T number(SplitNumber which, index_t at) const {
    return numbers[static_cast<index_t>(which) * plane + at];
  }
};

/// A neuron's input is within `slack` of [lower, upper] in its domain; in a part it is at least `low` and at most `high`
/// besides.
template <class T>
struct PartOfInterval {
  T lower = 0, upper = 0, slack = 0;
  T low = 0, high = 0;
  T gamma = 0;  ///< of a row's sum of constants
};

/// The lines that it has, and which of them may be optimised; their slacks are for all that these may be.
template <class T>
struct LinesOfPart {
  NeuronLines<T> fixed;
  Freedoms<T> free{};
};
template <class F, class T>
constexpr LinesOfPart<T> split_lines(const F& f, const PartOfInterval<T>& part) {
  if constexpr (relax::BendsAtZero<F>) {
    if (part.low >= T(0) || part.high <= T(0)) {
      const Line<T> side = f.side(part.low >= T(0) ? T(1) : T(-1));
      const T input = largest_magnitude(part.lower, part.upper) + part.slack;
      const bool is_exact = side.slope == T(0) || side.slope == T(1);
      const T cost = is_exact ? T(0) : line_rounding<T> * magnitude(side.slope) * input;
      return {{{side, side}, cost, cost}};
    }
  }
  PointwiseCall<T> call;
  call.gamma = part.gamma;
  // Of a part that is empty any line will do.
  const T l = confined(part.low, part.lower, part.upper);
  const T u = confined(part.high, l, part.upper);
  LinesOfPart<T> own{neuron_lines(f, call, l, u, part.slack)};
  if constexpr (Optimisable<F>) {
    own.free = relax::freedoms(f, l, u);
    const auto pay = [&](const Freedom<T>& side, T& slack) {
      if (side.is_free())
        slack = std::max(slack, slack_of_free_lines(f, call, side, l, u, part.slack));
    };
    pay(own.free.lower, own.fixed.lower_slack);
    pay(own.free.upper, own.fixed.upper_slack);
  }
  return own;
}

/// Coefficients or points (S, N) of neurons with splits leave a tile, which is zero there then, or come back.
template <class T>
struct SplitCall {
  MatrixView<T> tile;
  RowsView<T> rows;
  Splits<T> splits;
  T* taken = nullptr;  ///< (S, K)
};

/// What was taken goes through the chain by its own lines.
template <class T>
struct SplitChainCall {
  SplitCall<T> of;
  RowSums<T> sums;  // on the way down
  OperationData<T> data[longest_chain];
  BoundsView<const T> in;  ///< of the activation's input
  T meets = 0;             ///< of adding rows up there, if it has other readers
  T gamma = 0;             ///< of a row's sum of constants
  // On the way up
  const T* weight = nullptr;  ///< (S)
  /// What rows gain, (S, K), from their multipliers and from free lines.
  T *gradient = nullptr, *lower_gradient = nullptr, *upper_gradient = nullptr;
};

template <class FreeLine, class T>
constexpr SplitNeuron<T> split_neuron(const SplitChainCall<T>& call, index_t r, index_t at) {
  const auto& splits = call.of.splits;
  const index_t neuron = call.of.rows.domain[r] * call.in.leading + splits.neuron[at];
  const T input =
      largest_magnitude(call.in.lower[neuron], call.in.upper[neuron]) + call.in.slack[neuron];
  SplitNeuron<T> split;
  split.cost_below = (2 * unit_roundoff<T> + call.meets) * input;
  if (splits.side) {
    const T side = splits.side[at];
    const Line<T>& line = splits.sides[side > T(0)];
    split.lines = {line, line};
    if (line.slope != T(0) && line.slope != T(1))
      split.lower_slack = split.upper_slack = line_rounding<T> * magnitude(line.slope) * input;
    split.owed = splits.multiplier[at] * side;
    return split;
  }
  split.lines.lower = {splits.number(SplitNumber::lower_slope, at),
                       splits.number(SplitNumber::lower_intercept, at)};
  split.lines.upper = {splits.number(SplitNumber::upper_slope, at),
                       splits.number(SplitNumber::upper_intercept, at)};
  if constexpr (!std::is_void_v<FreeLine>) {
    if (splits.lower && splits.lower[at] == splits.lower[at])
      split.lines.lower = FreeLine::at(splits.lower[at]);
    if constexpr (FreeLine::frees_upper)
      if (splits.upper && splits.upper[at] == splits.upper[at])
        split.lines.upper = FreeLine::at(splits.upper[at]);
  }
  split.lower_slack = splits.number(SplitNumber::lower_slack, at);
  split.upper_slack = splits.number(SplitNumber::upper_slack, at);
  split.owed = splits.multiplier[at];
  if (split.owed != T(0)) {
    split.point = splits.number(split.owed > T(0) ? SplitNumber::low : SplitNumber::high, at);
    split.owed_slack = magnitude(split.owed * split.point) * (line_rounding<T> + call.gamma);
  }
  return split;
}

/// What a row's bound gains from the multiplier of a neuron whose input is `met` where the row is least.
template <class T>
constexpr T gain_of_multiplier(const Splits<T>& splits, index_t at, T met) {
  if (splits.side) return -splits.side[at] * met;
  const T rises = splits.number(SplitNumber::low, at) - met;
  const T falls = splits.number(SplitNumber::high, at) - met;
  const T now = splits.multiplier[at];
  if (now > T(0)) return rises;
  if (now < T(0)) return falls;
  // At 0 it may go either way, if there is a bound there.
  constexpr T infinity = std::numeric_limits<T>::infinity();
  if (falls == infinity || rises > T(0)) return rises;
  return rises == -infinity || falls < T(0) ? falls : T(0);
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
  T constant = 0, slack = 0;
  for_each_split(call.of, r, [&](index_t column, index_t at, index_t k) {
    Coefficient<T> a{call.of.taken[k], T(0), T(0)};
    const auto split = split_neuron<typename FreeLineIn<Chain>::type>(call, r, at);
    T above = 0;
    chain.pull_back_split(column, split, a, above);
    if (call.of.splits.above) call.of.splits.above[at] = above;
    call.of.taken[k] = a.value;
    constant += a.constant;
    slack += a.slack;
  });
  call.sums.constant[r] += constant;
  call.sums.slack[r] += slack;
}
/// On the way up: points that were taken below the chain become those above it, and multipliers learn what they are
/// worth.
template <class Chain, class T>
constexpr void push_splits(const SplitChainCall<T>& call, index_t r) {
  const auto chain =
      Chain::template Row<T>::of(call.data, {r, call.of.rows.domain[r], call.of.rows.home_of(r)});
  const auto& splits = call.of.splits;
  const auto clear = [&](T* gradient) {
    for (index_t k = 0; gradient && k < splits.count; ++k) gradient[r * splits.count + k] = T(0);
  };
  clear(call.gradient);
  clear(call.lower_gradient);
  clear(call.upper_gradient);
  for_each_split(call.of, r, [&](index_t column, index_t at, index_t k) {
    using FreeLine = typename FreeLineIn<Chain>::type;
    T met = 0;
    const T above = splits.above ? splits.above[at] : T(0);  // one line has no sides
    call.of.taken[k] = chain.push_forward_split(column, split_neuron<FreeLine>(call, r, at), above,
                                                call.of.taken[k], met);
    call.gradient[k] = call.weight[r] * gain_of_multiplier(splits, at, met);
    if constexpr (!std::is_void_v<FreeLine>) {
      const auto put = [&](const T* value, T* gradient) {
        if (value && value[at] == value[at])
          gradient[k] = call.weight[r] * above * FreeLine::at_gradient(value[at], met);
      };
      if (above >= T(0))
        put(splits.lower, call.lower_gradient);
      else if constexpr (FreeLine::frees_upper)
        put(splits.upper, call.upper_gradient);
    }
  });
}

}  // namespace shardbound::inline v0::expr
