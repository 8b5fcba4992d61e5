// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Work on one neuron of one domain: its interval and its lines, and what rounding may have done to
// either. Backends bring the loops. Rounding is accounted for here, neuron by neuron: a coefficient `a`
// on a node may be off by |a| times the node's slack.

#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/calls.hpp>
#include <shardbound/relax/line.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace shardbound::inline v0::expr {

template <class T>
constexpr T largest_magnitude(T a, T b) {
  const T x = std::abs(a), y = std::abs(b);
  return x > y ? x : y;
}

/// The nearest of [least, most]; of what is not a number, the least.
template <class T>
constexpr T confined(T x, T least, T most) {
  return x > least ? (x < most ? x : most) : least;
}

/// An infinite bound needs no slack.
template <class T>
constexpr T largest_finite(T a, T b) {
  return largest_magnitude(a - a == T(0) ? a : T(0), b - b == T(0) ? b : T(0));
}

/// Writes one neuron's bounds. What overflowed on the way here bounds nothing: a NaN, an infinity on
/// the wrong side, and both sides where the slack itself is not finite.
template <class T>
constexpr void put_bounds(const BoundsView<T>& out, index_t at, T lower, T upper, T slack) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  slack += 16 * unit_roundoff<T> * slack;  // for the few roundings in the slack itself
  const bool known = slack < infinity;
  out.lower[at] = known && lower < infinity ? lower : -infinity;
  out.upper[at] = known && upper > -infinity ? upper : infinity;
  out.slack[at] = known ? slack : T(0);
}

/// A point instead of an interval: an overflow stays what it is, so that no point is taken for another.
template <class T>
constexpr void put_value(const BoundsView<T>& out, index_t at, T value) {
  out.lower[at] = out.upper[at] = value;
  out.slack[at] = T(0);
}

/// By how much f may leave its range over [l, u] within e of it. Where it has no slope to tell, because it
/// jumps or ends there, the range of all that tells.
template <class F, class T>
constexpr T range_slack(const F& f, const Interval<T>& range, T l, T u, T e) {
  const T moved = relax::drift(f, l, u, e);
  if (moved - moved == T(0)) return moved;
  const auto inputs = relax::widened(l, u, e);
  const auto wide = f.range(inputs.lower, inputs.upper);
  const T below = wide.lower >= range.lower ? T(0) : range.lower - wide.lower;
  const T above = wide.upper <= range.upper ? T(0) : wide.upper - range.upper;
  return (below >= above ? below : above) +
         line_rounding<T> * largest_finite(wide.lower, wide.upper);
}

template <class F, class T>
constexpr void activation_interval(const F& f, const PointwiseCall<T>& call, index_t at) {
  const T l = call.in.lower[at], u = call.in.upper[at];
  const auto range = f.range(l, u);
  const T rounding = line_rounding<T> * largest_finite(range.lower, range.upper);
  put_bounds(call.out, at, range.lower, range.upper,
             range_slack(f, range, l, u, call.in.slack[at]) + rounding);
}

/// What rounding may do to a line and to the coefficients that meet it: to evaluating it, none if it is 0, or has slope
/// 1 through the origin because the function bends there, and no number that the functor carries was rounded to it -
/// a curve's tangent may have come to 1 by rounding; to the row's constant, and to the sum of rows at the input.
/// `value` is the largest of the activation, `input` of its input.
template <class F, class T>
constexpr T evaluation_slack(const PointwiseCall<T>& call, const Line<T>& line, T value, T input) {
  constexpr bool is_exact =
      relax::lower_through_origin<F> && (std::is_empty_v<F> || std::is_same_v<T, double>);
  const T slope = std::abs(line.slope), intercept = std::abs(line.intercept);
  const T size = slope > T(0) ? slope * input : T(0);
  const T meeting = call.meets > T(0) ? call.meets * size : T(0);
  if (intercept == T(0) && (slope == T(0) || (line.slope == T(1) && is_exact))) return meeting;
  return line_rounding<T> * (size + intercept + value) + call.gamma * intercept + meeting;
}

