// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is asked of a pass: how much it must have room for, once, and what each run is to find. Nodes are named
// by their numbers in the plan; Instance finds them by a layer's name or ordinal.

#include <shardbound/bound/row_sinks.hpp>
#include <shardbound/bound/slopes.hpp>
#include <shardbound/core/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardbound::inline v0 {

/// What a pass must have room for.
struct Capacity {
  index_t domains = 1;  ///< input sets bounded at once
  index_t rows = 0;     ///< row bounds of a query: a row counts for each domain and each side
  index_t wave = 0;     ///< rows in a wave; 0: as many as the budget allows
  std::size_t coefficient_bytes = 0;   ///< the budget; 0: what suits the backend
  bool worst_points = false;           ///< whether Wanted::worst_points may be asked for
  bool linear_bounds = false;          ///< whether Wanted::linear_bounds may be
  std::vector<int> coefficients_at{};  ///< nodes on which Wanted::coefficients may be
  std::vector<int> starts{};  ///< nodes besides the output that a query's rows may start at
  std::vector<int> given{};   ///< nodes whose bounds may be given
};

/// What one run over as many boxes and rows as there is room for sends, if every neuron that may get rows
/// does: exact under Intermediates::textbook, at most so much otherwise. (Over balls, a layer behind a scale
/// and shift gets rows as well.) Points, linear bounds and coefficients count if there is room for them.
/// Where slopes are optimised: at most so much.
struct Traffic {
  index_t waves = 0;
  std::uint64_t bytes_received = 0;  ///< by each rank, in waves and on the way up
};

/// Which bounds of a row.
enum class Sides { lower, both };

/// A query's rows that start at the network's output.
inline constexpr int output_node = -1;

/// Rows to bound besides the outputs: linear functionals of one node's features.
struct RowQuery {
  std::vector<double> matrix{};  ///< (S, N), row-major
  std::vector<std::int32_t>
      domain{};  ///< (S): row r is bounded over domain[r]; empty: every row over every domain
  int node = output_node;  ///< whose N features the rows are about
  Sides sides = Sides::lower;
  /// (S): where slopes are optimised, a lower bound that is proved to be above this is good enough; empty: none is.
  std::vector<double> targets{};
  /// (S): one row that is good enough does for all of the same group; empty: each stands for itself.
  std::vector<std::int32_t> groups{};
};

/// What is wanted of a run.
struct Wanted {
  bool outputs = true;
  bool worst_points = false;              ///< of the query's rows; needs Capacity::worst_points
  bool linear_bounds = false;             ///< of the query's rows; needs Capacity::linear_bounds
  bool coefficients = false;              ///< of the query's rows on Capacity::coefficients_at
  Collect collect = Collect::everywhere;  ///< of linear bounds' and other coefficients
  bool slopes = false;                    ///< where they are optimised, the best of them
  const Slopes* begin_with =
      nullptr;  ///< slopes to optimise from, where they name rows and neurons
};

/// How bounds that the caller knows meet those that a pass finds.
enum class Given {
  intersected,  ///< the tighter of either holds, neuron by neuron
  as_they_are,  ///< none are looked for
};

/// Bounds of a node's features that the caller vouches for, for each of D domains; rounded outwards. They
/// serve whatever comes after the node. Where they contradict what the pass finds, both hold only of nothing, and
/// the hull of the two is used.
struct GivenBounds {
  int node = 0;
  std::vector<double> lower{}, upper{};  ///< (D, N)
  Given how = Given::intersected;
};

}  // namespace shardbound::inline v0
