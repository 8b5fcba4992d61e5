// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a ball's dual norm makes of one row.

#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/calls.hpp>

#include <cmath>
#include <limits>

namespace shardbound::inline v0::cuda {

/// The radius of row . y over a ball of this radius, on every thread of the team that shares the row.
template <class T, class Team>
__device__ T dual_radius(const Team& team, const T* row, index_t width, expr::Norm norm, T radius) {
  const auto squares = [&](T by) {
    Pack<T> sum(T(0));
    for_each_pack<T>(team, width, [&](index_t c) {
      const auto w = Pack<T>::of([&](int i) { return row[c + i] / by; });
      sum += w * w;
    });
    return team.sum(sum.total());
  };
  const T sum = squares(T(1));
  T most = 0;
  for_each_pack<T>(team, width, [&](index_t c) {
    const T here = magnitude(Pack<T>::load(row + c)).largest();
    most = here > most ? here : most;
  });
  const T largest = team.largest(most);
  if (sum != sum) return sum;
  if (norm == expr::Norm::one) return radius * largest;
  constexpr T small = std::numeric_limits<T>::min() / (unit_roundoff<T> * unit_roundoff<T>);
  if (sum > small && sum <= std::numeric_limits<T>::max()) return radius * std::sqrt(sum);
  // The squares overflow or vanish.
  if (!(largest > T(0)) || !(largest - largest == T(0))) return radius * largest;
  return radius * (largest * std::sqrt(squares(largest)));
}

}  // namespace shardbound::inline v0::cuda
