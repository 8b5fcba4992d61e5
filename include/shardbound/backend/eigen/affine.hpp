// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals and points through z = W y + b, one pass over W: every matrix row is read once and meets
// every domain while it is in cache. Centre, radius, slack and magnitude are four dot products of the
// same row.

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/backend/eigen/pointwise.hpp>

#include <cmath>
#include <limits>

namespace shardbound::inline v0::detail {

/// The 2-norm of a row whose squares overflow or vanish.
template <class T>
T rescaled_norm(const T* row, index_t width, T largest) {
  if (!(largest > T(0)) || !(largest - largest == T(0))) return largest;
  LaneSums<T> squares;
  for (index_t c = 0; c < width; c += lanes) {
    const auto w = Lanes<T>::load(row + c) / Lanes<T>(largest);
    squares += w * w;
  }
  return largest * std::sqrt(squares.total());
}

/// What a set's dual norm makes of one matrix row: the radius of row . y.
template <class T>
T dual_radius(const T* row, index_t width, expr::Norm norm, T radius) {
  LaneSums<T> squares;
  Lanes<T> sizes;
  for (index_t c = 0; c < width; c += lanes) {
    const auto w = Lanes<T>::load(row + c);
    squares += w * w;
    sizes = larger(magnitude(w), sizes);
  }
  const T sum = squares.total(), largest = sizes.largest();
  if (sum != sum) return sum;
  if (norm == expr::Norm::one) return radius * largest;
  constexpr T small = std::numeric_limits<T>::min() / (unit_roundoff<T> * unit_roundoff<T>);
  const bool plain = sum > small && sum <= std::numeric_limits<T>::max();
  return radius * (plain ? std::sqrt(sum) : rescaled_norm(row, width, largest));
}

/// Splits a domain's interval into centre, radius and the magnitude that rounding errors scale with.
template <class T>
void centre_interval(const BoundsView<const T>& in, index_t domain, T* centre, T* radius, T* size) {
  const index_t first = domain * in.leading;
  for (index_t j = 0; j < in.leading; ++j) {
    const T l = in.lower[first + j], u = in.upper[first + j];
    centre[j] = (l + u) / 2;
    radius[j] = (u - l) / 2;
    size[j] = expr::largest_magnitude(l, u) + in.slack[first + j];
  }
}

/// `space` holds the domain's centre, radius and magnitude.
template <class T>
expr::RowSummands<T> sum_row(const T* row, const expr::AffineCall<T>& call, index_t domain,
                             const T* space) {
  const index_t width = call.in.bounds.leading;
  const T* bound_slack = call.in.bounds.slack + domain * width;
  LaneSums<T> middle, spread, slack, magnitudes;
  for (index_t c = 0; c < width; c += lanes) {
    const auto w = Lanes<T>::load(row + c), w_size = magnitude(w);
    middle += w * Lanes<T>::load(space + c);
    spread += w_size * Lanes<T>::load(space + width + c);
    slack += w_size * Lanes<T>::load(bound_slack + c);
    magnitudes += w_size * Lanes<T>::load(space + 2 * width + c);
  }
  const bool box = call.in.norm == expr::Norm::infinity;
  return {middle.total(),
          box ? spread.total() : dual_radius(row, width, call.in.norm, call.in.radius[domain]),
          slack.total(), magnitudes.total()};
}

template <class T>
void centre_intervals(const expr::AffineCall<T>& call) {
  const index_t width = call.in.bounds.leading;
  for (index_t d = 0; d < call.in.bounds.domains; ++d) {
    T* const space = call.workspace + 3 * d * width;
    centre_interval(call.in.bounds, d, space, space + width, space + 2 * width);
  }
}

/// After centre_intervals.
template <class T>
void affine_rows(const expr::AffineCall<T>& call) {
  const index_t width = call.in.bounds.leading;
  for (index_t r = 0; r < call.weight.rows; ++r)
    for (index_t d = 0; d < call.in.bounds.domains; ++d)
      expr::put_neuron(call, d, call.first + r,
                       sum_row(call.weight.data + r * call.weight.leading, call, d,
                               call.workspace + 3 * d * width));
}

/// A matrix row times a point, which is the lower bounds of what goes in.
template <class T>
T value_of_row(const T* row, const BoundsView<const T>& in, index_t domain) {
  const T* point = in.lower + domain * in.leading;
  LaneSums<T> sum;
  for (index_t c = 0; c < in.leading; c += lanes)
    sum += Lanes<T>::load(row + c) * Lanes<T>::load(point + c);
  return sum.total();
}

template <class T>
void affine_partial(const expr::PartialAffineCall<T>& partial) {
  const auto& call = partial.call;
  centre_intervals(call);
  const index_t width = call.in.bounds.leading;
  for (index_t r = 0; r < call.weight.rows; ++r)
    for (index_t d = 0; d < call.in.bounds.domains; ++d) {
      const T* row = call.weight.data + r * call.weight.leading;
      auto sums = sum_row(row, call, d, call.workspace + 3 * d * width);
      if (partial.points) sums.centre = value_of_row(row, call.in.bounds, d);
      T* out = partial.sums + 4 * d * partial.leading + call.first + r;
      out[0] = sums.centre;
      out[partial.leading] = sums.reach;
      out[2 * partial.leading] = sums.slack;
      out[3 * partial.leading] = sums.magnitude;
    }
}

template <class T>
void affine_finish(const expr::PartialAffineCall<T>& partial) {
  for (index_t d = 0; d < partial.call.out.domains; ++d)
    for (index_t r = 0; r < partial.rows; ++r) expr::finish_neuron(partial, d, r);
}

/// Points instead of intervals: reads and writes the lower bounds, sets upper = lower and slack = 0.
template <class T>
void affine_values(const expr::AffineCall<T>& call) {
  for (index_t r = 0; r < call.weight.rows; ++r) {
    const T* row = call.weight.data + r * call.weight.leading;
    const index_t i = call.first + r;
    for (index_t d = 0; d < call.in.bounds.domains; ++d)
      expr::put_value(call.out, d * call.out.leading + i,
                      value_of_row(row, call.in.bounds, d) + call.bias[i]);
  }
}

}  // namespace shardbound::inline v0::detail
