// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Constants folded into one number without losing sight of what rounding did: a number is the sum of two
// doubles and a bound of what they miss. Sums and products are error-free transformations (Knuth's sum of
// two, Dekker's product of two by way of fma; Ogita, Rump and Oishi, Accurate sum and dot product, 2005), so
// that constants which cancel do so exactly, and an error of 0 says that the number is right to the last bit.

#include <cmath>
#include <limits>

namespace shardbound::inline v0::io {

/// A double and a bound of its distance from the number that is meant.
struct Approximation {
  double value = 0;
  double error = 0;
};

namespace detail {

inline constexpr double smallest = std::numeric_limits<double>::denorm_min();

/// An upper bound of an error, from one that was computed with a few roundings; 0 stays 0.
inline double up(double error) {
  return error == 0 ? 0 : error * (1 + 32 * std::numeric_limits<double>::epsilon()) + smallest;
}
/// The same of a product of two errors or magnitudes, which may underflow.
inline double product_up(double a, double b) { return a == 0 || b == 0 ? 0 : up(a * b) + smallest; }

/// a and b, or a * b, as what rounding makes of it and what that misses.
struct TwoParts {
  double rounded, missed;
};
inline TwoParts two_sum(double a, double b) {
  const double sum = a + b, part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}
// With fma(a, b, 0) for a * b, which a compiler may not fuse with the sum that the product goes into.
inline TwoParts two_product(double a, double b) {
  const double product = std::fma(a, b, 0.0);
  return {product, std::fma(a, b, -product)};
}
/// What a two_product may still miss because its second part underflows.
inline double lost_by_underflow(double a, double b, double product) {
  constexpr double safe = std::numeric_limits<double>::min() * 0x1p60;
  return a != 0 && b != 0 && std::abs(product) < safe ? smallest : 0;
}

}  // namespace detail

/// A number that constants are folded into: value + rest, off by at most error.
class Folded {
 public:
  explicit Folded(double value) : value_(value) {}
  explicit Folded(Approximation number) : value_(number.value), error_(number.error) {}

  Folded& operator+=(Approximation b) {
    const auto [sum, missed] = detail::two_sum(value_, b.value);
    const auto [rest, lost] = detail::two_sum(rest_, missed);
    error_ = detail::up(error_ + b.error + std::abs(lost));
    return settle(sum, rest);
  }

  Folded& operator*=(Approximation b) {
    using namespace detail;
    const double magnitude = std::abs(value_) + std::abs(rest_);
    const auto [product, missed] = two_product(value_, b.value);
    const auto [small, too_small] = two_product(rest_, b.value);
    const auto [rest, lost] = two_sum(missed, small);
    error_ = up(product_up(error_, std::abs(b.value) + b.error) + product_up(magnitude, b.error) +
                std::abs(too_small) + std::abs(lost) + lost_by_underflow(value_, b.value, product) +
                lost_by_underflow(rest_, b.value, small));
    return settle(product, rest);
  }

  /// The nearest double, and how far it may be from the number that is meant.
  Approximation rounded() const { return {value_, detail::up(std::abs(rest_) + error_)}; }

 private:
  Folded& settle(double value, double rest) {
    const auto [sum, missed] = detail::two_sum(value, rest);
    value_ = sum, rest_ = missed;
    return *this;
  }

  double value_, rest_ = 0, error_ = 0;
};

/// 1 / x, as far as one double holds it; of an infinite x, 0.
inline Approximation reciprocal(double x) {
  const double value = 1 / x;
  if (std::isinf(x)) return {value, 0};
  const double missed = std::fma(value, x, -1.0);  // of value * x
  return {value, missed == 0 ? 0 : detail::up(std::abs(missed / x)) + detail::smallest};
}

/// a / sqrt(variance + epsilon), as far as one double holds it, of a positive sum.
inline Approximation by_deviation(double a, double variance, double epsilon) {
  using namespace detail;
  const auto [sum, missed] = two_sum(variance, epsilon);
  const double deviation = std::sqrt(sum);
  // |sqrt(s + m) - d| = |s + m - d^2| / (sqrt(s + m) + d)
  const double square_missed = std::abs(std::fma(-deviation, deviation, sum)) +
                               lost_by_underflow(deviation, deviation, sum) + std::abs(missed);
  const double deviation_error = square_missed == 0 ? 0 : up(square_missed / deviation) + smallest;
  const double value = a / deviation;
  // |a / D - v| = |a - v D| / D, where D is deviation_error away from d
  const double product_missed = std::abs(std::fma(-value, deviation, a)) +
                                lost_by_underflow(value, deviation, a) +
                                product_up(std::abs(value), deviation_error);
  const double least = deviation - 2 * deviation_error;
  if (product_missed == 0) return {value, 0};
  return {value, least > 0 ? up(product_missed / least) + smallest
                           : std::numeric_limits<double>::infinity()};
}

}  // namespace shardbound::inline v0::io
