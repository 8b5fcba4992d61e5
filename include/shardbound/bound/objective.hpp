// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What an optimisation is for: rows whose lower bounds are to grow, what is known of them already, and when they are good
// enough.

#include <shardbound/bound/result.hpp>
#include <shardbound/bound/row_lists.hpp>
#include <shardbound/core/views.hpp>

#include <cstdint>
#include <vector>

namespace shardbound::inline v0 {

template <class T>
struct Objective {
  int start = 0;                 ///< node whose features the rows are about
  MatrixView<const T> matrix{};  ///< that entries' indices mean; data null: the features themselves
  std::vector<T> largest{};      ///< by domain: of the magnitudes of its rows; empty: 1
  std::vector<ListEntry> entries{};
  RowBounds<T> known{};                ///< of every entry
  std::vector<double> targets{};       ///< of every entry, or none: see RowQuery
  std::vector<std::int32_t> groups{};  ///< likewise
  Trajectory::Rows rows = Trajectory::Rows::of_query;
};

}  // namespace shardbound::inline v0
