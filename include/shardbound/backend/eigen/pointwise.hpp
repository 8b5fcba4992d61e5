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

/// Calls body(offset) for every neuron of every domain, padding included.
template <class T, class Body>
void for_each_neuron(const BoundsView<T>& in, const Body& body) {
  for (index_t d = 0; d < in.domains; ++d)
    for (index_t i = 0; i < in.leading; ++i) body(d * in.leading + i);
}

template <class F, class T>
void activation_interval(const F& f, const expr::PointwiseCall<T>& call) {
  for_each_neuron(call.in, [&](index_t at) {
    const auto range = f.range(call.in.lower[at], call.in.upper[at]);
    call.out.lower[at] = range.lower;
    call.out.upper[at] = range.upper;
    call.out.error[at] = static_cast<T>(f.lipschitz()) * call.in.error[at] +
                         line_rounding<T> * largest_magnitude(range.lower, range.upper);
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
    // The true input lies in [l - e, u + e]: there the function and a line part by at most
    // (lipschitz + slope) e more than inside. The rest is the rounding of lines and coefficients.
    const auto range = f.range(l, u);
    const T slope = largest_magnitude(lines.lower.slope, lines.upper.slope);
    const T intercept = largest_magnitude(lines.lower.intercept, lines.upper.intercept);
    const T size = slope > T(0) ? slope * (largest_magnitude(l, u) + call.in.error[at]) : T(0);
    call.slack[at] =
        (static_cast<T>(f.lipschitz()) + slope) * call.in.error[at] +
        line_rounding<T> * (size + intercept + largest_magnitude(range.lower, range.upper)) +
        call.gamma * intercept;
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
    for (index_t i = 0; i < call.in.leading; ++i) {
      const index_t at = d * call.in.leading + i;
      const T scale = call.scale[i], shift = call.shift[i];
      const T l = call.in.lower[at], u = call.in.upper[at], e = call.in.error[at];
      const bool rising = scale >= T(0);
      call.out.lower[at] = scale * (rising ? l : u) + shift;
      call.out.upper[at] = scale * (rising ? u : l) + shift;
      const T size = std::abs(scale) * (largest_magnitude(l, u) + e) + std::abs(shift);
      call.out.error[at] = std::abs(scale) * e + line_rounding<T> * size;
      call.slack[at] = line_rounding<T> * size + call.gamma * std::abs(shift);
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
