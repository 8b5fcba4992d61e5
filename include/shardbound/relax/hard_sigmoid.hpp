// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// HardSigmoid, max(0, min(1, y)) with y = alpha z + beta, alpha >= 0: three pieces, convex around the
// lower kink and concave around the upper one. A line is chosen as ReLU's is (1811.00866), from a flat
// and a rising candidate by the smaller area, the tie going to the flat one:
//
//   [l, u] holds      below                               above
//   the lower kink    0, or the rising piece              the chord
//   the upper kink    the chord                           1, or the rising piece
//   both              0, or from that kink to (u, 1)      1, or from (l, 0) to that kink
//
// y is rounded once (fma), so that nothing cancels but alpha and beta, which are rounded to T before: what
// that may do to y is in the range and in what lines may be violated by.

#include <shardbound/core/rounding.hpp>
#include <shardbound/relax/coefficients.hpp>

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0::relax {

struct HardSigmoid {
  double alpha = 0.2, beta = 0.5;

  static constexpr std::string_view name = "HardSigmoid", onnx = "HardSigmoid";
  static constexpr NamedCoefficient<HardSigmoid> coefficients[] = {
      {.name = "alpha", .member = &HardSigmoid::alpha, .least = 0, .onnx = "alpha"},
      {.name = "beta", .member = &HardSigmoid::beta, .onnx = "beta"}};
  constexpr double lipschitz() const { return alpha; }

  template <class T>
  constexpr T value(T x) const {
    return clipped(rise(x));
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return {clipped(rise(l) - doubt(l)), clipped(rise(u) + doubt(u))};
  }
  template <class T>
  constexpr bool stable(T l, T u) const {
    const T low = rise(l), high = rise(u);
    return high <= T(0) || low >= T(1) || (low >= T(0) && high <= T(1));
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    const T low = rise(l), high = rise(u);
    if (high <= T(0)) return {{T(0), T(0)}, {T(0), T(0)}};
    if (low >= T(1)) return {{T(0), T(1)}, {T(0), T(1)}};
    const Line<T> piece{static_cast<T>(alpha), static_cast<T>(beta)};
    LinePair<T> pair{piece, piece};
    if (low < T(0) && high <= T(1)) pair.upper = through(l, T(0), high / (u - l), high);
    if (low >= T(0) && high > T(1)) pair.lower = through(u, T(1), (T(1) - low) / (u - l), low);
    if (low < T(0) && high > T(1)) {
      pair.upper = through(l, T(0), piece.slope / (T(1) - low), T(1));
      pair.lower = through(u, T(1), piece.slope / high, T(0));
    }
    if (is_flat_below(low, high)) pair.lower = {T(0), T(0)};
    if (is_flat_above(low, high)) pair.upper = {T(0), T(1)};
    return pair;
  }
  // A flat line at 0 or 1 is never crossed on its own side; a rising one is left no faster than the
  // function rises. The factor covers the roundings of low, high and this; within [l, u] a line is as wrong as
  // alpha and beta are.
  template <class T>
  constexpr Interval<T> line_slack(T l, T u, T e) const {
    const T low = rise(l), high = rise(u);
    const T wrong = doubt((std::abs(l) < std::abs(u) ? std::abs(u) : std::abs(l)) + e);
    const T most =
        static_cast<T>(alpha) * e * (T(1) + 8 * std::numeric_limits<T>::epsilon()) + wrong;
    const auto past = [](T by) { return by > T(0) ? by : T(0); };
    if (high <= T(0)) return {T(0), past(high + most)};
    if (low >= T(1)) return {past(most - (low - T(1))), T(0)};
    if (low >= T(0) && high <= T(1))
      return {past(most - (T(1) - high)) + wrong, past(most - low) + wrong};
    return {is_flat_below(low, high) ? T(0) : most, is_flat_above(low, high) ? T(0) : most};
  }

 private:
  template <class T>
  static constexpr T clipped(T y) {
    return y < T(0) ? T(0) : y > T(1) ? T(1) : y;
  }
  // What y may be off by because alpha and beta are rounded to T. No infinity less an infinity: where x is
  // one, y is one as well, or beta.
  template <class T>
  constexpr T doubt(T x) const {
    if constexpr (std::is_same_v<T, double>) {
      return T(0);
    } else {
      constexpr T u = 2 * unit_roundoff<T>;
      const T size = std::abs(x), b = std::abs(static_cast<T>(beta));
      return size - size == T(0) ? u * static_cast<T>(alpha) * size + u * b : T(0);
    }
  }
  template <class T>
  constexpr T rise(T x) const {
    const T a = static_cast<T>(alpha), b = static_cast<T>(beta);
    return a > T(0) ? std::fma(a, x, b)
           : x == x ? b
                    : x;  // NaN must stay NaN, 0 times infinity is 0
  }
  // Whether the flat candidate leaves no more area, given y at the ends, of which one is past the kink.
  template <class T>
  static constexpr bool is_flat_below(T low, T high) {
    return low < T(0) && !(high / (high - low) > T(0.5) + tie_margin<T>);
  }
  template <class T>
  static constexpr bool is_flat_above(T low, T high) {
    return high > T(1) && !((T(1) - low) / (high - low) > T(0.5) + tie_margin<T>);
  }
  // The line of this slope through a point; where the slope has lost its digits, a constant.
  template <class T>
  static constexpr Line<T> through(T z, T y, T slope, T constant) {
    return vanishing(slope) ? Line<T>{T(0), constant} : Line<T>{slope, y - slope * z};
  }
};

}  // namespace shardbound::inline v0::relax
