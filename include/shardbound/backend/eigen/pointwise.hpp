// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Work on one node's neurons, once per pass and domain: intervals and lines of activations, and of
// per-feature scales and shifts. Rounding is accounted for here, neuron by neuron: a coefficient `a` on
// a node may be off by |a| times the node's slack.

#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/calls.hpp>

namespace shardbound::inline v0::detail {

template <class T>
T largest_magnitude(T a, T b) {
  const T x = std::abs(a), y = std::abs(b);
  return x > y ? x : y;
}

/// An infinite bound needs no allowance for rounding.
template <class T>
T largest_finite(T a, T b) {
  return largest_magnitude(a - a == T(0) ? a : T(0), b - b == T(0) ? b : T(0));
}

/// Writes one neuron's bounds. What overflowed on the way here bounds nothing: a NaN, an infinity on
/// the wrong side, and both sides where the error itself is not finite.
template <class T>
void put_bounds(const BoundsView<T>& out, index_t at, T lower, T upper, T error) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const bool known = error < infinity;
  out.lower[at] = known && lower < infinity ? lower : -infinity;
  out.upper[at] = known && upper > -infinity ? upper : infinity;
  out.error[at] = known ? error : T(0);
}

/// Calls body(offset) for every neuron of every domain. Padding is left alone, hence zero.
template <class T, class Body>
void for_each_neuron(const BoundsView<T>& in, const Body& body) {
  for (index_t d = 0; d < in.domains; ++d)
    for (index_t i = 0; i < in.features; ++i) body(d * in.leading + i);
}

template <class F, class T>
void activation_interval(const F& f, const expr::PointwiseCall<T>& call) {
  for_each_neuron(call.in, [&](index_t at) {
    const auto range = f.range(call.in.lower[at], call.in.upper[at]);
    const T rounding = line_rounding<T> * largest_finite(range.lower, range.upper);
    put_bounds(call.out, at, range.lower, range.upper,
               static_cast<T>(f.lipschitz()) * call.in.error[at] + rounding);
  });
}

template <class F, class T>
void activation_lines(const F& f, const expr::PointwiseCall<T>& call) {
  for_each_neuron(call.in, [&](index_t at) {
    const T l = call.in.lower[at], u = call.in.upper[at];
    const auto lines = relax::lines(f, l, u);
    call.lower_slope[at] = lines.lower.slope;
    call.lower_intercept[at] = lines.lower.intercept;
    call.upper_slope[at] = lines.upper.slope;
    call.upper_intercept[at] = lines.upper.intercept;
    // Lines may be violated where rounding left the true input outside [l, u]; the rest is the rounding
    // of lines and coefficients, of which a slope of 0 or 1 through the origin has none.
    const T error = call.in.error[at];
    const auto range = f.range(l, u);
    const T value = largest_magnitude(range.lower, range.upper);
    const auto beyond = relax::overhang(f, lines, l, u, error);
    const auto rounding = [&](const Line<T>& line) {
      const T slope = std::abs(line.slope), intercept = std::abs(line.intercept);
      if (intercept == T(0) && (slope == T(0) || line.slope == T(1))) return T(0);
      const T size = slope > T(0) ? slope * (largest_magnitude(l, u) + error) : T(0);
      return line_rounding<T> * (size + intercept + value) + call.gamma * intercept;
    };
    call.lower_slack[at] = beyond.lower + rounding(lines.lower);
    call.upper_slack[at] = beyond.upper + rounding(lines.upper);
  });
}

template <class F, class T>
void activation_values(const F& f, const expr::PointwiseCall<T>& call) {
  for_each_neuron(call.in, [&](index_t at) {
    const T y = f.value(call.in.lower[at]);
    call.out.lower[at] = call.out.upper[at] = y;
    call.out.error[at] = T(0);
  });
}

template <class T>
void scaled_interval(const expr::PointwiseCall<T>& call) {
  for (index_t d = 0; d < call.in.domains; ++d)
    for (index_t i = 0; i < call.in.features; ++i) {
      const index_t at = d * call.in.leading + i;
      const T scale = call.scale[i], shift = call.shift[i];
      const T l = call.in.lower[at], u = call.in.upper[at], e = call.in.error[at];
      const bool rising = scale >= T(0);
      const T size = std::abs(scale) * (largest_magnitude(l, u) + e) + std::abs(shift);
      put_bounds(call.out, at, scale * (rising ? l : u) + shift, scale * (rising ? u : l) + shift,
                 std::abs(scale) * e + line_rounding<T> * size);
      call.lower_slack[at] = line_rounding<T> * size + call.gamma * std::abs(shift);
    }
}

/// Points instead of intervals: an overflow stays what it is, so that no point is taken for another.
template <class T>
void scaled_values(const expr::PointwiseCall<T>& call) {
  for (index_t d = 0; d < call.in.domains; ++d)
    for (index_t i = 0; i < call.in.features; ++i) {
      const index_t at = d * call.in.leading + i;
      call.out.lower[at] = call.out.upper[at] = call.scale[i] * call.in.lower[at] + call.shift[i];
      call.out.error[at] = T(0);
    }
}

/// Rows for the neurons whose bounds matter, both sides of each, domain by domain.
template <class T, class Matters>
void list_rows(BoundsView<const T> bounds, const expr::RowsTarget<T>& target,
               const Matters& matters) {
  std::int64_t count = 0;
  const auto push = [&](index_t neuron, index_t domain, T sign) {
    target.index[count] = static_cast<std::int32_t>(neuron);
    target.domain[count] = static_cast<std::int32_t>(domain);
    target.sign[count++] = sign;
  };
  for (index_t d = 0; d < bounds.domains; ++d)
    for (index_t i = 0; i < bounds.features; ++i) {
      const index_t at = d * bounds.leading + i;
      if (!matters(bounds.lower[at], bounds.upper[at])) continue;
      push(i, d, T(1));
      push(i, d, T(-1));
    }
  *target.count = count;
}

}  // namespace shardbound::inline v0::detail
