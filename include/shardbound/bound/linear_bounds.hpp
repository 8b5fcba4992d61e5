// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Linear functions of the input that bound rows from below and above over a set (1811.00866, theorem 3.2): what
// CROWN finds before it asks where they are least.

#include <shardbound/bound/crown.hpp>

#include <cstddef>
#include <utility>

namespace shardbound::inline v0 {

/// Both sides: for every x of the set, with y of the rows' node,
///   lower.coefficients[r] . x + lower.constant[r] - lower.slack[r] <= row r . y
///   row r . y <= upper.coefficients[r] . x + upper.constant[r] + upper.slack[r]
template <class T>
struct TwoLinearBounds {
  LinearBounds<T> lower, upper;
};

/// Of the query's rows, over one set; prepare and run in one call. A pass with Capacity::linear_bounds does it for
/// many sets at once. Throws what Pass::run throws.
template <class T, class Backend>
TwoLinearBounds<T> linear_bounds(const Instance<T, Backend>& network, const InputSet& set,
                                 RowQuery query, const Method& method = Crown{}) {
  query.sides = Sides::both;
  const int node = query.node == output_node ? network.plan().output() : query.node;
  network.check_node(node);
  Capacity capacity;
  capacity.rows = 2 * static_cast<index_t>(query.matrix.size()) / network.plan()[node].features;
  capacity.linear_bounds = true;
  capacity.starts = {node};
  Pass<T, Backend> pass(network, method, capacity);
  auto found = pass.run({&set, 1}, query, {.outputs = false, .linear_bounds = true});
  return {std::move(found.lower_linear), std::move(found.upper_linear)};
}

/// Of every feature of a node, the outputs if none is named.
template <class T, class Backend>
TwoLinearBounds<T> linear_bounds(const Instance<T, Backend>& network, const InputSet& set,
                                 int node = output_node, const Method& method = Crown{}) {
  network.check_node(node == output_node ? network.plan().output() : node);
  RowQuery query;
  query.node = node == output_node ? network.plan().output() : node;
  const auto n = static_cast<std::size_t>(network.plan()[query.node].features);
  query.matrix.assign(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) query.matrix[i * n + i] = 1;
  return linear_bounds(network, set, std::move(query), method);
}

}  // namespace shardbound::inline v0