/// Lines over [l, u], and by how much they may be violated, per unit of a coefficient above: rounding may have left the
/// true input within `slack` of it.
template <class T>
struct NeuronLines {
  LinePair<T> lines;
  T lower_slack = 0, upper_slack = 0;
};
template <class F, class T>
constexpr NeuronLines<T> neuron_lines(const F& f, const PointwiseCall<T>& call, T l, T u, T slack) {
  const auto lines = relax::lines(f, l, u);
  const auto range = f.range(l, u);
  const T value = largest_magnitude(range.lower, range.upper);
  const T input = largest_magnitude(l, u) + slack;
  const auto beyond = relax::line_slack(f, lines, l, u, slack);
  return {lines, beyond.lower + evaluation_slack<F>(call, lines.lower, value, input),
          beyond.upper + evaluation_slack<F>(call, lines.upper, value, input)};
}

template <class F, class T>
constexpr void activation_lines(const F& f, const PointwiseCall<T>& call, index_t at) {
  const auto own = neuron_lines(f, call, call.in.lower[at], call.in.upper[at], call.in.slack[at]);
  call.lower_slope[at] = own.lines.lower.slope;
  call.lower_intercept[at] = own.lines.lower.intercept;
  call.upper_slope[at] = own.lines.upper.slope;
  call.upper_intercept[at] = own.lines.upper.intercept;
  call.lower_slack[at] = own.lower_slack;
  call.upper_slack[at] = own.upper_slack;
}

template <class F, class T>
constexpr void activation_value(const F& f, const PointwiseCall<T>& call, index_t at) {
  put_value(call.out, at, f.value(call.in.lower[at]));
}

/// y = scale x + shift of feature `i`, where scale and shift may be off by their errors.
template <class T>
constexpr void scaled_interval(const PointwiseCall<T>& call, index_t at, index_t i) {
  const T scale = call.scale[i], shift = call.shift[i];
  const T l = call.in.lower[at], u = call.in.upper[at], e = call.in.slack[at];
  const bool rising = scale >= T(0);
  const T input = largest_magnitude(l, u) + e;
  const T size = std::abs(scale) * input + std::abs(shift);
  const T charge = call.scale_error[i] * input + call.shift_error[i];
  put_bounds(call.out, at, scale * (rising ? l : u) + shift, scale * (rising ? u : l) + shift,
             std::abs(scale) * e + line_rounding<T> * size + charge);
  call.lower_slack[at] = line_rounding<T> * size + call.gamma * std::abs(shift) + charge +
                         (call.meets > T(0) ? call.meets * size : T(0));
}
template <class T>
constexpr void scaled_value(const PointwiseCall<T>& call, index_t at, index_t i) {
  put_value(call.out, at, call.scale[i] * call.in.lower[at] + call.shift[i]);
}

/// One input's part of what its copies cost a row: see BranchCall.
template <class T>
constexpr void put_row_slack(const BranchCall<T>& call, index_t from, index_t to) {
  if (!call.row_slack) return;
  const T size = largest_magnitude(call.in.lower[from], call.in.upper[from]) + call.in.slack[from];
  const T cost = call.meets > T(0) ? call.meets * size : T(0);  // no infinity times nothing
  call.row_slack[to] = cost + (call.write == Write::add ? call.row_slack[to] : T(0));
}
/// One input of a sum, alone or added to those before.
template <class T>
constexpr void add_interval(const BranchCall<T>& call, index_t from, index_t to) {
  const auto& in = call.in;
  const auto& out = call.out;
  T lower = in.lower[from], upper = in.upper[from], slack = in.slack[from];
  if (call.write == Write::add) {
    lower += out.lower[to];
    upper += out.upper[to];
    slack += out.slack[to] + 2 * unit_roundoff<T> * largest_finite(lower, upper);
  }
  put_bounds(out, to, lower, upper, slack);
  put_row_slack(call, from, to);
}
template <class T>
constexpr void add_value(const BranchCall<T>& call, index_t from, index_t to) {
  const T before = call.write == Write::add ? call.out.lower[to] : T(0);
  put_value(call.out, to, call.in.lower[from] + before);
}
/// One input of a concatenation.
template <class T>
constexpr void place_interval(const BranchCall<T>& call, index_t from, index_t to) {
  call.out.lower[to] = call.in.lower[from];
  call.out.upper[to] = call.in.upper[from];
  call.out.slack[to] = call.in.slack[from];
  put_row_slack(call, from, to);
}

/// Sums over one matrix row's columns, for one domain: W c, |W| r, |W| slack and |W| |y|.
template <class T>
struct RowSummands {
  T centre = 0, reach = 0, slack = 0, magnitude = 0;
};

