// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Planes that lie below something over a box of inputs, rounding included, and what sums of them prove. A row's linear
// bound is one: less the row's threshold it is at most 0 wherever the row is satisfied.

#include <shardbound/bound/parts.hpp>
#include <shardbound/core/directed.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// coefficients . x + constant, a lower bound of something over a box, rounding included.
struct Plane {
  std::vector<double> coefficients{};
  double constant = 0;
};

/// Whether the sum of planes with weights is proved to be above `threshold` over all of the box: its least is worked out
/// with all that rounding may have done to it. False if a weight is negative.
inline bool sum_is_above(double threshold, const Box& box, std::span<const Plane* const> planes,
                         std::span<const double> weights) {
  double least = 0, size = 0;
  for (std::size_t k = 0; k < planes.size(); ++k) {
    if (!(weights[k] >= 0)) return false;
    least += weights[k] * planes[k]->constant;
    size += weights[k] * std::abs(planes[k]->constant);
  }
  // The order in which they are added up does not matter to the account, and so many at a time are what processors add up fast.
  constexpr std::size_t width = 16;
  double leasts[width] = {}, all_sizes[width] = {};
  const std::size_t n = box.lower.size();
  for (std::size_t first = 0; first < n; first += width) {
    double sums[width] = {}, sizes[width] = {};
    const std::size_t count = std::min(width, n - first);
    for (std::size_t k = 0; k < planes.size(); ++k) {
      const double *const from = planes[k]->coefficients.data() + first, weight = weights[k];
      for (std::size_t i = 0; i < count; ++i) {
        sums[i] += weight * from[i];
        sizes[i] += weight * std::abs(from[i]);
      }
    }
    const double *const lower = box.lower.data() + first, *const upper = box.upper.data() + first;
    for (std::size_t i = 0; i < count; ++i) {
      leasts[i] += sums[i] * (sums[i] > 0 ? lower[i] : upper[i]);
      all_sizes[i] += sizes[i] * std::max(std::abs(lower[i]), std::abs(upper[i]));
    }
  }
  for (std::size_t i = 0; i < width; ++i) least += leasts[i], size += all_sizes[i];
  const auto terms = static_cast<index_t>(box.lower.size() + 2 * planes.size());
  return least - 2 * gamma<double>(terms) * size > threshold;
}

/// The same of planes that lie side by side.
inline bool sum_is_above(double threshold, const Box& box, std::span<const Plane> planes,
                         std::span<const double> weights) {
  std::vector<const Plane*> all;
  for (const Plane& plane : planes) all.push_back(&plane);
  return sum_is_above(threshold, box, std::span<const Plane* const>(all), weights);
}

/// Of a row over a part, less its threshold; nothing if the row was good enough, or there is no bound. `margin` is what
/// underflow may take.
inline std::optional<Plane> row_plane(const PartBounds& found, std::size_t row, double threshold,
                                      double margin) {
  const std::ptrdiff_t at = found.kept_at(row);
  if (at < 0 || found.linear.constant.empty()) return {};
  const auto k = static_cast<std::size_t>(at);
  const std::size_t n = found.linear.coefficients.size() / found.kept.size();
  const auto from = found.linear.coefficients.begin() + static_cast<std::ptrdiff_t>(k * n);
  Plane plane{{from, from + static_cast<std::ptrdiff_t>(n)},
              add_down(add_down(found.linear.constant[k], -add_up(found.linear.slack[k], margin)),
                       -threshold)};
  if (!std::isfinite(plane.constant)) return {};
  return plane;
}

}  // namespace shardbound::inline v0
