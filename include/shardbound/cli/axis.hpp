// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The part of the numbers that a drawing shows, and round ones to label it with.

#include <algorithm>
#include <cmath>
#include <vector>

namespace shardbound::inline v0::cli {

struct Axis {
  double first = 0, last = 1;

  bool shows(double x) const { return first <= x && x <= last; }
  /// As many as tell places on it apart.
  int digits() const {
    const double most = std::max(std::abs(first), std::abs(last));
    return std::clamp(static_cast<int>(std::log10(most) - std::log10(last / 2 - first / 2)) + 4, 4,
                      17);
  }
  /// How far along it a number is, from 0 to 1; what it does not show is at its end.
  double part(double x) const {
    const double inside = std::clamp(x, first, last);
    // Halves, so that nothing overflows.
    return (inside / 2 - first / 2) / (last / 2 - first / 2);
  }
};

/// Round numbers inside of an axis, some four to nine of them where `about` is 6.
inline std::vector<double> ticks_of(const Axis& axis, double about = 6) {
  const double rough = axis.last / about - axis.first / about;
  if (!(rough > 0) || !std::isfinite(rough)) return {};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double factor = rough < 1.5 * power   ? 1
                        : rough < 3.5 * power ? 2
                        : rough < 7.5 * power ? 5
                                              : 10;
  const double step = factor * power;
  std::vector<double> ticks;
  if (!(step > 0) || !std::isfinite(step)) return {};
  for (double k = std::ceil(axis.first / step); k * step <= axis.last && ticks.size() < 20; ++k)
    ticks.push_back(k == 0 ? 0 : k * step);  // no -0
  return ticks;
}

/// Of an axis of decimal logarithms, the logarithms of round numbers: of 1, 2 and 5 times powers of ten, or of these powers
/// alone, or of some of them.
inline std::vector<double> log_ticks_of(const Axis& axis) {
  constexpr double most = 7;
  if (!std::isfinite(axis.last - axis.first)) return {};
  std::vector<double> ticks;
  const double decades = axis.last - axis.first, step = std::max(1.0, std::ceil(decades / most));
  for (double power = std::floor(axis.first); power <= axis.last; power += step)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = power + std::log10(factor);
      if (axis.shows(tick) && (factor == 1 || 3 * decades <= most)) ticks.push_back(tick);
    }
  return ticks;
}

}  // namespace shardbound::inline v0::cli
