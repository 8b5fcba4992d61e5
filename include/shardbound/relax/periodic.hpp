// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Sine and cosine. Of all lines above a curve over [l, u] the one that encloses least area touches its concave hull
// at the midpoint: there the hull is the curve itself, or the top between two peaks, or a straight piece from an end
// point to where it touches the curve, or from end to end. That line is found here, whatever [l, u] is:
//
//   the midpoint lies between two peaks in [l, u]     1
//   beside the only, or the outermost, of them        the tangent at the midpoint or, if that cuts the curve at the
//                                                     end on this side, the one through that end
//   no peak in [l, u]                                 the same where the curve is concave at one end and the line from
//                                                     end to end would cut it there; else that line
//
// Tangents through an end are found by bisection that keeps a sound one at every step, from the true end: tables
// by hundredths, as in the field's implementation, are rounded to a side that is not sound. Lines below are lines
// above the mirror image. Peaks are where pi as it is rounded puts them: what that may hide is second order until
// arguments are large, and of those nothing is said but -1 and 1.

#include <shardbound/relax/chord.hpp>
#include <shardbound/relax/line.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0::relax {

/// Curve, all static: name, value(x), derivative(x) and peak, where it is 1 and from there on by periods of 2 pi.
template <class Curve>
struct Periodic {
  static constexpr std::string_view name = Curve::name, onnx = Curve::name;
  constexpr double lipschitz() const { return 1; }

  template <class T>
  constexpr T value(T x) const {
    return Curve::value(x);
  }
  template <class T>
  constexpr T derivative(T x) const {
    return Curve::derivative(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    if (!(l >= -largest<T> && u <= largest<T>)) return {T(-1), T(1)};
    const T low = Curve::value(l), high = Curve::value(u);
    Interval<T> range = low < high ? Interval<T>{low, high} : Interval<T>{high, low};
    if (first_peak(Side{1}, l) <= u) range.upper = T(1);
    if (first_peak(Side{-1}, l) <= u) range.lower = T(-1);
    return range;
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (!(l >= -largest<T> && u <= largest<T>)) return {{T(0), T(-1)}, {T(0), T(1)}};
    const auto upper = line_above(Side{1}, l, u), mirrored = line_above(Side{-1}, l, u);
    return {{-mirrored.slope, -mirrored.intercept}, upper};
  }

 private:
  template <class T>
  static constexpr T pi = T(3.14159265358979323846);
  /// Up to where the square of what the phase may be wrong by is no more than a rounding.
  template <class T>
  static constexpr T largest = std::is_same_v<T, float> ? T(1e3) : T(1e6);

  /// The curve, or its mirror image.
  struct Side {
    int sign;
    template <class T>
    constexpr T value(T x) const {
      return T(sign) * Curve::value(x);
    }
    template <class T>
    constexpr T derivative(T x) const {
      return T(sign) * Curve::derivative(x);
    }
  };

  // The first peak from x on.
  template <class T>
  static constexpr T first_peak(const Side& side, T x) {
    const T peak = side.sign > 0 ? T(Curve::peak) : T(Curve::peak) + pi<T>;
    const T period = 2 * pi<T>;
    return peak + std::ceil((x - peak) / period) * period;
  }

  // Between a point whose tangent is above the curve at `end` and one whose may not be.
  template <class T>
  static constexpr T touching(const Side& side, T sound, T beyond, T end) {
    constexpr int halvings = std::is_same_v<T, float> ? 26 : 54;
    const T target = side.value(end);
    for (int step = 0; step < halvings; ++step) {
      const T point = midpoint(sound, beyond);
      const auto line = tangent(side, point);
      (line.slope * end + line.intercept >= target ? sound : beyond) = point;
    }
    return sound;
  }

  // A tangent before a peak rises, one after it falls, and both are above the end on that side; unless the peak is not
  // quite where it was thought to be.
  template <class T>
  static constexpr Line<T> beside_peak(const Side& side, T point, T end, int sign) {
    const auto line = tangent(side, point);
    const bool is_sound =
        T(sign) * line.slope > T(0) && line.slope * end + line.intercept >= side.value(end);
    return is_sound ? line : Line<T>{T(0), T(1)};
  }

  template <class T>
  static constexpr Line<T> line_above(const Side& side, T l, T u) {
    const T middle = midpoint(l, u), quarter = pi<T> / 2, period = 2 * pi<T>;
    const T first = first_peak(side, l);
    if (first <= u) {
      const T last = first_peak(side, u) - period;
      const T final = last < first ? first : last;
      if (middle < first) {
        const T least = l >= first - quarter ? l : touching(side, first, first - quarter, l);
        return beside_peak(side, least > middle ? least : middle, l, 1);
      }
      if (middle > final) {
        const T most = u <= final + quarter ? u : touching(side, final, final + quarter, u);
        return beside_peak(side, most < middle ? most : middle, u, -1);
      }
      return {T(0), T(1)};
    }
    // From a peak that lies before l, down and up again to the one that lies beyond u.
    const T falls_to = first - period + quarter, rises_from = first - quarter;
    if (u <= falls_to || l >= rises_from) return tangent(side, middle);
    const auto cut = chord(l, u, side.value(l), side.value(u), slopes_near(side, l, u, T(1)));
    if (l < falls_to && cut.slope < side.derivative(l)) {
      const T most = touching(side, l, falls_to, u);
      return tangent(side, most < middle ? most : middle);
    }
    if (u > rises_from && cut.slope > side.derivative(u)) {
      const T least = touching(side, u, rises_from, l);
      return tangent(side, least > middle ? least : middle);
    }
    return cut;
  }
};

}  // namespace shardbound::inline v0::relax
