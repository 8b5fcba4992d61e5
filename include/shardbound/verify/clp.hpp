// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The solver of linear programs of COIN-OR, Clp. Each call has a model of its own, so threads may call at once.

#include <shardbound/verify/minimax.hpp>

#include <coin/ClpEventHandler.hpp>
#include <coin/ClpSimplex.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace shardbound::inline v0::clp {

namespace detail {

/// Stops the simplex method between two of its steps.
class Stop : public ClpEventHandler {
 public:
  explicit Stop(const CancelToken* cancel) : cancel_(cancel) {}
  int event(Event event) override {
    constexpr int go_on = -1, stop = 5;
    return event == endOfIteration && cancel_ && cancel_->cancelled() ? stop : go_on;
  }
  ClpEventHandler* clone() const override { return new Stop(cancel_); }

 private:
  const CancelToken* cancel_;
};

inline constexpr double tolerance = 1e-12;  // of numbers of about 1

}  // namespace detail

/// A MinimaxSolver. In coordinates that run from -1 to 1, and with each plane in units of its own size:
/// min t such that plane k (x) <= t for all k; its dual values are the weights.
inline std::optional<Minimax> minimax(const Box& box, std::span<const Plane> planes,
                                      const CancelToken* cancel) {
  const std::size_t n = box.lower.size();
  const int rows = static_cast<int>(planes.size()), columns = static_cast<int>(n) + 1;
  std::vector<double> centre(n), half(n), unit, most;
  for (std::size_t i = 0; i < n; ++i) {
    centre[i] = box.lower[i] / 2 + box.upper[i] / 2;
    half[i] = box.upper[i] / 2 - box.lower[i] / 2;
  }
  for (const Plane& plane : planes) {
    double middle = plane.constant, size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      middle += plane.coefficients[i] * centre[i];
      size += std::abs(plane.coefficients[i] * half[i]);
    }
    size += std::abs(middle);
    unit.push_back(size > 0 ? 1 / size : 1);
    most.push_back(-middle * unit.back());
  }
  std::vector<CoinBigIndex> start{0};
  std::vector<int> index;
  std::vector<double> value;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < planes.size(); ++k) {
      const double number = planes[k].coefficients[i] * half[i] * unit[k];
      if (number == 0 || !std::isfinite(number)) continue;
      index.push_back(static_cast<int>(k));
      value.push_back(number);
    }
    start.push_back(static_cast<CoinBigIndex>(index.size()));
  }
  for (int k = 0; k < rows; ++k) index.push_back(k);  // those of t
  value.resize(index.size(), -1);
  start.push_back(static_cast<CoinBigIndex>(index.size()));
  const std::vector<double> least(static_cast<std::size_t>(rows), -COIN_DBL_MAX);
  const std::vector<double> from(n + 1, -1), to(n + 1, 1);
  std::vector<double> cost(n + 1, 0);
  cost.back() = 1;

  ClpSimplex model;
  const detail::Stop stop(cancel);
  model.passInEventHandler(&stop);
  model.setLogLevel(0);
  model.loadProblem(columns, rows, start.data(), index.data(), value.data(), from.data(), to.data(),
                    cost.data(), least.data(), most.data());
  model.setPrimalTolerance(detail::tolerance);
  model.setDualTolerance(detail::tolerance);
  model.scaling(0);  // numbers are about 1, or mean nothing
  model.dual();
  if (!model.isProvenOptimal()) return {};
  Minimax found;
  const double* const x = model.primalColumnSolution();
  for (std::size_t i = 0; i < n; ++i)
    found.point.push_back(std::clamp(centre[i] + half[i] * x[i], box.lower[i], box.upper[i]));
  const double* const price = model.dualRowSolution();
  for (std::size_t k = 0; k < planes.size(); ++k)
    found.weights.push_back(std::max(-price[k], 0.0) * unit[k]);
  return found;
}

}  // namespace shardbound::inline v0::clp
