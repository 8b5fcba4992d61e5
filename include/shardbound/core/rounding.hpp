// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How far floating-point arithmetic may have strayed. Bounds are computed to nearest and carry, row by
// row, a bound of everything that rounding can have done to them: gamma_k = k u / (1 - k u) times the
// absolute terms of a sum of k products (Higham, Accuracy and Stability of Numerical Algorithms,
// section 3.1; fused multiply-adds only do better). A bound L with slack e proves L - e.

#include <shardbound/core/shape.hpp>

#include <cmath>
#include <limits>

namespace shardbound::inline v0 {

/// u: half a unit in the last place of 1.
template <class T>
inline constexpr T unit_roundoff = std::numeric_limits<T>::epsilon() / 2;

/// gamma_k for sums of k products, k widened by a few operations around the sum, of which the rounding of
/// each parameter to T is one; infinite (nothing can be proved) once k u reaches 1/2. `roundoff` is u, unless
/// terms are added less exactly.
template <class T>
constexpr T gamma(index_t terms, T roundoff = unit_roundoff<T>) {
  const double ku = static_cast<double>(terms + 16) * static_cast<double>(roundoff);
  return ku < 0.5 ? static_cast<T>(1.0001 * ku / (1 - ku)) : std::numeric_limits<T>::infinity();
}

/// The same for a sum of terms that are exact themselves, with nothing around it: `additions` roundings.
template <class T>
constexpr T gamma_of_additions(index_t additions, T roundoff = unit_roundoff<T>) {
  const double ku = static_cast<double>(additions) * static_cast<double>(roundoff);
  return ku < 0.5 ? static_cast<T>(1.0001 * ku / (1 - ku)) : std::numeric_limits<T>::infinity();
}

/// By what to multiply a slack that was itself summed up in T: `terms` nonnegative terms, in any number of
/// steps, come out at least 1 - gamma of their sum.
template <class T>
constexpr T inflation(index_t terms) {
  return T(1) + 2 * gamma<T>(terms);
}

/// Errors of evaluating one line or one activation, in units of u: a tangent or secant is a dozen
/// operations, and the elementary functions of the C library are within two units in the last place, CUDA's within five.
template <class T>
inline constexpr T line_rounding = 16 * unit_roundoff<T>;

/// The bound that is proved by `value` with its slack: -inf unless both are finite.
template <class T>
constexpr T proved(T value, T slack) {
  const T bound = value - slack;
  return bound - bound == T(0) ? bound : -std::numeric_limits<T>::infinity();
}

}  // namespace shardbound::inline v0
