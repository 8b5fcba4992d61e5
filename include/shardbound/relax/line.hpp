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

/// An elementwise activation. Members, for any l <= u:
///   name       what files and messages call it
///   lipschitz  the largest |f'|: by how much a rounding of the input can show in the output
///   value(x)   f(x)
///   range(l,u) an interval that contains f([l, u])
///   line(l,u)  lines that enclose f over [l, u], up to a dozen roundings
/// and optionally
///   onnx                   the operator that it is in ONNX
///   stable(l,u)            true where the lines are f itself, so that better bounds gain nothing
///                          (otherwise a neuron counts as unstable unless l == u)
///   lower_through_origin   the lower line's intercept is always zero, so sweeps need not read it
///   coefficients           the numbers it carries, by name (relax/coefficients.hpp); one that carries
///                          any must list them
///   valid()                whether those it carries go together (otherwise they do)
///   line_slack(l, u, e)    by how much the lower and the upper line may be violated on [l - e, u + e],
///                          where rounding may have left the input (otherwise (lipschitz + slope) e)
/// In float, what it carries is rounded to float first. Lines and values are charged for that as for a dozen other
/// roundings of their terms; where those cancel, range and line_slack must say by how much (HardSigmoid).
template <class F>
concept Relaxation = std::is_trivially_copyable_v<F> && std::default_initializable<F> &&
    requires(const F f, double x) {
  { F::name } -> std::convertible_to<std::string_view>;
  { f.lipschitz() } -> std::convertible_to<double>;
  { f.value(x) } -> std::same_as<double>;
  { f.range(x, x) } -> std::same_as<Interval<double>>;
  { f.line(x, x) } -> std::same_as<LinePair<double>>;
  { f.value(1.0f) } -> std::same_as<float>;
};

namespace relax {

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

template <Relaxation F>
inline constexpr bool lower_through_origin = [] {
  if constexpr (requires { F::lower_through_origin; })
    return F::lower_through_origin;
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

/// See Relaxation: what a rounding error e of the input's bounds can cost either line.
template <Relaxation F, class T>
constexpr Interval<T> line_slack(const F& f, const LinePair<T>& lines, T l, T u, T e) {
  if constexpr (requires { f.line_slack(l, u, e); })
    return f.line_slack(l, u, e);
  else
    return {(static_cast<T>(f.lipschitz()) + std::abs(lines.lower.slope)) * e,
            (static_cast<T>(f.lipschitz()) + std::abs(lines.upper.slope)) * e};
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
