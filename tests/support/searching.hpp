// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Small random networks whose least values are known nearly, and properties with thresholds next to these: what searches
// must and must not refute.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/random_network.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_test {

using SearchedNet =
    sb::Sequential<sb::Input<2>, sb::Linear<6>, sb::ReLU, sb::Linear<5>, sb::ReLU, sb::Linear<2>>;
/// Activations of all sorts: what is left of a part is never a line.
using CurvedNet = sb::Sequential<sb::Input<2>, sb::Linear<5>, sb::Tanh, sb::Linear<4>, sb::Sigmoid,
                                 sb::Linear<2>>;
using MixedNet =
    sb::Sequential<sb::Input<2>, sb::Linear<5>, sb::ReLU, sb::Linear<4>, sb::Tanh, sb::Linear<2>>;

template <class Net = SearchedNet>
HostNetwork searched_host(unsigned seed) {
  return HostNetwork::random(sb::Network<Net>(), seed, 1.5);
}
template <class T = double, class Net = SearchedNet>
std::unique_ptr<sb::Engine> searched_engine(unsigned seed, sb::AnyCommunicator communicator = {},
                                            sb::Store store = sb::Store::as_declared) {
  auto network = std::make_unique<sb::Network<Net, T>>(std::move(communicator), 1, store);
  searched_host<Net>(seed).copy_to(*network);
  return std::make_unique<sb::EngineOf<T, sb::EigenBackend>>(std::move(network));
}

/// How far a point is from satisfying all rows of a conjunction: not at all where this is 0 or less.
inline double distance(const HostNetwork& host, const sb::Conjunction& set,
                       const std::vector<double>& x) {
  const auto y = host.values(x).back();
  long double worst = -std::numeric_limits<long double>::infinity();
  for (std::size_t r = 0; r < set.rhs.size(); ++r) {
    long double row = -set.rhs[r];
    for (std::size_t i = 0; i < y.size(); ++i)
      row += static_cast<long double>(set.rows[r * y.size() + i]) * y[i];
    worst = std::max(worst, row);
  }
  return static_cast<double>(worst);
}
/// The least distance in a box of two sides: that of the best point of a grid, and of finer ones around the best points. No
/// point of the box is much closer.
inline double least_distance(const HostNetwork& host, const sb::Conjunction& set,
                             const sb::Box& box) {
  struct Point {
    double distance, x, y;
  };
  const auto at = [&](double x, double y) {
    const double a = std::clamp(x, box.lower[0], box.upper[0]),
                 b = std::clamp(y, box.lower[1], box.upper[1]);
    return Point{distance(host, set, {a, b}), a, b};
  };
  const auto closer = [](const Point& a, const Point& b) { return a.distance < b.distance; };
  constexpr int cuts = 40;
  const double x_step = (box.upper[0] - box.lower[0]) / cuts,
               y_step = (box.upper[1] - box.lower[1]) / cuts;
  std::vector<Point> grid;
  for (int i = 0; i <= cuts; ++i)
    for (int j = 0; j <= cuts; ++j)
      grid.push_back(at(box.lower[0] + i * x_step, box.lower[1] + j * y_step));
  constexpr std::ptrdiff_t begun = 6;
  std::partial_sort(grid.begin(), grid.begin() + begun, grid.end(), closer);
  double least = grid.front().distance;
  for (std::ptrdiff_t k = 0; k < begun; ++k) {
    Point best = grid[static_cast<std::size_t>(k)];
    for (double size = 0.5; size > 1e-6; size /= 2) {
      const Point around = best;
      for (int i = -2; i <= 2; ++i)
        for (int j = -2; j <= 2; ++j)
          best = std::min(best, at(around.x + i * size * x_step, around.y + j * size * y_step),
                          closer);
    }
    least = std::min(least, best.distance);
  }
  return least;
}

inline sb::Box random_box(std::mt19937& random) {
  sb::Box box;
  for (int i = 0; i < 2; ++i) {
    const double centre = static_cast<float>(uniform(random, -1, 1));
    box.lower.push_back(centre - 1);
    box.upper.push_back(centre + 1);
  }
  return box;
}
/// Rows at random, with thresholds that a point of the box just meets if these are moved up by `above`.
inline sb::Conjunction next_to_minimum(const HostNetwork& host, const sb::Box& box,
                                       std::size_t rows, double above, std::mt19937& random) {
  sb::Conjunction set;
  for (std::size_t r = 0; r < rows; ++r) {
    for (int i = 0; i < 2; ++i) set.rows.push_back(static_cast<float>(uniform(random, -1, 1)));
    set.rhs.push_back(r == 0 ? 0 : uniform(random, -0.5, 0.5));
  }
  const double least = least_distance(host, set, box);
  for (double& threshold : set.rhs) threshold += least + above;
  return set;
}

}  // namespace shardbound_test
