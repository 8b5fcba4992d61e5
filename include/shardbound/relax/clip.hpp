// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Clip, z kept between low and high: convex around the one kink, concave around the other. Where [l, u] holds a
// kink, both lines have a slope in common, so that no row pays for a difference of slopes; HardSigmoid, the same
// curve, chooses by area:
//
//   [l, u] holds      below                              above
//   low               the chord's slope, by (low, low)   the chord
//   high              the chord                          the chord's slope, by (high, high)
//   both              from (low, low) to (u, high)       from (l, low) to (high, high)

#include <shardbound/relax/coefficients.hpp>
#include <shardbound/relax/line.hpp>

#include <limits>
#include <string_view>

namespace shardbound::inline v0::relax {

struct Clip {
  double low = 0, high = 1;

  static constexpr std::string_view name = "Clip";
  static constexpr NamedCoefficient<Clip> coefficients[] = {
      {.name = "low", .member = &Clip::low}, {.name = "high", .member = &Clip::high}};
  constexpr double lipschitz() const { return 1; }
  constexpr bool valid() const { return low <= high; }

  template <class T>
  constexpr T value(T x) const {
    return x < least<T>() ? least<T>() : x > most<T>() ? most<T>() : x;
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {value(l), value(u)};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    const T a = least<T>(), b = most<T>();
    return u <= a || l >= b || (l >= a && u <= b);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    const T a = least<T>(), b = most<T>();
    if (u <= a) return {{T(0), a}, {T(0), a}};
    if (l >= b) return {{T(0), b}, {T(0), b}};
    if (l >= a && u <= b) return {{T(1), T(0)}, {T(1), T(0)}};
    if (l >= a) return {through(l, l, (b - l) / (u - l), l), through(b, b, (b - l) / (u - l), b)};
    if (u <= b) return {through(a, a, (u - a) / (u - l), a), through(u, u, (u - a) / (u - l), u)};
    return {through(a, a, (b - a) / (u - a), a), through(b, b, (b - a) / (b - l), b)};
  }
  // Past a kink that [l, u] does not hold, the function turns away from its piece; elsewhere each line is left by
  // no more than the difference of two slopes of 0 to 1.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    const T a = least<T>(), b = most<T>();
    // what the distance to the kink is rounded by would show where e is hardly more
    constexpr T nearly = T(1) - 2 * std::numeric_limits<T>::epsilon();
    const auto past = [e](T distance) {
      const T by = e - nearly * distance;
      return by > T(0) ? by : T(0);
    };
    if (u <= a) return {T(0), past(a - u)};
    if (l >= b) return {past(l - b), T(0)};
    if (l >= a && u <= b) return {past(b - u), past(l - a)};
    return {e, e};
  }

 private:
  template <class T>
  constexpr T least() const {
    return static_cast<T>(low);
  }
  template <class T>
  constexpr T most() const {
    return static_cast<T>(high);
  }
  // The line of this slope through a point; where the slope has lost its digits, a constant.
  template <class T>
  static constexpr Line<T> through(T z, T y, T slope, T constant) {
    return vanishing(slope) ? Line<T>{T(0), constant} : Line<T>{slope, y - slope * z};
  }
};

}  // namespace shardbound::inline v0::relax
