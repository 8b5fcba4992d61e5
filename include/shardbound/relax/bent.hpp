// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Curves that bend one way only, convex or concave on all of an interval: the chord bounds them on the one side,
// any tangent on the other (1811.00866). Which tangent may be optimised (alpha-CROWN, 2011.13824).

#include <shardbound/relax/chord.hpp>
#include <shardbound/relax/line.hpp>

#include <cmath>

namespace shardbound::inline v0::relax {

/// Curve, all static:
///   value(x), derivative(x), second_derivative(x)   the latter two accurate relative to their own size
///   range(l, u)
///   contains(l, u)    whether it is defined on all of [l, u]
///   is_convex(l, u)   otherwise concave; where it contains [l, u]
///   touching(l, u)    where its tangent may touch it, within [l, u], and where to start
///   frees_upper       whether it is ever concave
template <class Curve>
struct Bent {
  static constexpr bool frees_upper = Curve::frees_upper;

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
    return Curve::contains(l, u) ? Curve::range(l, u) : vacuous_range<T>();
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (!Curve::contains(l, u)) return vacuous_lines<T>();
    return bent_lines(*this, Curve::is_convex(l, u), l, u, Curve::touching(l, u).start);
  }

  template <class T>
  constexpr Freedoms<T> freedom(T l, T u) const {
    if (!Curve::contains(l, u)) return {};
    const Freedom<T> touching = Curve::touching(l, u);
    if (!is_usable(at(touching.least)) || !is_usable(at(touching.start)) ||
        !is_usable(at(touching.most)))
      return {};
    if (Curve::is_convex(l, u)) return {touching, {}};
    return {{}, touching};
  }
  /// The tangent at alpha.
  template <class T>
  static constexpr Line<T> at(T alpha) {
    return tangent(Bent{}, alpha);
  }
  template <class T>
  static constexpr T at_gradient(T alpha, T z) {
    return Curve::second_derivative(alpha) * (z - alpha);
  }

 private:
  // Neither overflown nor without digits, and then no line between two such is; the line 0 has no digits to lose.
  template <class T>
  static constexpr bool is_usable(const Line<T>& line) {
    if (line.slope == T(0) && line.intercept == T(0)) return true;
    return is_finite(line.slope) && is_finite(line.intercept) && !vanishing(std::abs(line.slope));
  }
};

}  // namespace shardbound::inline v0::relax
