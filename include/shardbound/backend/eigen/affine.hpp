// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Intervals and points through z = W y + b, one pass over W: every matrix row is read once and meets
// every domain while it is in cache. Centre, radius, error and magnitude are four dot products of the
// same row.

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/backend/eigen/pointwise.hpp>

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
void split_interval(const BoundsView<const T>& in, index_t domain, T* centre, T* radius, T* size) {
  const index_t first = domain * in.leading;
  for (index_t j = 0; j < in.leading; ++j) {
    const T l = in.lower[first + j], u = in.upper[first + j];
    centre[j] = (l + u) / 2;
    radius[j] = (u - l) / 2;
    size[j] = largest_magnitude(l, u) + in.error[first + j];
  }
}

template <class T>
void affine_interval(const expr::AffineCall<T>& call) {
  const auto& in = call.in.bounds;
  const index_t width = in.leading;
  T* const space = call.workspace;
  for (index_t d = 0; d < in.domains; ++d)
    split_interval(in, d, space + (3 * d) * width, space + (3 * d + 1) * width,
                   space + (3 * d + 2) * width);
  for (index_t r = 0; r < call.weight.rows; ++r) {
    const T* row = call.weight.data + r * call.weight.leading;
    const index_t i = call.first + r;
    for (index_t d = 0; d < in.domains; ++d) {
      const T* centre = space + (3 * d) * width;
      const T* radius = centre + width;
      const T* size = radius + width;
      const T* error = in.error + d * in.leading;
      LaneSums<T> middle, spread, carried, magnitudes;
      for (index_t c = 0; c < width; c += lanes) {
        const auto w = Lanes<T>::load(row + c), w_size = magnitude(w);
        middle += w * Lanes<T>::load(centre + c);
        spread += w_size * Lanes<T>::load(radius + c);
        carried += w_size * Lanes<T>::load(error + c);
        magnitudes += w_size * Lanes<T>::load(size + c);
      }
      const T z = middle.total() + call.bias[i];
      const T reach = call.in.norm == expr::Norm::infinity
                          ? spread.total()
                          : dual_radius(row, width, call.in.norm, call.in.radius[d]);
      const T terms = magnitudes.total() + std::abs(call.bias[i]);
      const index_t at = d * call.out.leading + i;
      put_bounds(call.out, at, z - reach, z + reach, carried.total() + call.gamma * terms);
      call.slack[at] = call.row_gamma * terms;
    }
  }
}

/// Points instead of intervals: reads and writes the lower bounds, sets upper = lower and error = 0.
template <class T>
void affine_values(const expr::AffineCall<T>& call) {
  const auto& in = call.in.bounds;
  for (index_t r = 0; r < call.weight.rows; ++r) {
    const T* row = call.weight.data + r * call.weight.leading;
    const index_t i = call.first + r;
    for (index_t d = 0; d < in.domains; ++d) {
      const T* point = in.lower + d * in.leading;
      LaneSums<T> sum;
      for (index_t c = 0; c < in.leading; c += lanes)
        sum += Lanes<T>::load(row + c) * Lanes<T>::load(point + c);
      const index_t at = d * call.out.leading + i;
      call.out.lower[at] = call.out.upper[at] = sum.total() + call.bias[i];
      call.out.error[at] = T(0);
    }
  }
}

}  // namespace shardbound::inline v0::detail
