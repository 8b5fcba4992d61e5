// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a property asks of a network's engine: whether it is about that network at all, the rows of its regions, and how
// many slopes bounding them may take.

#include <shardbound/bound/engine.hpp>
#include <shardbound/spec/property.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0 {

/// Throws ArgumentError if a property speaks of another number of inputs or outputs.
inline void check_property(const Property& property, index_t inputs, index_t outputs,
                           const std::string& who) {
  if (property.inputs == inputs && property.outputs == outputs) return;
  const index_t more = property.outputs - property.network_outputs();  // inputs that are observed
  throw ArgumentError(who + ": it speaks of " + std::to_string(property.inputs) + " inputs and " +
                      std::to_string(property.outputs - more) + " outputs where the network has " +
                      std::to_string(inputs) + " and " + std::to_string(outputs - more));
}

/// Slopes that rows inside a network have at most, over one input set.
inline double most_slopes(const PlanView& plan) {
  double slopes = 0;
  for (int v = 1; v < plan.size(); ++v) {
    if (!plan.is_pre_activation(v)) continue;
    const std::vector<bool> below = plan.nodes_below(v);
    for (int other = 1; other <= v; ++other)
      if (below[static_cast<std::size_t>(other)] && plan.is_activation(other))
        slopes += 2.0 * static_cast<double>(plan[v].features * plan[other].features);
  }
  return slopes;
}

/// Every row of a property's conjunctions over regions [first, first + count), the region's place in
/// the batch as its domain; rows in the order of the property.
inline RowQuery rows_of(const Property& property, std::size_t first, std::size_t count) {
  RowQuery query;
  for (std::size_t k = 0; k < count; ++k)
    for (const Conjunction& set : property.regions[first + k].unsafe) {
      query.matrix.insert(query.matrix.end(), set.rows.begin(), set.rows.end());
      query.domain.insert(query.domain.end(), set.rhs.size(), static_cast<std::int32_t>(k));
    }
  return query;
}

}  // namespace shardbound::inline v0
