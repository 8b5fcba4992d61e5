// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Curves held against their lines and ranges, in long double: intervals within a curve's domain, of every size, around
// the places where it bends or jumps, and inputs that rounding has left outside by e, which lines pay for.

#include <shardbound/expr/neuron.hpp>
#include <shardbound/relax/line.hpp>
#include <tests/support/line_check.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace shardbound_test {

/// Whether ONNX has an operator that is just this.
template <class F>
concept IsOnnxOperator = requires {
  F::onnx;
};

/// Where a curve is defined, and where something happens to it.
struct Places {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<double> places = {0};
};

template <class T>
T random_number(const Places& where, std::mt19937& random) {
  using Limits = std::numeric_limits<T>;
  const double near = where.places[random() % where.places.size()];
  const double sign = random() % 2 ? 1 : -1;
  switch (random() % 4) {
    case 0: return static_cast<T>(near);
    case 1: return static_cast<T>(near + sign * std::pow(10.0, uniform(random, -12, 1)));
    case 2:
      return static_cast<T>(sign * std::pow(10.0, uniform(random, Limits::min_exponent10 - 5,
                                                          Limits::max_exponent10)));
    default: return static_cast<T>(near + sign * uniform(random, 0, 8));
  }
}

/// An interval within the domain.
template <class T>
sb::Interval<T> random_interval(const Places& where, std::mt19937& random) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  T l = random_number<T>(where, random), u = random_number<T>(where, random);
  switch (random() % 8) {
    case 0: u = l; break;
    case 1: u = std::nextafter(l, infinity); break;
    case 2: u = l + static_cast<T>(std::abs(l) * std::pow(10.0, uniform(random, -16, 0))); break;
    case 3: u = l + static_cast<T>(std::pow(10.0, uniform(random, -9, 1))); break;
    default: break;
  }
  if (random() % 64 == 0) (random() % 2 ? l : u) = infinity * (random() % 2 ? 1 : -1);
  const T least = static_cast<T>(where.least), most = static_cast<T>(where.most);
  l = std::clamp(l, least, most), u = std::clamp(u, least, most);
  return {std::min(l, u), std::max(l, u)};
}

/// Inputs in [first, last]: its ends, its middle, the places with what is next to them, and at random.
template <class T>
std::vector<long double> inputs(long double first, long double last, const Places& where, int count,
                                std::mt19937& random) {
  constexpr long double most = std::numeric_limits<T>::max();
  first = std::max(first, -most), last = std::min(last, most);
  std::vector<long double> all = {first, last, first + (last - first) / 2,
                                  std::clamp(0.0L, first, last)};
  for (const double place : where.places)
    for (const double step : {-1.0, 0.0, 1.0})
      all.push_back(std::clamp(place + step * 1e-9L, first, last));
  while (static_cast<int>(all.size()) < count) {
    const long double from = all[random() % all.size()], part = uniform(random, 0, 1);
    const long double to = random() % 2 ? first : last;
    all.push_back(random() % 2 ? first + (last - first) * part
                               : from + (to - from) * part * part * part * part * part * part);
  }
  return all;
}

/// How far the curve leaves its lines, its range and any line that is free, where inputs may be outside by e, in
/// units of what rounding is allowed; infinite where something is not a number, or a free line begins elsewhere.
template <class T, class F, class Exact>
long double curve_violation(const F& f, const Exact& exact, const Places& where,
                            const sb::Interval<T>& interval, T e, std::mt19937& random,
                            long long& checks) {
  constexpr long double infinity = std::numeric_limits<long double>::infinity();
  const T l = interval.lower, u = interval.upper;
  const auto lines = sb::relax::lines(f, l, u);
  const auto range = f.range(l, u);
  for (const T x : {range.lower, range.upper, lines.lower.slope, lines.lower.intercept,
                    lines.upper.slope, lines.upper.intercept})
    if (x != x) return infinity;
  const auto beyond = sb::relax::line_slack(f, lines, l, u, e);
  const T range_beyond = sb::expr::range_slack(f, range, l, u, e);
  const long double wide =
      static_cast<long double>(e) * (1 - 1e-6L);  // what rounds l - e has no say
  const auto points = inputs<T>(l - wide, u + wide, where, e > 0 ? 16 : 32, random);
  const long double least = underflow<T>, far = std::max(std::abs(l), std::abs(u)) + wide;
  const T reach = static_cast<T>(std::min<long double>(far, std::numeric_limits<T>::max()));
  const auto allowed = [&](const sb::Line<T>& line) { return allowance(line, T(0), reach, range); };
  const auto spread = std::max<long double>(
      least, sb::line_rounding<T> * sb::expr::largest_finite(range.lower, range.upper));
  long double worst = 0;
  const auto count = [&](long double over, long double paid, long double allowance) {
    if (over != over || allowance == infinity) return;  // of infinite lines, or past the domain
    ++checks;
    worst = std::max(worst, (over - paid - least) / allowance);
  };
  for (const long double z : points) {
    const long double y = exact(z);
    if (y != y) {  // not defined: only an infinite slack covers that
      if (!(beyond.lower == infinity && beyond.upper == infinity && range_beyond == infinity) &&
          range.upper < infinity)
        return infinity;
      continue;
    }
    count(exactly_at(lines.lower, z) - y, beyond.lower, allowed(lines.lower));
    count(y - exactly_at(lines.upper, z), beyond.upper, allowed(lines.upper));
    count(range.lower - y, range_beyond, spread);
    count(y - range.upper, range_beyond, spread);
  }
  if constexpr (sb::Optimisable<F>) {
    const auto free = sb::relax::freedoms(f, l, u);
    const auto check = [&](const sb::Freedom<T>& side, const sb::Line<T>& start, int sign) {
      if (!side.is_free()) return true;
      const auto first = f.at(side.start);
      if (side.start < side.least || side.start > side.most || first.slope != start.slope ||
          first.intercept != start.intercept)
        return false;
      T steepest = std::max(std::abs(f.at(side.least).slope), std::abs(f.at(side.most).slope));
      if constexpr (!sb::relax::LipschitzWithin<F>) steepest = static_cast<T>(f.lipschitz());
      const bool everywhere = sb::relax::free_line_holds_everywhere<F>;
      const T paid = everywhere || e == 0 ? T(0) : sb::relax::drift(f, l, u, e) + steepest * e;
      for (int i = 0; i < 6; ++i) {
        const T part = static_cast<T>(uniform(random, 0, 1));
        const T alpha = i == 0   ? side.least
                        : i == 1 ? side.most
                                 : std::clamp(side.least + (side.most - side.least) * part,
                                              side.least, side.most);
        const auto line = f.at(alpha);
        if (!(std::abs(line.slope) <= steepest * (1 + sb::line_rounding<T>))) return false;
        for (const long double z : points) {
          const long double y = exact(z);
          if (y != y) {
            if (paid < std::numeric_limits<T>::infinity()) return false;
          } else {
            count(sign * (exactly_at(line, z) - y), paid, allowed(line));
          }
        }
      }
      return true;
    };
    if (!check(free.lower, lines.lower, 1) || !check(free.upper, lines.upper, -1)) return infinity;
  }
  return worst;
}

