// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// z to the power of a number. What the curve is depends on that number:
//
//   whole and even       convex; where it crosses zero the lower line is 0, elsewhere the tangent at the midpoint
//   whole and odd        concave left of zero, convex right of it; each line is the chord if that stays on its
//                        side, else a tangent through the far end point
//   another, above 1     convex, of inputs from zero
//   another, 0 to 1      concave, of inputs from zero
//   below zero           convex, of inputs above zero
//
// An interval with inputs for which the power is not defined, or not one of these, tells nothing. On intervals of
// one side the even powers keep their chord, which the field's implementation loses, to a line that is not sound.
// A tangent of z^n at d passes through (-c, -c^n), n odd, where d = r c: r is a root that depends on n alone. As
// there, c is the next hundredth, and where d is nearer to zero than the midpoint, the tangent there is as sound
// and encloses less area.
//
// Powers are taken in double or better: rounded to float an exponent would cost more than the dozen roundings that are
// paid.

#include <shardbound/relax/chord.hpp>
#include <shardbound/relax/coefficients.hpp>

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0::relax {

struct Power {
  double exponent = 3;

  static constexpr std::string_view name = "Power";
  static constexpr NamedCoefficient<Power> coefficients[] = {
      {.name = "exponent", .member = &Power::exponent}};
  constexpr bool valid() const { return exponent != 0; }

  template <class T>
  constexpr T value(T x) const {
    return static_cast<T>(std::pow(static_cast<Wide<T>>(x), static_cast<Wide<T>>(exponent)));
  }
  template <class T>
  constexpr T derivative(T x) const {
    if (exponent == 1) return T(1);
    const auto power = static_cast<Wide<T>>(exponent);
    return static_cast<T>(power * std::pow(static_cast<Wide<T>>(x), power - 1));
  }
  /// |f'| is greatest at an end: it rises with |z|, or falls with it where no interval holds zero.
  template <class T>
  constexpr T lipschitz(T l, T u) const {
    if (!contains(l, u)) return std::numeric_limits<T>::infinity();
    const T low = std::abs(derivative(l)), high = std::abs(derivative(u));
    return (low > high ? low : high) + std::numeric_limits<T>::min();
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    if (!contains(l, u)) return vacuous_range<T>();
    const T low = value(l), high = value(u);
    if (is_even(exponent) && l < T(0) && u > T(0)) return {T(0), low > high ? low : high};
    return low > high ? overflowed(high, low) : overflowed(low, high);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (!contains(l, u)) return vacuous_lines<T>();
    const bool crosses = l < T(0) && u > T(0);
    if (!crosses || is_even(exponent)) {
      const bool is_convex = is_even(exponent) || exponent < 0 || (exponent > 1 && l >= T(0));
      return bent_lines(*this, is_convex, l, u, crosses ? T(0) : midpoint(l, u));
    }
    // f(-z) = -f(z): the upper line is the lower one of the mirror image.
    const auto range = this->range(l, u);
    const Line<T> lower = lower_across(l, u), mirrored = lower_across(-u, -l);
    return {line_or(lower, range.lower),
            line_or(Line<T>{mirrored.slope, -mirrored.intercept}, range.upper)};
  }

 private:
  template <class T>
  using Wide = std::common_type_t<T, double>;

  // Templates, as everything is that the C library computes: not every compiler takes it for constant.
  template <class T>
  static constexpr bool is_whole(T n) {
    return n > T(0) && std::floor(n) == n;
  }
  template <class T>
  static constexpr bool is_even(T n) {
    return is_whole(n) && is_whole(n / 2);
  }

  template <class T>
  constexpr bool contains(T l, T u) const {
    if (!(l <= u)) return false;
    return is_whole(exponent) || (exponent < 0 ? l > T(0) : l >= T(0));
  }

  // Across zero, an odd power.
  template <class T>
  constexpr Line<T> lower_across(T l, T u) const {
    const T first = derivative(l), last = derivative(u);
    const auto cut =
        chord(l, u, value(l), value(u), Interval<T>{T(0), first > last ? first : last});
    if (cut.slope > last || exponent == 1) return cut;
    const double crossing = tangency(exponent) * static_cast<double>(to_grid(-l));
    const T outwards = T(1) + 2 * std::numeric_limits<T>::epsilon();
    const T touching = static_cast<T>(crossing) * outwards, middle = midpoint(l, u);
    return tangent(*this, touching < middle ? middle : touching);
  }
  // The root of (n - 1) r^n + n r^(n-1) = 1. Newton's steps from 1 fall towards it, where that is convex, and stay on
  // the side where tangents are sound; n is halved by about every second of them at first.
  template <class T>
  static constexpr T tangency(T n) {
    constexpr int steps = 48;
    T root = 1;
    for (int step = 0; step < steps; ++step) {
      const T power = std::pow(root, n - 2);
      const T over = ((n - 1) * root + n) * root * power - 1;
      root -= over / (n * (n - 1) * (root + 1) * power);
    }
    return root * (T(1) + 4 * std::numeric_limits<T>::epsilon());
  }
};

}  // namespace shardbound::inline v0::relax
