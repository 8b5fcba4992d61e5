// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lines held against the function they enclose: thousands of intervals of every size and place, each
// sampled densely in long double.

#include <shardbound/core/rounding.hpp>
#include <shardbound/relax/line.hpp>
#include <tests/support/random_network.hpp>

#include <vector>

namespace shardbound_test {

/// What underflow may cost.
template <class T>
inline constexpr long double underflow = std::numeric_limits<T>::min();

/// What a dozen roundings of the terms of a line may come to over [l, u], where f is in range.
template <class T>
long double allowance(const sb::Line<T>& line, T l, T u, const sb::Interval<T>& range) {
  const auto magnitude = [](auto x) { return std::abs(static_cast<long double>(x)); };
  const long double reach =
      line.slope == 0 ? 0 : magnitude(line.slope) * std::max(magnitude(l), magnitude(u));
  const long double all =
      reach + magnitude(line.intercept) + std::max(magnitude(range.lower), magnitude(range.upper));
  return std::max(sb::line_rounding<T> * all, underflow<T>);
}

template <class T>
long double exactly_at(const sb::Line<T>& line, long double z) {
  return line.slope == 0 ? static_cast<long double>(line.intercept)
                         : line.slope * z + static_cast<long double>(line.intercept);
}

/// A place in [l, u]: first the ends and what is nearest to zero, then evenly and crowded towards
/// zero, where the curves bend.
template <class T>
long double place(T l, T u, int sample, std::mt19937& random) {
  constexpr T most = std::numeric_limits<T>::max();
  const long double first = std::max(l, -most), last = std::min(u, most);
  const long double nearest = std::max(first, std::min(last, 0.0L));
  if (sample < 3) return sample == 0 ? first : sample == 1 ? last : nearest;
  const long double part = uniform(random, 0, 1);
  return std::clamp(sample % 2 ? first + (last - first) * part
                               : nearest + (last - first) * part * part * part * part,
                    first, last);
}

/// How far f leaves its lines or its range over [l, u], in units of what rounding is allowed; infinite where
/// f is not defined and yet something is said about it. What is not a number says nothing. `exact` is f in
/// long double, with the numbers it carries as they are before they are rounded to T.
template <class T, class F, class Exact>
long double line_violation(const F& f, const Exact& exact, T l, T u, std::mt19937& random) {
  const auto lines = sb::relax::lines(f, l, u);
  const auto range = f.range(l, u);
  constexpr auto infinity = std::numeric_limits<long double>::infinity();
  const auto low = allowance(lines.lower, l, u, range), high = allowance(lines.upper, l, u, range);
  const auto paid = sb::relax::line_slack(f, lines, l, u, T(0));
  const long double least = underflow<T>, spread = allowance(sb::Line<T>{0, 0}, l, u, range);
  long double worst = 0;
  for (int sample = 0; sample < 40; ++sample) {
    const long double z = place(l, u, sample, random), y = exact(z);
    if (z - z != 0) continue;  // what interval holds infinities alone
    if (y != y) {
      const bool is_silent = range.lower == -infinity && range.upper == infinity &&
                             lines.lower.intercept == -infinity &&
                             lines.upper.intercept == infinity;
      if (!is_silent) return infinity;
      continue;
    }
    worst = std::max(worst, (exactly_at(lines.lower, z) - y - paid.lower - least) / low);
    worst = std::max(worst, (y - exactly_at(lines.upper, z) - paid.upper - least) / high);
    worst = std::max(worst, (range.lower - y - least) / spread);
    worst = std::max(worst, (y - range.upper - least) / spread);
  }
  return worst;
}

/// The same of the lines that may be optimised, for parameters all over their intervals; infinite
/// where the one to start with is outside or is not the line that f chooses.
template <class T, class F, class Exact>
long double free_line_violation(const F& f, const Exact& exact, T l, T u, std::mt19937& random) {
  const auto free = sb::relax::freedoms(f, l, u);
  const auto chosen = sb::relax::lines(f, l, u);
  const auto range = f.range(l, u);
  long double worst = 0;
  const auto check = [&](const sb::Freedom<T>& freedom, const sb::Line<T>& start, int sign) {
    if (!freedom.is_free()) return;
    using FreeLine = sb::relax::FreeLineOf<F>;
    const auto first = FreeLine::at(freedom.start);
    if (freedom.start < freedom.least || freedom.start > freedom.most ||
        first.slope != start.slope || first.intercept != start.intercept)
      worst = std::numeric_limits<long double>::infinity();
    for (int i = 0; i < 12; ++i) {
      const T alpha = static_cast<T>(place(freedom.least, freedom.most, i, random));
      const auto line = FreeLine::at(std::clamp(alpha, freedom.least, freedom.most));
      const long double allowed = allowance(line, l, u, range);
      for (int sample = 0; sample < 16; ++sample) {
        const long double z = place(l, u, sample, random);
        const long double over = sign * (exactly_at(line, z) - exact(z));
        worst = std::max(worst, over == over ? (over - underflow<T>) / allowed : 1e9L);
      }
    }
  };
  check(free.lower, chosen.lower, 1);
  check(free.upper, chosen.upper, -1);
  return worst;
}

/// Intervals: tiny and huge, one-sided and across zero, points, neighbours, infinite.
template <class T>
std::vector<sb::Interval<T>> intervals(int count, unsigned seed) {
  using Limits = std::numeric_limits<T>;
  constexpr T infinity = Limits::infinity(), most = Limits::max();
  std::vector<sb::Interval<T>> all = {{0, 0},
                                      {-infinity, infinity},
                                      {-infinity, 1},
                                      {-2, infinity},
                                      {-most, most},
                                      {-most, 0},
                                      {0, most},
                                      {-most, -most},
                                      {-1, most},
                                      {T(-0.0), 1},
                                      {-Limits::denorm_min(), Limits::denorm_min()}};
  std::mt19937 random(seed);
  const auto number = [&](bool ordinary) {
    const double exponent = ordinary
                                ? uniform(random, -3, 2)
                                : uniform(random, Limits::min_exponent10, Limits::max_exponent10);
    return static_cast<T>((random() % 2 ? 1 : -1) * std::pow(10.0, exponent));
  };
  for (int i = 0; i < count; ++i) {
    T l = number(i % 3 > 0), u = number(i % 3 > 1);
    if (i % 7 == 0) u = l;
    if (i % 7 == 1) u = std::nextafter(l, most);
    if (i % 7 == 2) u = l + static_cast<T>(std::abs(l) * std::pow(10.0, uniform(random, -16, 0)));
    all.push_back({std::min(l, u), std::max(l, u)});
  }
  return all;
}

/// The worst violation over all of them; sound lines give at most 1.
template <class T, class F, class Exact>
long double worst_violation(const F& f, const Exact& exact, int count, unsigned seed) {
  std::mt19937 random(seed);
  long double worst = 0;
  for (const auto& [l, u] : intervals<T>(count, seed))
    worst = std::max(worst, line_violation(f, exact, l, u, random));
  return worst;
}

/// The same of the lines that may be optimised.
template <class T, class F, class Exact>
long double worst_free_violation(const F& f, const Exact& exact, int count, unsigned seed) {
  std::mt19937 random(seed);
  long double worst = 0;
  for (const auto& [l, u] : intervals<T>(count, seed))
    worst = std::max(worst, free_line_violation(f, exact, l, u, random));
  return worst;
}

/// What at(alpha) gains at z per alpha, by central differences.
template <class F>
double gain(const F&, double alpha, double z) {
  constexpr double h = 1e-5;
  const auto at = [&](double a) {
    const auto line = sb::relax::FreeLineOf<F>::at(a);
    return line.slope * z + line.intercept;
  };
  return (at(alpha + h) - at(alpha - h)) / (2 * h);
}

/// Whether the parameter of a line may be just this.
template <class T>
bool is_free_in(const sb::Freedom<T>& freedom, T least, T most, T start) {
  return freedom.is_free() && freedom.least == least && freedom.most == most &&
         freedom.start == start;
}

template <class T>
bool nothing_free(const sb::Freedoms<T>& freedoms) {
  return !freedoms.lower.is_free() && !freedoms.upper.is_free();
}

}  // namespace shardbound_test
