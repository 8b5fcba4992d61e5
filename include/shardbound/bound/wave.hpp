// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows that go by together: what a wave's steps, on the way down and on the way back up, have to know of it.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/bound/row_sinks.hpp>
#include <shardbound/bound/row_slopes.hpp>
#include <shardbound/bound/trace.hpp>

#include <vector>

namespace shardbound::inline v0 {

/// Rows that go by together, seen from one rank. All that is of own rows lies in their part of the whole.
template <class T, class Backend>
struct Wave {
  const DomainState<T, Backend>& state;
  int start;
  MatrixView<const T> matrix;     // that their indices mean; null: the identity
  const expr::SetView<T>& set;    // the domains at the stop node
  RowSinks<T> sinks{};            // of the whole list
  index_t first = 0, height = 0;  // their place in the list, and how many are dealt to each rank
  RowsView<T> all{}, own{};       // all of them, and this rank's
  index_t first_own = 0;          // where its own begin in the list
  bool idle = false;              // nothing was dealt to this rank
  std::vector<bool> panels{};  // of the start node's matrix that rows are in; none: not looked up
  const RowSlopes<T, Backend>* slopes = nullptr;  // rows' own lines, if they have any
  const Trace<T, Backend>* trace = nullptr;       // what is kept for the way back up
  index_t first_traced = 0;                       // where this rank's rows of it begin there
};

/// Where rows of the wave have lines of their own, the sweep that starts at node v finds them in `all` as well; whether
/// they do.
template <class T, class Backend>
bool fill_own_lines(const PlanView& plan, int v, const Wave<T, Backend>& wave,
                    expr::OperationData<T>* all) {
  const int activation = wave.slopes ? plan.activation_in_chain(v) : -1;
  if (activation < 0) return false;
  int place = 0;
  for (int node = v; node != activation; node = plan.input_of(node)) ++place;
  return wave.slopes->fill(activation, all[place].lines);
}

}  // namespace shardbound::inline v0