/// The worst over intervals of all kinds; sound lines give at most 1. At least `checks` of single inputs.
template <class T, class F, class Exact>
long double worst_curve_violation(const F& f, const Exact& exact, const Places& where,
                                  unsigned seed, long long checks = 3'000'000) {
  std::mt19937 random(seed);
  long double worst = 0;
  for (long long done = 0; done < checks;) {
    const auto interval = random_interval<T>(where, random);
    const bool off = random() % 4 == 0;
    const double size = std::clamp(static_cast<double>(std::abs(interval.upper)), 1.0, 1e6);
    const T e = off ? static_cast<T>(size * std::pow(10.0, uniform(random, -12, 1))) : T(0);
    worst = std::max(worst, curve_violation(f, exact, where, interval, e, random, done));
    ++done;  // also where nothing could be checked
  }
  return worst;
}

/// A line of a table: [l, u], then slope and intercept below and above.
struct Worked {
  double l, u;
  sb::Line<double> lower, upper;
};

/// How far the lines are from those of the table, at most.
template <class F>
double distance_to(const F& f, const std::vector<Worked>& table) {
  double worst = 0;
  for (const auto& row : table) {
    const auto lines = f.line(row.l, row.u);
    for (const auto& [ours, wanted] : {std::pair{lines.lower, row.lower}, {lines.upper, row.upper}})
      worst = std::max({worst, std::abs(ours.slope - wanted.slope),
                        std::abs(ours.intercept - wanted.intercept)});
  }
  return worst;
}

/// Half a unit of the last digit that tables print.
inline constexpr double printed = 5.0001e-9;

/// Whether nothing is said about f over [l, u].
template <class F, class T>
bool is_vacuous(const F& f, T l, T u) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const auto range = f.range(l, u);
  const auto lines = sb::relax::lines(f, l, u);
  bool free = false;
  if constexpr (sb::Optimisable<F>) free = !nothing_free(sb::relax::freedoms(f, l, u));
  return range.lower == -infinity && range.upper == infinity && lines.lower.slope == 0 &&
         lines.lower.intercept == -infinity && lines.upper.slope == 0 &&
         lines.upper.intercept == infinity && !free;
}

/// Whether rounding by e takes away all that is known of f over [l, u].
template <class F, class T>
bool is_vacuous_within(const F& f, T l, T u, T e) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const auto beyond = sb::relax::line_slack(f, sb::relax::lines(f, l, u), l, u, e);
  return sb::expr::range_slack(f, f.range(l, u), l, u, e) == infinity && beyond.lower == infinity &&
         beyond.upper == infinity;
}

/// How far derivative(x), and for lines that are free at_gradient(alpha, z), are from differences, relative to 1 and
/// to what they are, for inputs in [least, most].
template <class F>
double gradient_error(const F& f, double least, double most, unsigned seed) {
  std::mt19937 random(seed);
  double worst = 0;
  const auto compare = [&](double got, double wanted) {
    worst = std::max(worst, std::abs(got - wanted) / (1 + std::abs(wanted)));
  };
  for (int i = 0; i < 500; ++i) {
    const double x = uniform(random, least, most), z = uniform(random, least, most), h = 1e-5;
    compare(f.derivative(x), (f.value(x + h) - f.value(x - h)) / (2 * h));
    if constexpr (sb::Optimisable<F>) compare(f.at_gradient(x, z), gain(f, x, z));
  }
  return worst;
}

}  // namespace shardbound_test
