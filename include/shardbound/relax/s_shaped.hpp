// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Sigmoid, tanh and their like: convex left of zero, concave right of it (1811.00866, section 4). On one side of
// zero the chord and the tangent at the midpoint enclose the curve. Across zero each line is the chord
// if that stays on its side, else the tangent through the far end point, whose tangency is found by
// bisection that keeps a sound tangent at every step; where the tangency lies beyond the midpoint the
// tangent at the midpoint is sound and encloses less area. The far end is first moved out to the next
// hundredth, the grid on which the field's implementations tabulate tangencies, so that bounds can be
// compared with theirs number by number; it costs less than a thousandth of a bound's width.
// Every tangent from a sound tangency outwards is sound as well: those are the lines that may be
// optimised (alpha-CROWN, 2011.13824). A chord leaves nothing to choose.

#include <shardbound/relax/line.hpp>

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0::relax {

/// Curve: a name, whether it stands_alone, steepest, and static value(x), derivative(x) and second_derivative(x), the latter two accurate relative
/// to their own size.
template <class Curve>
struct SShaped {
  static constexpr std::string_view name = Curve::name, onnx = Curve::name;
  static constexpr bool frees_upper = true, stands_alone = Curve::stands_alone;
  constexpr double lipschitz() const { return Curve::steepest; }

  template <class T>
  constexpr T value(T x) const {
    return Curve::value(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return rising(Curve::value(l), Curve::value(u));
  }

  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (is_narrow(l, u)) {
      const auto centre = tangent(midpoint(l, u));
      return {flat_below(l, u, centre), flat_above(l, u, centre)};
    }
    const T low = Curve::value(l), high = Curve::value(u);
    const T slope = (high - low) / (u - l);
    const Line<T> chord{slope, low - slope * l};
    LinePair<T> pair{chord, chord};
    if (vanishing(slope)) pair = {{T(0), low}, {T(0), high}};
    const auto sound = tangencies(l, u, slope);
    if (sound.lower.is_free()) pair.lower = at(sound.lower.start);
    if (sound.upper.is_free()) pair.upper = at(sound.upper.start);
    return pair;
  }

  template <class T>
  constexpr Freedoms<T> freedom(T l, T u) const {
    if (is_narrow(l, u)) return {};
    return tangencies(l, u, (Curve::value(u) - Curve::value(l)) / (u - l));
  }
  /// The tangent at alpha.
  template <class T>
  static constexpr Line<T> at(T alpha) {
    return tangent(alpha);
  }
  template <class T>
  static constexpr T at_gradient(T alpha, T z) {
    return Curve::second_derivative(alpha) * (z - alpha);
  }
  template <class T>
  constexpr T derivative(T x) const {
    return Curve::derivative(x);
  }

 private:
  // Below this width a chord's slope is all rounding; the curve moves by less than its own rounding.
  template <class T>
  static constexpr T smallest_width = std::is_same_v<T, float> ? T(1e-4) : T(1e-8);

  template <class T>
  static constexpr bool is_narrow(T l, T u) {
    return !(u - l > smallest_width<T>);
  }
  template <class T>
  static constexpr T midpoint(T l, T u) {
    return l + (u - l) / 2;
  }

  // Where each line may touch the curve, given the chord's slope; one that is not free is the chord.
  template <class T>
  static constexpr Freedoms<T> tangencies(T l, T u, T slope) {
    const T middle = midpoint(l, u);
    if (u <= T(0)) return {{l, u, middle}, {}};
    if (l >= T(0)) return {{}, {l, u, middle}};
    Freedoms<T> sound;
    if (!(slope < Curve::derivative(l))) {  // the chord cuts the curve: a tangent left of zero
      const T most = left_tangency(u);
      sound.lower = {l < most ? l : most, most, most >= middle ? middle : most};
    }
    if (!(slope < Curve::derivative(u))) {  // the mirror image: f(-z) = 2 f(0) - f(z)
      const T least = -left_tangency(-l);
      sound.upper = {least, u > least ? u : least, least <= middle ? middle : least};
    }
    return sound;
  }

  template <class T>
  static constexpr Line<T> tangent(T point) {
    const T slope = Curve::derivative(point);
    return {slope, Curve::value(point) - slope * point};
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
    constexpr int halvings = std::is_same_v<T, float> ? 28 : 56;
    constexpr int doublings = std::numeric_limits<T>::max_exponent / 2;  // atan's is about -sqrt(u)
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
  static constexpr bool stands_alone = false;
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
  template <class T>
  static constexpr T second_derivative(T x) {
    return -derivative(x) * std::tanh(x / 2);
  }
};

struct Tanh {
  static constexpr std::string_view name = "Tanh";
  static constexpr bool stands_alone = false;
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
  template <class T>
  static constexpr T second_derivative(T x) {
    return T(-2) * derivative(x) * std::tanh(x);
  }
};

}  // namespace curve

using Sigmoid = SShaped<curve::Sigmoid>;
using Tanh = SShaped<curve::Tanh>;

}  // namespace shardbound::inline v0::relax
