// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Single operations in double precision, rounded in a known direction: the result of rounding to nearest, moved by one
// where its error, which fused arithmetic tells exactly, has the wrong sign. Of operands that are exact the result is.

#include <cmath>
#include <limits>

namespace shardbound::inline v0 {

namespace detail {

// `nearest`, or what is next below it if the exact result is `error` away on the wrong side. Infinities of finite
// operands are overflow.
inline double down_by(double nearest, double error, bool finite) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isinf(nearest))
    return finite && nearest > 0 ? std::numeric_limits<double>::max() : nearest;
  return error < 0 ? std::nextafter(nearest, -infinity) : nearest;
}

// Its value, rounded: where a compiler may fuse a product into the sum that it goes to, it may not reach through this.
inline double rounded(double x) {
  const volatile double kept = x;
  return kept;
}

// Below this, errors of products may be too small to be told.
inline constexpr double untold = 1e-250;

}  // namespace detail

/// a + b, never above it. Infinities add up as they should; of opposite ones -inf.
inline double add_down(double a_given, double b_given) {
  const double a = detail::rounded(a_given), b = detail::rounded(b_given);
  const double sum = a + b, part = sum - a;
  const bool finite = std::isfinite(a) && std::isfinite(b);
  if (std::isnan(sum)) return -std::numeric_limits<double>::infinity();
  return detail::down_by(sum, finite ? (a - (sum - part)) + (b - part) : 0, finite);
}
inline double add_up(double a, double b) { return -add_down(-a, -b); }

/// a * b, never above it; 0 times infinity is 0.
inline double multiply_down(double a, double b) {
  if (a == 0 || b == 0) return 0;
  const double product = detail::rounded(a * b);
  const bool finite = std::isfinite(a) && std::isfinite(b);
  const double error = std::abs(product) < detail::untold ? -1 : std::fma(a, b, -product);
  return detail::down_by(product, finite ? error : 0, finite);
}
inline double multiply_up(double a, double b) { return -multiply_down(-a, b); }

/// a / b for a finite b that is not 0, never above it.
inline double divide_down(double a, double b) {
  if (a == 0) return 0;
  const double quotient = a / b;
  const bool finite = std::isfinite(a);
  // a - quotient * b is exact, and of the sign of the error times that of b.
  const double rest = std::abs(quotient) < detail::untold || std::abs(a) < detail::untold
                          ? -1
                          : std::copysign(1.0, b) * std::fma(-quotient, b, a);
  return detail::down_by(quotient, finite ? rest : 0, finite);
}
inline double divide_up(double a, double b) { return -divide_down(-a, b); }

}  // namespace shardbound::inline v0
