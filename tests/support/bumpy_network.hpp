// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Random networks with two inputs and two outputs, whose least values a grid finds nearly: what is said of them can be
// checked point by point.

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_test {

using BumpyNetwork =
    shardbound::Sequential<shardbound::Input<2>, shardbound::Linear<10>, shardbound::ReLU,
                           shardbound::Linear<10>, shardbound::ReLU, shardbound::Linear<2>>;

inline std::unique_ptr<shardbound::Engine> bumpy_engine(
    std::uint64_t seed, shardbound::AnyCommunicator communicator = {},
    shardbound::Store store = shardbound::Store::as_declared) {
  std::mt19937_64 random(seed);
  const auto numbers = [&](std::size_t count) {
    std::vector<double> all(count);
    for (double& number : all) number = static_cast<double>(random() >> 11) * 0x1p-52 - 1;
    return all;
  };
  auto network =
      std::make_unique<shardbound::Network<BumpyNetwork>>(std::move(communicator), 1, store);
  for (const int node : {1, 3, 5}) {
    const std::size_t in = node == 1 ? 2 : 10, out = node == 5 ? 2 : 10;
    const auto weight = numbers(out * in), bias = numbers(out);
    network->set_linear(node, weight, bias);
  }
  return std::make_unique<shardbound::EngineOf<double, shardbound::EigenBackend>>(
      std::move(network));
}

inline shardbound::Box bumpy_box() { return {{-1, -1.5}, {1.5, 1}}; }

/// Points of a box, `side` along either edge, (side side, 2).
inline std::vector<double> grid_over(const shardbound::Box& box, int side) {
  std::vector<double> points;
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j)
      for (int k = 0; k < 2; ++k) {
        const double part = static_cast<double>(k == 0 ? i : j) / (side - 1);
        const auto at = static_cast<std::size_t>(k);
        points.push_back(
            std::min(box.upper[at], box.lower[at] + part * (box.upper[at] - box.lower[at])));
      }
  return points;
}

/// The least and the greatest value of an output over a grid.
inline std::pair<double, double> range_over(shardbound::Engine& engine,
                                            const std::vector<double>& points, std::size_t output) {
  std::pair<double, double> range{std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity()};
  const auto y = engine.values(points);
  for (std::size_t d = output; d < y.size(); d += 2) {
    range.first = std::min(range.first, y[d]);
    range.second = std::max(range.second, y[d]);
  }
  return range;
}

}  // namespace shardbound_test
