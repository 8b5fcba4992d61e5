// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Work on one output of a node that mixes features, in one domain: its interval, its value and its lines (CROWN's for
// maxima as in auto_LiRPA, 2002.12920; McCormick's for products), and what rounding may have done to either. Backends
// bring the loops; softmax.hpp has the softmax.

#include <shardbound/expr/mixed_calls.hpp>
#include <shardbound/expr/neuron.hpp>

namespace shardbound::inline v0::expr {

/// The largest that a feature can be.
template <class T>
constexpr T size_of(const BoundsView<const T>& in, index_t at) {
  return largest_magnitude(in.lower[at], in.upper[at]) + in.slack[at];
}
/// What rows that are added up lose of a term of this size; no infinity times nothing.
template <class T>
constexpr T cost_of(T roundings, T size) {
  return roundings > T(0) && size > T(0) ? roundings * size : T(0);
}

// Output i of domain d.

template <class T>
constexpr void gather_interval(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t to = d * call.out.leading + i;
  const std::int32_t index = call.node.indices[i];
  T& row_slack = call.node.lower.slack[to];
  if (index < 0) {
    const T fill = call.node.fill[i], error = call.node.fill_error[i];
    put_bounds(call.out, to, fill, fill, error);
    row_slack = error + call.gamma * std::abs(fill);
    return;
  }
  const index_t from = d * call.in.leading + index;
  call.out.lower[to] = call.in.lower[from];
  call.out.upper[to] = call.in.upper[from];
  call.out.slack[to] = call.in.slack[from];
  row_slack = cost_of(call.meets, size_of(call.in, from));
}
template <class T>
constexpr void gather_value(const MixedCall<T>& call, index_t d, index_t i) {
  const std::int32_t index = call.node.indices[i];
  put_value(call.out, d * call.out.leading + i,
            index < 0 ? call.node.fill[i] : call.in.lower[d * call.in.leading + index]);
}

template <class T>
constexpr void sum_interval(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t first = d * call.in.leading + i * call.node.run;
  const index_t to = d * call.out.leading + i;
  T lower = 0, upper = 0, slack = 0, size = 0, charge = 0;
  for (index_t from = first; from < first + call.node.run; ++from) {
    lower += call.in.lower[from];
    upper += call.in.upper[from];
    slack += call.in.slack[from];
    size += largest_finite(call.in.lower[from], call.in.upper[from]);
    charge += cost_of(call.meets, size_of(call.in, from));
  }
  put_bounds(call.out, to, lower, upper, slack + call.run_gamma * (slack + size));
  call.node.lower.slack[to] = charge + cost_of(call.run_gamma, charge);
}
template <class T>
constexpr void sum_value(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t first = d * call.in.leading + i * call.node.run;
  T sum = 0;
  for (index_t from = first; from < first + call.node.run; ++from) sum += call.in.lower[from];
  put_value(call.out, d * call.out.leading + i, sum);
}

template <class T>
constexpr void maximum_interval(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t first = d * call.in.leading + i * call.node.run;
  T lower = call.in.lower[first], upper = call.in.upper[first], slack = call.in.slack[first];
  for (index_t from = first + 1; from < first + call.node.run; ++from) {
    lower = std::max(lower, call.in.lower[from]);
    upper = std::max(upper, call.in.upper[from]);
    slack = std::max(slack, call.in.slack[from]);
  }
  put_bounds(call.out, d * call.out.leading + i, lower, upper, slack);
}
template <class T>
constexpr void maximum_value(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t first = d * call.in.leading + i * call.node.run;
  T largest = call.in.lower[first];
  for (index_t from = first + 1; from < first + call.node.run; ++from) {
    const T x = call.in.lower[from];
    if (x > largest || x != x) largest = x;  // what is no number stays one
  }
  put_value(call.out, d * call.out.leading + i, largest);
}
/// Nothing is below the feature whose lower bound is highest. It is the maximum itself if none of the others can be
/// above that bound; else a constant is above all of them.
template <class T>
constexpr void maximum_lines(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t row = d * call.in.leading, first = i * call.node.run, end = first + call.node.run;
  const auto& in = call.in;
  const std::int32_t* const indices = call.node.indices;
  index_t choice = first;
  for (index_t j = first + 1; j < end; ++j)
    if (in.lower[row + j] > in.lower[row + choice]) choice = j;
  T others = -std::numeric_limits<T>::infinity(), upper = in.upper[row + choice];
  T others_slack = 0;
  for (index_t j = first; j < end; ++j) {
    // Windows of a padded map name one feature more than once.
    const bool same = j == choice || (indices && indices[j] >= 0 && indices[j] == indices[choice]);
    upper = std::max(upper, in.upper[row + j]);
    if (same) continue;
    others = std::max(others, in.upper[row + j]);
    others_slack = std::max(others_slack, in.slack[row + j]);
  }
  const index_t to = d * call.node.leading + i;
  const T own = in.slack[row + choice], meeting = cost_of(call.meets, size_of(in, row + choice));
  const MixedSide<T>& above = call.node.upper;
  call.node.choice[to] = static_cast<std::int32_t>(choice);
  call.node.lower.slack[to] = meeting;
  if (in.lower[row + choice] >= others) {
    above.slope[to] = T(1);
    above.intercept[to] = T(0);
    // Others may be above what was found of them, and this one below.
    above.slack[to] = meeting + (others_slack + own) * (1 + line_rounding<T>);
  } else {
    above.slope[to] = T(0);
    above.intercept[to] = upper;
    above.slack[to] = std::max(others_slack, own) + cost_of(call.gamma, std::abs(upper));
  }
}

template <class T>
constexpr void multiply_interval(const MixedCall<T>& call, index_t d, index_t i) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const index_t at = d * call.in.leading + i, other = d * call.other.leading + i;
  const index_t to = d * call.out.leading + i;
  const T a = call.in.lower[at], b = call.in.upper[at];
  const T c = call.other.lower[other], e = call.other.upper[other];
  T lower = a * c, upper = lower;
  bool known = true;
  for (const T corner : {a * c, a * e, b * c, b * e}) {
    known = known && corner - corner == T(0);
    lower = std::min(lower, corner);
    upper = std::max(upper, corner);
  }
  if (!known) lower = -infinity, upper = infinity;
  const T x = largest_finite(a, b), y = largest_finite(c, e);
  const T x_slack = call.in.slack[at], y_slack = call.other.slack[other];
  put_bounds(call.out, to, lower, upper,
             x * y_slack + y * x_slack + x_slack * y_slack +
                 line_rounding<T> * largest_finite(lower, upper) + std::numeric_limits<T>::min());
}
template <class T>
constexpr void multiply_value(const MixedCall<T>& call, index_t d, index_t i) {
  put_value(call.out, d * call.out.leading + i,
            call.in.lower[d * call.in.leading + i] * call.other.lower[d * call.other.leading + i]);
}
/// (x - x_l)(y - y_l) >= 0 from below, (x - x_l)(y_u - y) >= 0 from above (McCormick).
template <class T>
constexpr void multiply_lines(const MixedCall<T>& call, index_t d, index_t i) {
  const index_t at = d * call.in.leading + i, other = d * call.other.leading + i;
  const index_t to = d * call.node.leading + i;
  const T x_lower = call.in.lower[at], x_upper = call.in.upper[at], x_slack = call.in.slack[at];
  const T y_lower = call.other.lower[other], y_upper = call.other.upper[other];
  const T y_slack = call.other.slack[other];
  const T x_size = size_of(call.in, at), y_size = size_of(call.other, other);
  const T x_width = x_upper - x_lower + x_slack, y_width = y_upper - y_lower + y_slack;
  // What is left of a factor that rounding has made negative, times the other.
  const T beyond = x_slack > T(0) || y_slack > T(0)
                       ? std::max(x_slack * y_width, y_slack * x_width) * (1 + line_rounding<T>)
                       : T(0);
  const auto put = [&](const MixedSide<T>& side, T slope, T across, T intercept, T constant,
                       T constant_slack) {
    const T total = std::abs(slope) * x_size + std::abs(across) * y_size + std::abs(intercept);
    if (total + x_width + y_width < std::numeric_limits<T>::infinity()) {
      side.slope[to] = slope;
      side.other[to] = across;
      side.intercept[to] = intercept;
      side.slack[to] = beyond + line_rounding<T> * total + call.gamma * std::abs(intercept) +
                       cost_of(call.meets, std::abs(slope) * x_size) +
                       cost_of(call.other_meets, std::abs(across) * y_size) +
                       std::numeric_limits<T>::min();
    } else {  // no line but a constant
      side.slope[to] = side.other[to] = T(0);
      side.intercept[to] = constant;
      side.slack[to] = constant_slack + cost_of(call.gamma, std::abs(constant));
    }
  };
  const index_t out = d * call.out.leading + i;
  put(call.node.lower, y_lower, x_lower, -(x_lower * y_lower), call.out.lower[out],
      call.out.slack[out]);
  put(call.node.upper, y_upper, x_lower, -(x_lower * y_upper), call.out.upper[out],
      call.out.slack[out]);
}

}  // namespace shardbound::inline v0::expr
