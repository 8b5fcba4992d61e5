// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A list of rows with lines of their own, and all that is kept for them; and how slopes leave it and come back as plain
// numbers.

#include <shardbound/bound/frozen_list.hpp>
#include <shardbound/bound/row_slopes.hpp>
#include <shardbound/bound/slopes.hpp>
#include <shardbound/bound/trace.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
struct OptimisedList {
  int start = 0;
  int reader = -1;  ///< the activation that says which of its rows matter; -1: all do
  MatrixView<const T> matrix{};
  FrozenList<T, Backend> frozen;
  std::span<const index_t> widths{};  ///< where its rows see regions of maps: see StartTiles
  RowSlopes<T, Backend> slopes;
  Trace<T, Backend> trace;
  Buffer<T, Backend> cotangents;  ///< of lists inside: what bounds are worth
  /// Of those inside, and of those that were asked for: which.
  bool inside = true;
  Trajectory::Rows rows_of = Trajectory::Rows::of_query;
};

/// A list's table for one activation and side, without its numbers.
template <class T, class Backend>
SlopeTable empty_table(const OptimisedList<T, Backend>& list,
                       const FreeActivations<T, Backend>& free, int activation, std::size_t side) {
  return {list.start,
          activation,
          side,
          list.inside,
          list.rows_of,
          list.frozen.entries(),
          free.columns(activation),
          static_cast<std::size_t>(free.slots(activation)),
          {}};
}

/// The slopes of a list's best bounds, on every rank. (all_gather)
template <class T, class Backend>
void append_slopes(const OptimisedList<T, Backend>& list, const FreeActivations<T, Backend>& free,
                   Slopes& tables) {
  list.slopes.for_each_side([&](int activation, std::size_t side) {
    SlopeTable table = empty_table(list, free, activation, side);
    const std::vector<T> all = list.slopes.best_everywhere(activation, side);
    for (std::size_t e = 0; e < table.rows.size(); ++e) {
      const index_t row = list.frozen.owner(e) * list.frozen.own_rows() + list.frozen.home(e);
      const auto from = all.begin() + row * static_cast<index_t>(table.slots);
      table.values.insert(table.values.end(), from,
                          from + static_cast<std::ptrdiff_t>(table.slots));
    }
    tables.push_back(std::move(table));
  });
}

/// Rows and neurons that tables name begin with what these say, within what is allowed now.
template <class T, class Backend>
void set_slopes(const OptimisedList<T, Backend>& list, const FreeActivations<T, Backend>& free,
                const Slopes& tables) {
  using Neurons = expr::FreeNeurons<T>;
  list.slopes.for_each_side([&](int activation, std::size_t side) {
    const SlopeTable own = empty_table(list, free, activation, side);
    const auto table = std::find_if(tables.begin(), tables.end(),
                                    [&](const SlopeTable& one) { return one.is_like(own); });
    if (table == tables.end()) return;
    std::vector<T> values = list.slopes.values(activation, side);
    const auto least = free.numbers(activation, side == 0 ? Neurons::least : Neurons::upper_least);
    const auto most = free.numbers(activation, side == 0 ? Neurons::most : Neurons::upper_most);
    std::map<ListEntry, std::size_t> row_of;
    for (std::size_t r = 0; r < table->rows.size(); ++r) row_of.emplace(table->rows[r], r);
    for (std::size_t e = 0; e < own.rows.size(); ++e) {
      const auto row = row_of.find(own.rows[e]);
      const auto domain = static_cast<std::size_t>(own.rows[e].domain);
      if (!list.frozen.is_own(e) || row == row_of.end() || domain >= table->columns.size())
        continue;
      const auto& theirs = table->columns[domain];
      for (std::size_t s = 0; s < own.columns[domain].size(); ++s) {
        const auto column = std::lower_bound(theirs.begin(), theirs.end(), own.columns[domain][s]);
        if (column == theirs.end() || *column != own.columns[domain][s]) continue;
        const auto value =
            static_cast<T>(table->values[row->second * table->slots +
                                         static_cast<std::size_t>(column - theirs.begin())]);
        const std::size_t limit = domain * own.slots + s;
        values[static_cast<std::size_t>(list.frozen.home(e)) * own.slots + s] =
            value > least[limit] ? (value < most[limit] ? value : most[limit]) : least[limit];
      }
    }
    list.slopes.set_values(activation, side, values);
  });
}

}  // namespace shardbound::inline v0
