// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a run found, complete on every rank unless it was to stay where it was dealt. Numbers are to nearest;
// beside each stands its slack, an upper bound of what rounding can have done to it.

#include <shardbound/bound/slopes.hpp>
#include <shardbound/core/shape.hpp>

#include <vector>

namespace shardbound::inline v0 {

/// Bounds of rows, in the order of the query, or - if every row was bounded over every domain - domain by domain:
/// lower - slack <= row . y <= upper + slack.
template <class T>
struct RowBounds {
  std::vector<T> lower{};
  std::vector<T> slack{};
  std::vector<T> upper{};  ///< with Sides::both
};

/// Bounds over one domain: of every output, to nearest, with the slack of either side.
template <class T>
struct OutputBounds {
  std::vector<T> lower, upper;
  std::vector<T> slack;
};

/// Linear functions of the network's input x that bound rows over their domains, row by row:
/// coefficients . x + constant - slack <= row . y, or as upper bounds, row . y <= coefficients . x + constant + slack
/// (1811.00866, theorem 3.2). Least or greatest over the domain they are the bounds of the rows, those that were
/// pulled all the way down; a pass may know better ones. A row that overflowed on its way has coefficients of zero
/// and the constant -inf (+inf from above).
template <class T>
struct LinearBounds {
  std::vector<T> coefficients{};       ///< (S, N_in)
  std::vector<T> constant{}, slack{};  ///< (S)
};

/// The coefficients that rows had on a node's features when they came by it, (S, N); zero if they do not depend on
/// it, not finite where they overflowed. A row is bounded from below by them times the features, plus what goes
/// around the node.
template <class T>
struct NodeCoefficients {
  int node = 0;
  std::vector<T> lower, upper;  ///< for either bound; upper with Sides::both
};

/// Bounds that a run found.
template <class T>
struct Bounds {
  std::vector<OutputBounds<T>> outputs;  ///< per domain, if wanted
  RowBounds<T> rows;                     ///< of the query
  /// (rows, N_in), if wanted; with Sides::both (2 rows, N_in), that of the lower bound first.
  std::vector<T> worst_points;
  LinearBounds<T> lower_linear;                   ///< of the query's rows, if wanted
  LinearBounds<T> upper_linear;                   ///< with Sides::both
  std::vector<NodeCoefficients<T>> coefficients;  ///< if wanted, one for each node of the capacity
  std::vector<Trajectory> trajectories;           ///< where slopes were optimised
  Slopes slopes;                                  ///< those of the best bounds, if wanted
  /// Of which rows the coefficients are: those that this rank was dealt under Collect::where_dealt, all otherwise.
  std::vector<index_t> rows_here;
};

}  // namespace shardbound::inline v0
