// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What optimising slopes leaves behind besides bounds: how these grew, and the slopes as plain numbers: what one run has found, for the next one to begin with - over a smaller box, say, or
// in another scalar, where a bound is to be proved. Rows and neurons are found by name, so they need not be the same.

#include <shardbound/core/config.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardbound::inline v0 {

/// How the bounds of some rows grew while slopes were optimised, evaluation by evaluation: the best there was until then.
struct Trajectory {
  enum class Rows { of_query, of_query_from_above, outputs, outputs_from_above };

  Rows rows = Rows::of_query;
  std::vector<double> seconds{};  ///< since the optimisation began
  std::vector<double>
      mean{};  ///< of all rows' lower bounds (of a row's negative, from above), less infinite ones
  std::vector<double> least{};  ///< of any
};

/// A row of a list: sign times functional `index` over a domain.
struct ListEntry {
  std::int32_t index = 0, domain = 0;
  int sign = 1;

  friend auto operator<=>(const ListEntry&, const ListEntry&) = default;
};

/// The parameters that the rows of one start node have for the lower (side 0) or upper lines of one activation.
struct SlopeTable {
  int start = 0, activation = 0;
  std::size_t side = 0;
  /// Rows that bound neurons inside the network, or those that were asked for: which.
  bool inside = true;
  Trajectory::Rows rows_of = Trajectory::Rows::of_query;

  std::vector<ListEntry> rows{};                     ///< (S)
  std::vector<std::vector<std::int32_t>> columns{};  ///< by domain: neurons of the activation
  std::size_t slots = 0;
  std::vector<double> values{};  ///< (S, slots): of a row, those of its domain's columns

  /// Whether another table is about the same rows and lines.
  bool is_like(const SlopeTable& other) const {
    return start == other.start && activation == other.activation && side == other.side &&
           inside == other.inside && (inside || rows_of == other.rows_of);
  }
};

/// Complete on every rank.
using Slopes = std::vector<SlopeTable>;

}  // namespace shardbound::inline v0
