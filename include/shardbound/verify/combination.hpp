// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Conjunctions whose rows can be met one by one and not together: whoever satisfies rows . y <= rhs also satisfies
// every sum of them with multipliers of at least 0, so it is enough to refute one such sum. Multipliers are looked for
// among linear lower bounds of the rows over the inputs; the sum that they give is bounded like any row, so nothing
// depends on how well they were chosen. They are small multiples of a power of two, and a sum that double precision
// does not hold exactly is not used.

#include <shardbound/core/directed.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// Multipliers of S rows with lower bounds coefficients (S, N) . x + constant over a box, for which the sum of all
/// bounds less `rhs` is, at its least over the box, as large as a few steps make it. They add up to 1.
inline std::vector<double> multipliers_for(const Box& box, std::span<const double> coefficients,
                                           std::span<const double> constant,
                                           std::span<const double> rhs) {
  constexpr int steps = 200;
  const std::size_t rows = rhs.size(), n = box.lower.size();
  std::vector<double> now(rows, 1.0 / static_cast<double>(rows)), best = now, at_point(rows),
                                                                  sum(n);
  double best_value = -std::numeric_limits<double>::infinity();
  for (int step = 0; step < steps; ++step) {
    // The point of the box where the sum is least, and what every row is there.
    std::fill(sum.begin(), sum.end(), 0);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t i = 0; i < n; ++i) sum[i] += now[r] * coefficients[r * n + i];
    double value = 0, size = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      at_point[r] = constant[r] - rhs[r];
      for (std::size_t i = 0; i < n; ++i)
        at_point[r] += coefficients[r * n + i] * (sum[i] > 0 ? box.lower[i] : box.upper[i]);
      value += now[r] * at_point[r];
      size = std::max(size, std::abs(at_point[r]));
    }
    if (!std::isfinite(value)) break;
    if (value > best_value) best_value = value, best = now;
    if (size == 0) break;
    // Rows that are large there gain weight.
    const double pace = 1.0 / std::sqrt(1.0 + step);
    double total = 0;
    for (std::size_t r = 0; r < rows; ++r) total += now[r] *= std::exp(pace * at_point[r] / size);
    for (double& weight : now) weight /= total;
  }
  return best;
}

/// The sum of a conjunction's rows with multipliers, as a conjunction of one row; nothing if it is not exact. `width` is
/// the number of columns.
inline std::optional<Conjunction> combined(const Conjunction& set, std::size_t width,
                                           std::span<const double> multipliers) {
  constexpr double parts = 1 << 12;
  const double largest = *std::max_element(multipliers.begin(), multipliers.end());
  if (!(largest > 0) || !std::isfinite(largest)) return {};
  Conjunction out{std::vector<double>(width, 0), {0}, {false}};
  for (std::size_t r = 0; r < set.rhs.size(); ++r) {
    const double factor = std::round(multipliers[r] / largest * parts) / parts;
    if (!(factor > 0)) continue;
    for (std::size_t i = 0; i < width; ++i) {
      const double number = set.rows[r * width + i], before = out.rows[i];
      const double product = factor * number;
      if (multiply_up(factor, number) != product || multiply_down(factor, number) != product ||
          add_down(before, product) != add_up(before, product))
        return {};
      out.rows[i] = before + product;
    }
    out.rhs[0] = add_up(out.rhs[0], multiply_up(factor, set.rhs[r]));
    if (set.is_strict(r)) out.strict[0] = true;
  }
  return out;
}

}  // namespace shardbound::inline v0
