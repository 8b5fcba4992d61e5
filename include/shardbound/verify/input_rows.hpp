// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Points that are to satisfy rows over inputs alone. Such a set may be as thin as X = Z, where no random point is; so a
// point is moved there: an equality gives one of its coordinates, any other row that a point violates moves it straight
// to its edge. Whether it arrived is for the caller to see.

#include <shardbound/verify/clause.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

class InputRows {
 public:
  /// Of one conjunction of a property.
  InputRows(const Property& property, const Conjunction& set) {
    if (property.observed == Observed::outputs) return;
    const auto width = static_cast<std::size_t>(property.outputs);
    const auto outputs = static_cast<std::size_t>(property.network_outputs());
    const auto opposite = opposite_rows(set, width);
    for (std::size_t r = 0; r < set.rhs.size(); ++r) {
      const auto row = std::span(set.rows).subspan(r * width, width);
      const auto is_zero = [](double number) { return number == 0; };
      if (opposite[r] < r ||
          !std::all_of(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(outputs), is_zero))
        continue;
      Row one;
      one.rhs = set.rhs[r];
      one.equality = opposite[r] < set.rhs.size();
      for (std::size_t i = outputs; i < width; ++i) {
        if (row[i] == 0) continue;
        one.terms.emplace_back(i - outputs, row[i]);
        one.square += row[i] * row[i];
      }
      if (!one.terms.empty()) rows_.push_back(std::move(one));
    }
  }

  bool empty() const { return rows_.empty(); }

  /// Moves x, which stays in the box.
  void settle(std::span<double> x, const Box& box) const {
    constexpr int rounds = 4;
    for (int round = 0; round < rounds; ++round) {
      bool moved = false;
      for (const Row& row : rows_) {
        if (row.equality) {
          moved = settle_last(row, x, box) || moved;
          continue;
        }
        double beyond = -row.rhs;
        for (const auto& [i, factor] : row.terms) beyond += factor * x[i];
        if (!(beyond > 0)) continue;
        for (const auto& [i, factor] : row.terms)
          x[i] = std::clamp(x[i] - beyond / row.square * factor, box.lower[i], box.upper[i]);
        moved = true;
      }
      if (!moved) break;
    }
  }

  /// The same for points (D, N_in).
  void settle_all(std::span<double> points, const Box& box) const {
    const std::size_t n = box.lower.size();
    for (std::size_t d = 0; d < points.size() / n && !empty(); ++d)
      settle(points.subspan(d * n, n), box);
  }

 private:
  struct Row {
    std::vector<std::pair<std::size_t, double>> terms;
    double rhs = 0, square = 0;
    bool equality = false;  // <= and >=
  };

  // The last coordinate of an equality follows from the others.
  static bool settle_last(const Row& row, std::span<double> x, const Box& box) {
    double rest = row.rhs;
    for (std::size_t i = 0; i + 1 < row.terms.size(); ++i)
      rest -= row.terms[i].second * x[row.terms[i].first];
    const auto& [last, factor] = row.terms.back();
    const double value = std::clamp(rest / factor, box.lower[last], box.upper[last]);
    return std::exchange(x[last], value) != value;
  }

  std::vector<Row> rows_;
};

}  // namespace shardbound::inline v0
