// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Sigmoid and tanh: convex left of zero, concave right of it (1811.00866, section 4). On one side of
// zero the chord and the tangent at the midpoint enclose the curve. Across zero each line is the chord
// if that stays on its side, else the tangent through the far end point, whose tangency is found by
// bisection that keeps a sound tangent at every step; where the tangency lies beyond the midpoint the
// tangent at the midpoint is sound and encloses less area. The far end is first moved out to the next
// hundredth, the grid on which the field's implementations tabulate tangencies, so that bounds can be
// compared with theirs number by number; it costs less than a thousandth of a bound's width.

#include <shardbound/relax/line.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0::relax {

/// Curve: static value(x) and derivative(x), the latter accurate relative to its own size.
template <class Curve>
struct SShaped {
  static constexpr std::string_view name = Curve::name, onnx = Curve::name;
  constexpr double lipschitz() const { return Curve::steepest; }

  template <class T>
  constexpr T value(T x) const {
    return Curve::value(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {Curve::value(l), Curve::value(u)};
  }

  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    const T middle = l + (u - l) / 2;
    const auto centre = tangent(middle);
    if (!(u - l > smallest_width<T>)) return {flat_below(l, u, centre), flat_above(l, u, centre)};
    const T low = Curve::value(l), high = Curve::value(u);
    const T slope = (high - low) / (u - l);
    const Line<T> chord{slope, low - slope * l};
    LinePair<T> pair{chord, chord};
    if (vanishing(slope)) pair = {{T(0), low}, {T(0), high}};
    if (u <= T(0)) return {centre, pair.upper};
    if (l >= T(0)) return {pair.lower, centre};

    if (!(slope < Curve::derivative(l))) {  // the chord cuts the curve: a tangent left of zero
      const T tangency = left_tangency(u);
      pair.lower = tangency >= middle ? centre : tangent(tangency);
    }
    if (!(slope < Curve::derivative(u))) {  // the mirror image: f(-z) = 2 f(0) - f(z)
      const T tangency = -left_tangency(-l);
      pair.upper = tangency <= middle ? centre : tangent(tangency);
    }
    return pair;
  }

 private:
  // Below this width a chord's slope is all rounding; the curve moves by less than its own rounding.
  template <class T>
  static constexpr T smallest_width = std::is_same_v<T, float> ? T(1e-4) : T(1e-8);

  template <class T>
  static constexpr Line<T> tangent(T at) {
    const T slope = Curve::derivative(at);
    return {slope, Curve::value(at) - slope * at};
  }

  // On a narrow interval: the tangent at the midpoint, moved by the most that curvature can matter.
  template <class T>
  static constexpr T sagitta(T l, T u) {
    return T(Curve::steepest) * (u - l) * (u - l);
  }
  template <class T>
  static constexpr Line<T> flat_below(T l, T u, Line<T> centre) {
    return {centre.slope, centre.intercept - sagitta(l, u)};
  }
  template <class T>
  static constexpr Line<T> flat_above(T l, T u, Line<T> centre) {
    return {centre.slope, centre.intercept + sagitta(l, u)};
  }

  // The right-most d <= 0 (up to bisection, always on the sound side) whose tangent passes below the
  // curve at u, moved out to the grid: from there it is below the curve on all of [-inf, u].
  template <class T>
  static constexpr T left_tangency(T u) {
    constexpr int doublings = 12, halvings = std::is_same_v<T, float> ? 28 : 56;
    constexpr T grid = T(0.01);
    const T end = grid * (std::floor(u / grid) + T(1));
    const T target = Curve::value(end);
    const auto is_below = [&](T d) {
      const auto line = tangent(d);
      return line.slope * end + line.intercept <= target;
    };
    T sound = T(-1), beyond = T(0);
    for (int step = 0; step < doublings && !is_below(sound); ++step) sound *= 2;
    for (int step = 0; step < halvings; ++step) {
      const T d = sound + (beyond - sound) / 2;
      (is_below(d) ? sound : beyond) = d;
    }
    return sound;
  }
};

namespace curve {

struct Sigmoid {
  static constexpr std::string_view name = "Sigmoid";
  static constexpr double steepest = 0.25;

  template <class T>
  static constexpr T value(T x) {
    return T(1) / (T(1) + std::exp(-x));
  }
  template <class T>
  static constexpr T derivative(T x) {
    const T e = std::exp(-(x < T(0) ? -x : x));
    return e / ((T(1) + e) * (T(1) + e));
  }
};

struct Tanh {
  static constexpr std::string_view name = "Tanh";
  static constexpr double steepest = 1;

  template <class T>
  static constexpr T value(T x) {
    return std::tanh(x);
  }
  template <class T>
  static constexpr T derivative(T x) {
    const T e = std::exp(T(-2) * (x < T(0) ? -x : x));
    return T(4) * e / ((T(1) + e) * (T(1) + e));
  }
};

}  // namespace curve

using Sigmoid = SShaped<curve::Sigmoid>;
using Tanh = SShaped<curve::Tanh>;

}  // namespace shardbound::inline v0::relax