/// What the sums over a whole row of W make of neuron `i`.
template <class T>
constexpr void put_neuron(const AffineCall<T>& call, index_t domain, index_t i,
                          const RowSummands<T>& sums) {
  const T z = sums.centre + call.bias[i];
  const T terms = sums.magnitude + std::abs(call.bias[i]);
  const index_t at = domain * call.out.leading + i;
  put_bounds(call.out, at, z - sums.reach, z + sums.reach,
             call.inflation * (sums.slack + call.gamma * terms));
  call.row_slack[at] = call.row_gamma * terms;
}

/// The radius that two parts of a row have together (their radii are norms of the parts).
template <class T>
constexpr T combined_radius(Norm norm, T a, T b) {
  if (norm == Norm::infinity || a != a || b != b) return a + b;
  return norm == Norm::one ? std::max(a, b) : std::hypot(a, b);
}

/// Row `r` of those that a call finishes, from what all parts found (PartialAffineCall).
template <class T>
constexpr void finish_neuron(const PartialAffineCall<T>& partial, index_t domain, index_t r) {
  const auto& call = partial.call;
  const index_t each = 4 * call.out.domains * partial.leading;
  RowSummands<T> sums;
  for (int part = 0; part < partial.parts; ++part) {
    const T* from = partial.sums + part * each + 4 * domain * partial.leading + r;
    sums.centre += from[0];
    sums.reach = combined_radius(call.in.norm, sums.reach, from[partial.leading]);
    sums.slack += from[2 * partial.leading];
    sums.magnitude += from[3 * partial.leading];
  }
  const index_t i = call.first + r;
  if (partial.points)
    put_value(call.out, domain * call.out.leading + i, sums.centre + call.bias[i]);
  else
    put_neuron(call, domain, i, sums);
}

/// Both sides of neuron `neuron` of a domain, as rows `place` and the next.
template <class T>
constexpr void put_pair(const RowsTarget<T>& target, index_t neuron, index_t domain, index_t place,
                        T sign) {
  for (const T side : {sign, -sign}) {
    target.index[place] = static_cast<std::int32_t>(neuron);
    target.domain[place] = static_cast<std::int32_t>(domain);
    target.sign[place++] = side;
  }
}

/// Row `place` of those that only fill up a tile.
template <class T>
constexpr void put_filler(const RowsTarget<T>& target, index_t place) {
  target.index[place] = target.domain[place] = 0;
  target.sign[place] = T(0);
}

/// Puts a pair of rows' results in place: rows r and r + 1 of a StoreCall.
template <class T>
constexpr void store_pair(const StoreCall<T>& call, index_t r) {
  if (call.rows.sign[r] == T(0)) return;
  const index_t at = call.rows.domain[r] * call.bounds.leading + call.rows.index[r];
  T lower = call.result.constant[r], upper = -call.result.constant[r + 1];
  T slack = std::max(call.result.slack[r], call.result.slack[r + 1]);
  if (call.meet == Meet::intersect) {
    const T l = call.bounds.lower[at], u = call.bounds.upper[at];
    if (l > lower || u < upper) slack = std::max(slack, call.bounds.slack[at]);
    lower = std::max(lower, l);
    upper = std::min(upper, u);
  }
  call.bounds.lower[at] = std::min(lower, upper);
  call.bounds.upper[at] = std::max(lower, upper);
  call.bounds.slack[at] = slack;
}

/// One neuron of a GiveCall. What is given needs no slack; bounds that contradict each other are widened to both.
template <class T>
constexpr void give_neuron(const GiveCall<T>& call, index_t at) {
  T lower = call.lower[at], upper = call.upper[at];
  const auto& bounds = call.bounds;
  if (call.meet == Meet::intersect) {
    const T l = bounds.lower[at], u = bounds.upper[at];
    if (l < lower && u > upper) bounds.slack[at] = T(0);
    lower = l > lower ? l : lower;
    upper = u < upper ? u : upper;
  } else {
    bounds.slack[at] = T(0);
  }
  bounds.lower[at] = lower < upper ? lower : upper;
  bounds.upper[at] = lower < upper ? upper : lower;
}

/// A row's least value and its slack, from its sums over the set; what is not finite is vacuous.
template <class T>
constexpr void put_least(const ConcretizeCall<T>& call, index_t row, T least, T slack) {
  T value = call.sums.constant[row] + least;
  T total = call.inflation * (call.sums.slack[row] + slack);
  if (!(value - value == T(0)) || !(total - total == T(0)))
    value = -std::numeric_limits<T>::infinity(), total = T(0);
  call.result.constant[row] = value;
  call.result.slack[row] = total;
}

}  // namespace shardbound::inline v0::expr
