// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// GELU, z Phi(z), in its exact form: convex between -sqrt(2) and sqrt(2), concave outside. On intervals where it
// bends one way the chord and the tangent at the midpoint enclose it. Elsewhere each line is the chord if that
// stays on its side, else the tangent through an end point that touches where the curve bends the other way, found
// by bisection that keeps a sound tangent at every step:
//
//   [l, u]                          below                     above
//   0 to past sqrt(2)               the chord, or by u        the chord, or by l
//   from before -sqrt(2), up to 0   the chord, or by l        the chord, or by u, or at the midpoint
//   holds 0, u > sqrt(2)            by u                      the chord
//   holds 0, l < -sqrt(2) alone     by l                      the chord
//
// Where the curve is convex at the far end, u or l is first moved out to the next hundredth past sqrt(2), as in the
// field's implementation, so that bounds can be compared with its own. Its upper lines left of zero, whose table is
// not looked up by u, are looser than these, and so is its range, which always holds the least value of all.

#include <shardbound/relax/chord.hpp>
#include <shardbound/relax/line.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0::relax {

struct Gelu {
  static constexpr std::string_view name = "Gelu", onnx = "Gelu";
  /// f'(sqrt(2)), rounded up
  constexpr double lipschitz() const { return 1.12890415; }

  template <class T>
  constexpr T value(T x) const {
    if (std::abs(x) > far<T>) return x > T(0) ? x : T(0);
    return x * cumulative(x);
  }
  template <class T>
  constexpr T derivative(T x) const {
    if (std::abs(x) > far<T>) return x > T(0) ? T(1) : T(0);
    return cumulative(x) + x * density(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    constexpr T bottom = T(-0.75179152), least = T(-0.16997121);  // where it is least, rounded down
    const T low = value(l), high = value(u), lower = low < high ? low : high;
    return {l <= bottom && u >= bottom ? least : lower, low > high ? low : high};
  }

  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    constexpr T r = inflection<T>;
    const T middle = midpoint(l, u);
    if (l >= r || u <= -r) return bent_lines(*this, false, l, u, middle);
    if (l >= -r && u <= r) return bent_lines(*this, true, l, u, middle);
    const auto range = this->range(l, u);
    const auto cut = chord(l, u, value(l), value(u), slopes_near(*this, l, u, T(0.8)));
    LinePair<T> pair{cut, cut};
    if (l >= T(0)) {
      if (!(cut.slope < derivative(l))) pair.lower = tangent(*this, touching(T(0), r, past(u), -1));
      if (!(cut.slope < derivative(u))) {
        const T end = r - to_next_hundredth(r - l);
        pair.upper = tangent(*this, touching(far<T>, r, end > T(0) ? end : l, 1));
      }
    } else if (u <= T(0)) {
      if (!(cut.slope > derivative(u)))
        pair.lower = tangent(*this, touching(T(0), -r, -past(-l), -1));
      if (!(cut.slope > derivative(l))) {
        const T most = touching(l, -r, u, 1);
        pair.upper = tangent(*this, most < middle ? most : middle);
      }
    } else if (u > r) {
      pair.lower = tangent(*this, touching(T(0), r, past(u), -1));
    } else {
      pair.lower = tangent(*this, touching(T(0), -r, -past(-l), -1));
    }
    return {line_or(pair.lower, range.lower), line_or(pair.upper, range.upper)};
  }

 private:
  /// Where the curve bends the other way.
  template <class T>
  static constexpr T inflection = T(1.4142135623730951);
  /// From where on it is z or 0, beyond all rounding.
  template <class T>
  static constexpr T far = T(40);

  // Phi(z), accurate relative to its own size: what the argument of erfc is rounded by would show there.
  template <class T>
  static constexpr T cumulative(T x) {
    constexpr double exactly = 0.70710678118654752, beyond = -4.8336466567264567e-17;
    constexpr T scale = T(exactly), rest = T((exactly - static_cast<double>(scale)) + beyond);
    const T argument = -x * scale, lost = std::fma(-x, scale, -argument) - x * rest;
    constexpr T two_by_root_pi = T(1.1283791670955126);
    return T(0.5) * (std::erfc(argument) - two_by_root_pi * std::exp(-argument * argument) * lost);
  }
  template <class T>
  static constexpr T density(T x) {
    const T square = x * x, rest = std::fma(x, x, -square);
    return T(0.39894228040143268) * std::exp(-square / 2) * (T(1) - rest / 2);
  }

  template <class T>
  static constexpr T to_next_hundredth(T x) {
    constexpr T grid = T(0.01);
    return grid * (std::floor(x / grid) + T(1));
  }
  // u, past the inflection, moved out to the grid that begins there.
  template <class T>
  static constexpr T past(T u) {
    const T moved = inflection<T> + to_next_hundredth(u - inflection<T>);
    return moved > u ? moved : u;
  }

  // Between a point whose tangent passes `side` (1: above, -1: below) of the curve at `end`, and one whose may not,
  // the nearest to the latter whose tangent does.
  template <class T>
  constexpr T touching(T sound, T beyond, T end, int side) const {
    constexpr int halvings = std::is_same_v<T, float> ? 28 : 56;
    const T target = value(end);
    for (int step = 0; step < halvings; ++step) {
      const T point = sound + (beyond - sound) / 2;
      const auto line = tangent(*this, point);
      const T over = line.slope * end + line.intercept - target;
      (side > 0 ? over >= T(0) : over <= T(0)) ? sound = point : beyond = point;
    }
    return sound;
  }
};

}  // namespace shardbound::inline v0::relax
