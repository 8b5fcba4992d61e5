// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The vocabulary of relaxations. Over an interval [l, u] of its input an activation f is enclosed by
// two lines, lower(z) <= f(z) <= upper(z). An activation is a trivially copyable functor whose members
// are templates over the scalar and usable on a device; everything else in the library is written
// against the concept Relaxation.

#include <shardbound/core/config.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <string_view>
#include <type_traits>

namespace shardbound::inline v0 {

template <class T>
struct Interval {
  T lower, upper;
};

/// slope * z + intercept
template <class T>
struct Line {
  T slope, intercept;
};

template <class T>
struct LinePair {
  Line<T> lower, upper;
};

/// What the parameter of one line may be: least to most; least > most: the line is fixed.
template <class T>
struct Freedom {
  T least = 1, most = 0, start = 0;
  constexpr bool is_free() const { return least <= most; }
};

template <class T>
struct Freedoms {
  Freedom<T> lower, upper;
};

namespace relax {

/// One bound of |f'| for all intervals, or one for each.
template <class F>
concept LipschitzEverywhere = requires(const F f) {
  { f.lipschitz() } -> std::convertible_to<double>;
};
template <class F>
concept LipschitzWithin = requires(const F f, double x, float y) {
  { f.lipschitz(x, x) } -> std::same_as<double>;
  { f.lipschitz(y, y) } -> std::same_as<float>;
};
template <class F>
concept HasLipschitz = LipschitzEverywhere<F> || LipschitzWithin<F>;

}  // namespace relax

/// An elementwise activation. Members, for any l <= u:
///   name       what files and messages call it
///   lipschitz  the largest |f'|: by how much a rounding of the input can show in the output. Where there is
///              no such number, lipschitz(l,u) instead, a bound of |f'| over [l, u]: infinite where f jumps
///              in [l, u] or is not defined on all of it, so that it is vacuous there; no less than the least
///              normal number where underflow may have left less than there is
///   value(x)   f(x)
///   range(l,u) an interval that contains f([l, u])
///   line(l,u)  lines that enclose f over [l, u], up to a dozen roundings
/// Where f is not defined on all of [l, u], range and lines are infinite constants.
/// and optionally
///   onnx                   the operator that it is in ONNX
///   stable(l,u)            true where the lines are f itself, so that better bounds gain nothing
///                          (otherwise a neuron counts as unstable unless l == u)
///   lower_through_origin   the lower line's intercept is always zero, so sweeps need not read it
///   stands_alone           true where sweeps must not fuse it with a scale or a bias: its free lines then cost the
///                          code of one chain, not of six
///   coefficients           the numbers it carries, by name (relax/coefficients.hpp); one that carries
///                          any must list them
///   valid()                whether those it carries go together (otherwise they do)
///   side(sign)             where f is two lines that meet at 0, that of inputs of this sign: its domains may be split
///                          there (beta-CROWN, 2103.06624)
///   line_slack(l, u, e)    by how much the lower and the upper line may be violated on [l - e, u + e],
///                          where rounding may have left the input (otherwise (lipschitz + slope) e,
///                          lipschitz that of [l - e, u + e])
/// and, all of them or none, for lines that may be optimised (Optimisable; alpha-CROWN, 2011.13824)
///   freedom(l,u)           for which alpha at(alpha) is a lower (an upper) line over all of [l, u],
///                          up to the same roundings; at(start) is what line(l,u) chooses, to the
///                          bit. A line that is not free, where [l, u] is not stable, is the chord
///                          from (l, f(l)) to (u, f(u)): gradients of bounds in l and u assume that.
///                          Where rounding leaves no chord, it may be what encloses f instead.
///   at(alpha)              the line of this parameter; none is steeper than lipschitz, and where that is one
///                          of an interval, none is steeper than the lines of least and most. Static, like
///                          the next: it must not depend on numbers that the functor carries
///   at_gradient(alpha,z)   how at(alpha).slope * z + at(alpha).intercept changes with alpha
///   frees_upper            whether an upper line may ever be free
///   derivative(x)          f'(x), and at a kink the one from the left
/// and, if it has these,
///   FreeLine               a type that has the static ones of them (FreeSlope, say), in the functor's place: activations
///                          that name the same one share the code of their sweeps
///   free_line_holds_everywhere  true where a free line bounds f on all of R, so that a rounding e of
///                          the interval costs it nothing (otherwise 2 lipschitz e, or (lipschitz + slope) e
///                          where lipschitz is that of [l - e, u + e])
/// In float, what it carries is rounded to float first. Lines and values are charged for that as for a dozen other
/// roundings of their terms; where those cancel, range and line_slack must say by how much (HardSigmoid).
template <class F>
concept Relaxation = relax::HasLipschitz<F> && std::is_trivially_copyable_v<F> &&
    std::default_initializable<F> && requires(const F f, double x) {
  { F::name } -> std::convertible_to<std::string_view>;
  { f.value(x) } -> std::same_as<double>;
  { f.range(x, x) } -> std::same_as<Interval<double>>;
  { f.line(x, x) } -> std::same_as<LinePair<double>>;
  { f.value(1.0f) } -> std::same_as<float>;
};

namespace relax {

template <class F>
struct FreeLineOfFunction {
  using type = F;
};
template <class F>
  requires requires { typename F::FreeLine; }
struct FreeLineOfFunction<F> {
  using type = typename F::FreeLine;
};
/// The type whose static members say what a parameter means: F::FreeLine, or else F itself.
template <class F>
using FreeLineOf = typename FreeLineOfFunction<F>::type;

}  // namespace relax

/// A relaxation that offers more lines than the one it chooses: see Relaxation, freedom and below.
template <class F>
concept Optimisable = Relaxation<F> && requires(const F f, double x, float y) {
  { f.freedom(x, x) } -> std::same_as<Freedoms<double>>;
  { f.freedom(y, y) } -> std::same_as<Freedoms<float>>;
  { relax::FreeLineOf<F>::at(x) } -> std::same_as<Line<double>>;
  { relax::FreeLineOf<F>::at(y) } -> std::same_as<Line<float>>;
  { relax::FreeLineOf<F>::at_gradient(x, x) } -> std::same_as<double>;
  { relax::FreeLineOf<F>::at_gradient(y, y) } -> std::same_as<float>;
  { f.derivative(x) } -> std::same_as<double>;
  { f.derivative(y) } -> std::same_as<float>;
  typename std::bool_constant<relax::FreeLineOf<F>::frees_upper>;
};

namespace relax {

/// An activation that is two lines through the origin: see Relaxation, side.
template <class F>
concept BendsAtZero = Relaxation<F> && requires(const F f, double x, float y) {
  { f.side(x) } -> std::same_as<Line<double>>;
  { f.side(y) } -> std::same_as<Line<float>>;
};

/// Whether the functor may be used with the state it carries.
template <Relaxation F>
constexpr bool is_valid(const F& f) {
  if constexpr (requires { f.valid(); })
    return f.valid();
  else
    return true;
}

/// Whether better bounds on this neuron's input could make its lines better.
template <Relaxation F, class T>
constexpr bool is_stable(const F& f, T l, T u) {
  if constexpr (requires { f.stable(l, u); })
    return f.stable(l, u);
  else
    return l == u;
}

/// Of an activation, or of free lines.
template <class F>
inline constexpr bool lower_through_origin = [] {
  if constexpr (requires { F::lower_through_origin; })
    return F::lower_through_origin;
  else
    return false;
}();

template <Relaxation F>
inline constexpr bool stands_alone = [] {
  if constexpr (requires { F::stands_alone; })
    return F::stands_alone;
  else
    return false;
}();

template <Relaxation F>
inline constexpr bool free_line_holds_everywhere = [] {
  if constexpr (requires { F::free_line_holds_everywhere; })
    return F::free_line_holds_everywhere;
  else
    return false;
}();

/// The lines used over any interval, also one that is infinite or so wide that u - l overflows: there
/// only constants are left, and where those are infinite the row that meets them becomes vacuous.
template <Relaxation F, class T>
constexpr LinePair<T> lines(const F& f, T l, T u) {
  const T width = u - l;
  if (width - width == T(0)) return f.line(l, u);
  const auto range = f.range(l, u);
  if (lower_through_origin<F> && !(range.lower >= T(0)))  // the constant would not be read
    return {{std::numeric_limits<T>::infinity(), T(0)}, {T(0), range.upper}};
  return {{T(0), range.lower}, {T(0), range.upper}};
}

/// Which lines may be optimised, over any interval: none where it is stable, where lines() has only
/// constants or where an end is not a number.
template <Relaxation F, class T>
constexpr Freedoms<T> freedoms(const F& f, T l, T u) {
  if constexpr (Optimisable<F>) {
    const T width = u - l;
    if (width - width == T(0) && !is_stable(f, l, u)) return f.freedom(l, u);
  }
  return {};
}

/// A bound of |f'| over [l, u].
template <Relaxation F, class T>
constexpr T lipschitz(const F& f, T l, T u) {
  if constexpr (LipschitzWithin<F>)
    return f.lipschitz(l, u);
  else
    return static_cast<T>(f.lipschitz());
}

/// What holds [l - e, u + e] although its ends are rounded; an end that is zero exactly stays zero.
template <class T>
constexpr Interval<T> widened(T l, T u, T e) {
  constexpr T outwards = std::numeric_limits<T>::epsilon();
  const T low = l - e, high = u + e;
  return {low - outwards * std::abs(low), high + outwards * std::abs(high)};
}

/// What a rising f is at both ends, in order although each is rounded by itself; what is not a number stays where it is.
template <class T>
constexpr Interval<T> rising(T at_l, T at_u) {
  return at_l > at_u ? Interval<T>{at_u, at_l} : Interval<T>{at_l, at_u};
}

/// How far f may move within e of [l, u]: nowhere if there is no such e, however steep f is.
template <Relaxation F, class T>
constexpr T drift(const F& f, T l, T u, T e) {
  if (e == T(0)) return T(0);
  const auto wide = widened(l, u, e);
  return lipschitz(f, wide.lower, wide.upper) * e;
}

/// See Relaxation: what a rounding error e of the input's bounds can cost either line.
template <Relaxation F, class T>
constexpr Interval<T> line_slack(const F& f, const LinePair<T>& lines, T l, T u, T e) {
  if constexpr (requires { f.line_slack(l, u, e); }) {
    return f.line_slack(l, u, e);
  } else {
    const T moved = drift(f, l, u, e);
    return {moved + std::abs(lines.lower.slope) * e, moved + std::abs(lines.upper.slope) * e};
  }
}

/// Whether a chord's slope has lost its digits to underflow; the end points' values bound it better.
template <class T>
constexpr bool vanishing(T slope) {
  return slope < std::numeric_limits<T>::min();
}

/// Slopes are chosen by comparisons that rounding must not decide: ties count as "not greater".
template <class T>
inline constexpr T tie_margin = std::is_same_v<T, float> ? T(1e-6) : T(1e-9);

}  // namespace relax
}  // namespace shardbound::inline v0
