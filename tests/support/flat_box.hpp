// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A box at random, every fifth side of which has no width.

#include <shardbound/spec/input_set.hpp>
#include <tests/support/activations.hpp>

#include <cstddef>
#include <random>

namespace shardbound_test {

/// Of n inputs, with a centre from -reach to reach.
inline sb::Box flat_box(std::mt19937& random, std::size_t n, double reach = 1) {
  sb::Box box;
  for (std::size_t i = 0; i < n; ++i) {
    const double centre = uniform(random, -reach, reach);
    const double half = i % 5 == 4 ? 0 : uniform(random, 0.1, 1);
    box.lower.push_back(centre - half);
    box.upper.push_back(centre + half);
  }
  return box;
}

}  // namespace shardbound_test
