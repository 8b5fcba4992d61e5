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
  static void rows(const expr::SweepCall<T>& call, std::index_sequence<I...>) {
    const index_t width = padded(call.tile.columns);
    for (index_t r = 0; r < call.tile.rows; ++r) {
      const expr::RowData<T> data[] = {Operations::row(call.data[I], r, call.rows.domain[r])...};
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

template <class T, class... Operations>
void sweep_rows(expr::Chain<Operations...>, const expr::SweepCall<T>& call) {
  Sweeper<Operations...>::rows(call, std::index_sequence_for<Operations...>{});
}

}  // namespace shardbound::inline v0::detail
