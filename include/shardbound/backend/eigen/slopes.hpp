// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Loops over the slots of optimised lines and over splits; what happens to one is expr/free_neuron.hpp's, and
// expr/split_calls.hpp's.

#include <shardbound/backend/eigen/sweep.hpp>
#include <shardbound/core/worker_pool.hpp>
#include <shardbound/expr/free_neuron.hpp>
#include <shardbound/expr/split_calls.hpp>

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
    const index_t home = call.rows.home[r] * call.slots;
    const index_t limits = call.own_limits ? home : call.rows.domain[r] * call.slots;
    for (index_t s = 0; s < call.slots; s += lanes) {
      const In gradient(call.gradient + r * call.slots + s);
      const In least(call.least + limits + s), most(call.most + limits + s);
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

/// What optimised lines need of a backend, see expr/slope_calls.hpp; with the threads that all of it works with.
class EigenSlopes {
 public:
  template <class F, class T>
  void free_lines(const F& f, const expr::FreeCall<T>& call) {
    for_each_slot(call.neurons, [&](index_t d, index_t s) { expr::free_lines(f, call, d, s); });
  }
  template <class T>
  void begin_parameters(const expr::ParametersCall<T>& call) {
    for (index_t r = 0; r < call.rows.count; ++r)
      for (index_t s = 0; s < call.neurons.slots; ++s) expr::begin_parameter(call, r, s);
  }
  template <class T>
  void confine_parameters(const expr::ParametersCall<T>& call) {
    pool_.over_rows(call.rows.count, [&](int, index_t first, index_t count) {
      for (index_t r = first; r < first + count; ++r)
        for (index_t s = 0; s < call.neurons.slots; ++s) expr::confine_parameter(call, r, s);
    });
  }
  template <class Chain, class T>
  void gradients(const expr::GradientCall<T>& call) {
    pool_.over_rows(call.neurons.slots, [&](int, index_t first, index_t count) {
      detail::gradients<Chain>(call, first, count);
    });
  }
  template <class T>
  void take_steps(const expr::StepCall<T>& call) {
    pool_.over_rows(call.rows.count, [&](int, index_t first, index_t count) {
      detail::take_steps(call, first, count);
    });
  }
  template <class T>
  void improve(const expr::ImproveCall<T>& call) {
    for (index_t r = 0; r < call.rows.count; ++r) expr::note_improvement(call, r);
  }
  template <class T>
  void keep_parameters(const expr::KeepCall<T>& call) {
    for (index_t row = 0; row < call.rows; ++row)
      if (call.improved[row])
        for (index_t s = 0; s < call.slots; ++s) expr::keep_parameter(call, row, s);
  }
  template <class T>
  void keep_slots(const expr::KeepSlotsCall<T>& call) {
    pool_.over_rows(call.rows.count, [&](int, index_t first, index_t count) {
      for (index_t r = first; r < first + count; ++r)
        for (index_t s = 0; s < call.kept.columns; ++s) expr::keep_slot(call, r, s);
    });
  }
  template <class T>
  void weigh(const expr::WeighCall<T>& call) {
    std::fill_n(call.largest, call.domains, T(0));
    for (index_t r = 0; r < call.rows.count; ++r) {
      call.weight[r] = expr::weigh(call, r);
      T& largest = call.largest[call.rows.domain[r]];
      largest = std::max(largest, std::abs(call.weight[r]));
    }
  }
  template <class T>
  void add_chords(const expr::ChordCall<T>& call) {
    for_each_slot(call.neurons, [&](index_t d, index_t s) { expr::add_chord(call, d, s); });
  }
  template <class T>
  void take_splits(const expr::SplitCall<T>& call) {
    over_rows_of(call, [&](index_t r) { expr::take_splits(call, r); });
  }
  template <class T>
  void return_splits(const expr::SplitCall<T>& call) {
    over_rows_of(call, [&](index_t r) { expr::return_splits(call, r); });
  }
  template <class Chain, class T>
  void pull_splits(const expr::SplitChainCall<T>& call) {
    over_rows_of(call.of, [&](index_t r) { expr::pull_splits<Chain>(call, r); });
  }
  template <class Chain, class T>
  void push_splits(const expr::SplitChainCall<T>& call) {
    over_rows_of(call.of, [&](index_t r) { expr::push_splits<Chain>(call, r); });
  }

 protected:
  template <class T, class Body>
  void over_rows_of(const expr::SplitCall<T>& call, const Body& body) {
    pool_.over_rows(call.rows.count, [&](int, index_t first, index_t count) {
      for (index_t r = first; r < first + count; ++r) body(r);
    });
  }
  explicit EigenSlopes(int threads) : pool_(threads) {}

  WorkerPool pool_;
};

}  // namespace shardbound::inline v0::detail
