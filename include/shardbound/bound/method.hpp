// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A method is two choices: where the bounds of pre-activations come from, and how far down the rows that
// are asked for are pulled. Ibp, CrownIbp and Crown are names for the useful pairs.

#include <shardbound/core/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardbound::inline v0 {

enum class Intermediates {
  interval,   ///< interval arithmetic alone
  tightened,  ///< interval bounds re-evaluated from the bounds found so far, intersected with CROWN
              ///< bounds of the neurons that they leave unstable
  textbook,   ///< CROWN bounds of every neuron, intersected with nothing
};

enum class Descent {
  one_product,  ///< through the last affine layer only, over the intervals of its input
  input,        ///< down to the input set
};

struct Method {
  Intermediates intermediates = Intermediates::tightened;
  Descent descent = Descent::input;
};

/// What a pass must have room for.
struct Capacity {
  index_t domains = 1;                ///< input sets bounded at once
  index_t rows = 0;                   ///< rows of a property, over all domains together
  index_t wave = 0;                   ///< rows in a wave; 0: as many as the budget allows
  std::size_t coefficient_bytes = 0;  ///< the budget; 0: what suits the backend
  bool worst_points = false;          ///< whether Wanted::worst_points may be asked for
};

/// What one run over as many boxes and rows as there is room for sends, if every neuron that may get rows
/// does: exact under Intermediates::textbook, at most so much otherwise. (Over balls, a layer behind a scale
/// and shift gets rows as well.) Worst points count if there is room for them.
struct Traffic {
  index_t waves = 0;
  std::uint64_t bytes_received = 0;  ///< by each rank, in waves and on the way up
};

/// Rows to bound from below besides the outputs: row r is matrix[r] (N_out numbers), over domain[r].
struct RowQuery {
  std::vector<double> matrix;
  std::vector<std::int32_t> domain;
};

/// What is wanted of a run.
struct Wanted {
  bool outputs = true;
  bool worst_points = false;  ///< of the query's rows; needs Capacity::worst_points
};

/// Lower bounds of rows, with what rounding may have cost each: constant - slack is proved.
template <class T>
struct RowBounds {
  std::vector<T> lower;
  std::vector<T> slack;
};

/// Bounds over one domain: of every output, to nearest, with the slack of either side.
template <class T>
struct OutputBounds {
  std::vector<T> lower, upper;
  std::vector<T> slack;
};

/// Bounds that a run found, complete on every rank.
template <class T>
struct Bounds {
  std::vector<OutputBounds<T>> outputs;  ///< per domain, if wanted
  RowBounds<T> rows;                     ///< of the query
  std::vector<T> worst_points;           ///< (rows, N_in), if wanted
};

}  // namespace shardbound::inline v0
