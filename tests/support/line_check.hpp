// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lines held against the function they enclose: thousands of intervals of every size and place, each
// sampled densely in long double.

#include <shardbound/core/rounding.hpp>
#include <shardbound/relax/line.hpp>
#include <tests/support/random_network.hpp>

#include <vector>

namespace shardbound_test {

/// How far f leaves its lines or its range over [l, u], in units of what rounding is allowed; exact is
/// f in long double, with the numbers it carries as they are before they are rounded to T.
template <class T, class F, class Exact>
long double line_violation(const F& f, const Exact& exact, T l, T u, std::mt19937& random) {
  const auto lines = sb::relax::lines(f, l, u);
  const auto range = f.range(l, u);
  const auto magnitude = [](auto x) { return std::abs(static_cast<long double>(x)); };
  const auto allowance = [&](const sb::Line<T>& line) {
    const long double reach =
        line.slope == 0 ? 0 : magnitude(line.slope) * std::max(magnitude(l), magnitude(u));
    return sb::line_rounding<T> * (reach + magnitude(line.intercept) +
                                   std::max(magnitude(range.lower), magnitude(range.upper)));
  };
  const auto at = [](const sb::Line<T>& line, long double z) {
    return line.slope == 0 ? static_cast<long double>(line.intercept)
                           : line.slope * z + static_cast<long double>(line.intercept);
  };
  const long double low = allowance(lines.lower), high = allowance(lines.upper);
  const auto paid = sb::relax::line_slack(f, lines, l, u, T(0));
  const long double least = std::numeric_limits<T>::min();  // what underflow may cost
  long double worst = 0;
  for (int sample = 0; sample < 40; ++sample) {
    constexpr T most = std::numeric_limits<T>::max();
    const long double first = std::max(l, -most), last = std::min(u, most);
    const long double part = sample < 2 ? sample : uniform(random, 0, 1);
    // evenly, and crowded towards zero, where the curves bend
    const long double z = std::clamp(sample % 2 ? first + (last - first) * part
                                                : std::max(first, std::min(last, 0.0L)) +
                                                      (last - first) * part * part * part * part,
                                     first, last);
    const long double y = exact(z);
    worst = std::max(worst, (at(lines.lower, z) - y - paid.lower - least) / std::max(low, least));
    worst = std::max(worst, (y - at(lines.upper, z) - paid.upper - least) / std::max(high, least));
    const long double spread =
        sb::line_rounding<T> * std::max(magnitude(range.lower), magnitude(range.upper));
    worst = std::max(worst, (range.lower - y - least) / std::max(spread, least));
    worst = std::max(worst, (y - range.upper - least) / std::max(spread, least));
  }
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

}  // namespace shardbound_test
