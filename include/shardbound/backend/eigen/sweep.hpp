// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Fused sweeps on the CPU: one loop over a row, eight numbers at a time, instantiated from the
// chain's type. Numbers are read once and written once, in place.

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/expr/calls.hpp>

namespace shardbound::inline v0::detail {

template <class T>
expr::RowPlace place_of(const RowsView<T>& rows, index_t row) {
  return {row, rows.domain[row], rows.home_of(row)};
}

template <class Chain, class T>
void sweep_rows(const expr::SweepCall<T>& call) {
  using Row = typename Chain::template Row<T>;
  const index_t width = padded(call.tile.columns);
  for (index_t r = 0; r < call.tile.rows; ++r) {
    const Row chain = Row::of(call.data, place_of(call.rows, r));
    T* const row = call.tile.data + r * call.tile.leading;
    T* const trace = call.trace.data ? call.trace.data + r * call.trace.leading : nullptr;
    LaneSums<T> constant, slack;
    for (index_t c = 0; c < width; c += lanes) {
      expr::Coefficient<Lanes<T>> a{Lanes<T>::load(row + c), constant, slack};
      if (trace) a.value.store(trace + c);
      chain.pull_back(c, a);
      if constexpr (Chain::writes) a.value.store(row + c);
      constant = a.constant;
      slack = a.slack;
    }
    call.sums.constant[r] += constant.total();
    call.sums.slack[r] += slack.total();
  }
}

template <class Chain, class T>
void push_rows(const expr::PushCall<T>& call) {
  using Row = typename Chain::template Row<T>;
  const index_t width = padded(call.points.columns);
  for (index_t r = 0; r < call.points.rows; ++r) {
    const Row chain = Row::of(call.data, place_of(call.rows, r));
    const T* const coefficients = call.coefficients.data + r * call.coefficients.leading;
    T* const points = call.points.data + r * call.points.leading;
    for (index_t c = 0; c < width; c += lanes)
      chain.push_forward(c, Lanes<T>::load(coefficients + c), Lanes<T>::load(points + c))
          .store(points + c);
  }
}

}  // namespace shardbound::inline v0::detail
