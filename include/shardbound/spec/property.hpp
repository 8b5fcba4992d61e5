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

/// A set of observed values {y : rows y <= rhs}, every row at once, with < where a row is strict; rows is (S, N_out),
/// row-major. Without rows it is everything.
struct Conjunction {
  std::vector<double> rows;
  std::vector<double> rhs;
  std::vector<bool> strict{};  ///< (S); empty: no row is

  std::int64_t size() const { return static_cast<std::int64_t>(rhs.size()); }
  bool is_strict(std::size_t row) const { return !strict.empty() && strict[row]; }
};

/// One set of inputs and what would be unsafe there: the union of its conjunctions. Numbers of a file that no double
/// holds make two boxes of the set: proofs cover the one around it, points are sought in the one inside. The one
/// around may be infinite, the one inside is not.
struct Region {
  Box box;
  std::vector<Conjunction> unsafe;
  Box points{};  ///< inside; without coordinates it is `box`, and where lower is above upper no point is known
  /// (N), or empty: coordinates whose interval lies between two doubles. In `points` one of the two stands for it.
  std::vector<bool> between{};

  const Box& point_box() const { return points.lower.empty() ? box : points; }
  bool is_between(std::size_t i) const { return !between.empty() && between[i]; }
};

/// What the rows of a property are about.
enum class Observed {
  outputs,             ///< of the network
  outputs_and_inputs,  ///< its outputs, then all its inputs
};

/// A whole property: it is violated if any region holds a point whose observed values are unsafe; never, if there is
/// no region. Regions with equal boxes are merged by the reader; order is that of the file.
struct Property {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;  ///< columns of rows: everything that is observed
  std::vector<Region> regions;
  Observed observed = Observed::outputs;

  const Box& input_box(std::size_t region) const { return regions.at(region).box; }
  /// Columns that are no inputs.
  std::int64_t network_outputs() const {
    return observed == Observed::outputs ? outputs : outputs - inputs;
  }
};

}  // namespace shardbound::inline v0
