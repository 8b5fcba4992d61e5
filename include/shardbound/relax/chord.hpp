// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What relaxations of curves are made of: a tangent, which no rounding can hurt, and a chord, whose slope is
// all rounding on a narrow interval. There it is kept between slopes that the curve has, which only moves it
// nearer to the true chord's: one formula for every width, and at a point both lines are the tangent.

#include <shardbound/relax/line.hpp>

#include <cmath>
#include <limits>

namespace shardbound::inline v0::relax {

template <class T>
constexpr bool is_finite(T x) {
  return x - x == T(0);
}

/// Where f is not defined on all of an interval, nothing is known about it.
template <class T>
constexpr Interval<T> vacuous_range() {
  return {-std::numeric_limits<T>::infinity(), std::numeric_limits<T>::infinity()};
}
template <class T>
constexpr LinePair<T> vacuous_lines() {
  const auto range = vacuous_range<T>();
  return {{T(0), range.lower}, {T(0), range.upper}};
}

/// An interval of values of which some may have overflowed: what is too large is at least the largest number.
template <class T>
constexpr Interval<T> overflowed(T lower, T upper) {
  constexpr T most = std::numeric_limits<T>::max();
  return {lower > most ? most : lower, upper < -most ? -most : upper};
}

template <class T>
constexpr T midpoint(T l, T u) {
  return l + (u - l) / 2;
}

/// Of the curve f at a point.
template <class F, class T>
constexpr Line<T> tangent(const F& f, T point) {
  const T slope = f.derivative(point);
  return {slope, f.value(point) - slope * point};
}

/// From (l, low) to (u, high), no gentler and no steeper than the curve is.
template <class T>
constexpr Line<T> chord(T l, T u, T low, T high, const Interval<T>& slopes) {
  T slope = u > l ? (high - low) / (u - l) : slopes.lower;
  if (slope < slopes.lower) slope = slopes.lower;
  if (slope > slopes.upper) slope = slopes.upper;
  return {slope, low - slope * l};
}

/// The slopes of a curve whose own slope changes by at most `curvature` per input.
template <class F, class T>
constexpr Interval<T> slopes_near(const F& f, T l, T u, T curvature) {
  const T slope = f.derivative(midpoint(l, u)), change = curvature * ((u - l) / 2);
  return {slope - change, slope + change};
}

/// The line, or a constant where it has overflowed or its slope has lost its digits: a slope of zero may be all that
/// underflow left of it.
template <class T>
constexpr Line<T> line_or(const Line<T>& line, T constant) {
  const bool is_usable =
      is_finite(line.slope) && is_finite(line.intercept) && !vanishing(std::abs(line.slope));
  return is_usable ? line : Line<T>{T(0), constant};
}

/// The lines of a curve that bends one way over [l, u]: the chord on one side, a tangent on the other.
template <class F, class T>
constexpr LinePair<T> bent_lines(const F& f, bool is_convex, T l, T u, T touching) {
  const auto range = f.range(l, u);
  const T first = f.derivative(l), last = f.derivative(u);
  const Interval<T> slopes = is_convex ? Interval<T>{first, last} : Interval<T>{last, first};
  const auto touch = tangent(f, touching);
  const auto cut = chord(l, u, f.value(l), f.value(u), slopes);
  if (is_convex) return {line_or(touch, range.lower), line_or(cut, range.upper)};
  return {line_or(cut, range.lower), line_or(touch, range.upper)};
}

/// The next hundredth past x >= 0: the grid on which the field's implementations tabulate tangencies, so that
/// bounds can be compared with theirs number by number. Near zero, where a hundredth is much, x itself.
template <class T>
constexpr T to_grid(T x) {
  constexpr T grid = T(0.01), near = T(0.1);
  const T moved = grid * (std::floor(x / grid) + T(1));
  return x >= near && moved > x && is_finite(moved) ? moved : x;
}

}  // namespace shardbound::inline v0::relax
