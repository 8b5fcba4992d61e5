// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A fused sweep on the CPU: one loop over a row, eight coefficients at a time, instantiated from the
// chain's type. Coefficients are read once and written once, in place.

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/expr/calls.hpp>

#include <cstddef>
#include <utility>

namespace shardbound::inline v0::detail {

template <class... Operations>
struct Sweeper {
  static constexpr bool writes = !(expr::keeps_coefficients<Operations> && ...);

  template <class T, std::size_t... I>
  static void rows(const expr::SweepCall<T>& call, int skipped, std::index_sequence<I...>) {
    const index_t width = padded(call.tile.columns);
    for (index_t r = 0; r < call.tile.rows; ++r) {
      const expr::RowData<T> data[] = {Operations::row(
          call.data[static_cast<std::size_t>(skipped) + I], r, call.rows.domain[r])...};
      T* row = call.tile.data + r * call.tile.leading;
      LaneSums<T> constant, slack;
      for (index_t c = 0; c < width; c += lanes) {
        expr::Coefficient<Lanes<T>> a{Lanes<T>::load(row + c), constant, slack};
        (Operations::pull_back(data[I], c, a), ...);
        if constexpr (writes) a.value.store(row + c);
        constant = a.constant;
        slack = a.slack;
      }
      call.sums.constant[r] += constant.total();
      call.sums.slack[r] += slack.total();
    }
  }
};

// A start in the middle of a chain runs the rest of it: one more instantiation per place.
template <class T, class First, class... Rest>
void sweep_rows(expr::Chain<First, Rest...>, const expr::SweepCall<T>& call, int skipped = 0) {
  if (skipped == call.first)
    Sweeper<First, Rest...>::rows(call, skipped, std::make_index_sequence<1 + sizeof...(Rest)>{});
  else if constexpr (sizeof...(Rest) > 0)
    sweep_rows(expr::Chain<Rest...>{}, call, skipped + 1);
}

}  // namespace shardbound::inline v0::detail
