// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks and bounds written down by hand: weights in the order of the product nodes, and a comparison
// with numbers given to eight places.

#include <doctest/doctest.h>

#include <shardbound/bound/pass.hpp>

#include <vector>

namespace shardbound_test {

namespace sb = shardbound;
using Numbers = std::vector<double>;

struct Affine {
  Numbers weight, bias;  // row-major
};

template <class T, class Backend>
void set(sb::Instance<T, Backend>& network, const std::vector<Affine>& layers) {
  const auto nodes = network.product_nodes();
  REQUIRE(nodes.size() == layers.size());
  for (std::size_t k = 0; k < nodes.size(); ++k)
    network.set_linear(nodes[k], std::span<const double>(layers[k].weight),
                       std::span<const double>(layers[k].bias));
}

template <class T>
void check_bounds(const sb::OutputBounds<T>& found, const Numbers& lower, const Numbers& upper,
                  double tolerance = 1e-8) {
  REQUIRE(found.lower.size() == lower.size());
  for (std::size_t i = 0; i < lower.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(found.lower[i] - lower[i]) <= tolerance);
    CHECK(std::abs(found.upper[i] - upper[i]) <= tolerance);
  }
}

inline sb::InputSet cube_around(const Numbers& centre, double radius) {
  sb::Box box;
  for (double x : centre) box.lower.push_back(x - radius), box.upper.push_back(x + radius);
  return box;
}

}  // namespace shardbound_test
