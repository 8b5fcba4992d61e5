// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is asked of a network, as plain data in double precision: over which boxes of inputs, which
// outputs would violate the property. A property file (VNNLIB) describes the *violation*: the
// property holds if no point of any box reaches an unsafe set. Nothing here is a template, so front
// ends, readers and engines of any scalar share it.

#include <shardbound/core/errors.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// An axis-aligned set of inputs, lower[i] <= x[i] <= upper[i]; both of shape (N).
struct Box {
  std::vector<double> lower, upper;

  std::int64_t size() const { return static_cast<std::int64_t>(lower.size()); }
  bool operator==(const Box&) const = default;
};

/// Checks that a box has `size` coordinates, no NaN or infinity, and lower <= upper everywhere.
/// Throws ArgumentError; `who` opens the sentence.
inline void check_box(const Box& box, std::int64_t size, const std::string& who) {
  if (box.size() != size || box.lower.size() != box.upper.size())
    throw ArgumentError(who + " has " + std::to_string(box.lower.size()) + " lower and " +
                        std::to_string(box.upper.size()) + " upper bounds where the network has " +
                        std::to_string(size) + " inputs");
  for (std::size_t i = 0; i < box.lower.size(); ++i) {
    if (!std::isfinite(box.lower[i]) || !std::isfinite(box.upper[i]))
      throw ArgumentError(who + " is not finite at input " + std::to_string(i));
    if (box.lower[i] > box.upper[i])
      throw ArgumentError(who + " is empty: lower " + std::to_string(box.lower[i]) +
                          " is above upper " + std::to_string(box.upper[i]) + " at input " +
                          std::to_string(i));
  }
}

/// A set of outputs {y : rows y <= rhs}, every row at once; rows is (S, N_out), row-major.
struct Conjunction {
  std::vector<double> rows;
  std::vector<double> rhs;

  std::int64_t size() const { return static_cast<std::int64_t>(rhs.size()); }
};

/// One box of inputs and what would be unsafe there: the union of its conjunctions.
struct Region {
  Box box;
  std::vector<Conjunction> unsafe;
};

/// A whole property: it is violated if any region holds a point whose output is unsafe.
/// Regions with equal boxes are merged by the reader; order is that of the file.
struct Property {
  std::int64_t inputs = 0, outputs = 0;
  std::vector<Region> regions;

  const Box& input_box(std::size_t region) const { return regions.at(region).box; }
};

}  // namespace shardbound::inline v0
