// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Loops over the slots of optimised lines; what happens to one is expr/free_neuron.hpp's.

#include <shardbound/backend/eigen/sweep.hpp>
#include <shardbound/expr/free_neuron.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace shardbound::inline v0::detail {

template <class T, class Body>
void for_each_slot(const expr::FreeNeurons<T>& neurons, const Body& body) {
  for (index_t d = 0; d < neurons.domains; ++d)
    for (index_t s = 0; s < neurons.slots; ++s) body(d, s);
}

/// Slots [first, first + count) of every row; nobody else adds to their sums.
template <class Chain, class T>
void gradients(const expr::GradientCall<T>& call, index_t first, index_t count) {
  using FreeLine = typename expr::FreeLineIn<Chain>::type;
  using Row = typename Chain::template Row<T>;
  for (index_t r = 0; r < call.rows.count; ++r) {
    const Row chain = Row::of(call.data, place_of(call.rows, r));
    const auto weight = expr::weight_of(call, r);
    double* const sums = call.chords.numbers
                             ? call.chords.numbers + call.rows.domain[r] * call.neurons.slots
                             : nullptr;
    for (index_t s = first; s < first + count; ++s) {
      const auto gain = expr::put_gradient<FreeLine>(call, chain, weight, r, s);
      if (!sums || gain.whole == T(0)) continue;
      const auto whole = expr::in_whole_parts(static_cast<double>(gain.whole));
      const auto end = expr::in_whole_parts(static_cast<double>(gain.upper_end));
      sums[s] += whole.high;
      sums[call.chords.plane + s] += whole.low;
      sums[2 * call.chords.plane + s] += end.high;
      sums[3 * call.chords.plane + s] += end.low;
    }
  }
}

/// Rows [first, first + count).
template <class T>
void take_steps(const expr::StepCall<T>& call, index_t first, index_t count) {
  for (index_t r = first; r < first + count; ++r) {
    if (call.rows.sign[r] == T(0)) continue;
    if (call.storage != SlopeStorage::exact) {
      for (index_t s = 0; s < call.slots; ++s) expr::take_step(call, r, s);
      continue;
    }
    // The same as take_step, several at once: the compiler would not take roots so.
    using Numbers = Eigen::Array<T, lanes, 1>;
    using In = Eigen::Map<const Numbers>;
    using InOut = Eigen::Map<Numbers>;
    const index_t neurons = call.rows.domain[r] * call.slots, home = call.rows.home[r] * call.slots;
    for (index_t s = 0; s < call.slots; s += lanes) {
      const In gradient(call.gradient + r * call.slots + s);
      const In least(call.least + neurons + s), most(call.most + neurons + s);
      InOut value(call.value + home + s);
      InOut first_moment(static_cast<T*>(call.first) + home + s);
      InOut second_moment(static_cast<T*>(call.second) + home + s);
      first_moment = call.first_decay * first_moment + (T(1) - call.first_decay) * gradient;
      second_moment =
          call.second_decay * second_moment + (T(1) - call.second_decay) * (gradient * gradient);
      // Eigen's root of floats is an estimate that differs from machine to machine; that of doubles is exact, and
      // rounded to float once more it is float's.
      const Numbers root = second_moment.template cast<double>().sqrt().template cast<T>();
      const Numbers moved = value + call.size[expr::step_rate] * first_moment /
                                        (root * call.size[expr::step_correction] + call.epsilon);
      value = (moved > least).select((moved < most).select(moved, most), least);
    }
  }
}

}  // namespace shardbound::inline v0::detail
