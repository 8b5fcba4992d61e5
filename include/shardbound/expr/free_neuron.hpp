// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Work on one slot - a neuron with a free line - of one domain or row; backends bring the loops. Gradients are 5.3 of
// the usual derivation: a row's bound is linear in every line it meets, at the point where the row is least.

#include <shardbound/core/bfloat16.hpp>
#include <shardbound/expr/neuron.hpp>
#include <shardbound/expr/slope_calls.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace shardbound::inline v0::expr {

/// Whether free lines of F all go through the origin.
template <class F>
inline constexpr bool frees_slopes_alone =
    relax::lower_through_origin<F> && !relax::FreeLineOf<F>::frees_upper;

/// The steepest of the lines that one side may have.
template <class F, class T>
constexpr T steepest_free_line(const F& f, const Freedom<T>& side) {
  if constexpr (relax::LipschitzWithin<F>)
    return largest_magnitude(F::at(side.least).slope, F::at(side.most).slope);
  else
    return static_cast<T>(f.lipschitz());
}

/// What rounding may do to any free line of this side: see activation_lines.
template <class F, class T>
constexpr T slack_of_free_lines(const F& f, const PointwiseCall<T>& call, const Freedom<T>& side,
                                T l, T u, T e) {
  const auto range = f.range(l, u);
  const T value = largest_magnitude(range.lower, range.upper), input = largest_magnitude(l, u) + e;
  const T steepest = steepest_free_line(f, side) * (T(1) + line_rounding<T>);
  const T size = steepest * input, intercept = frees_slopes_alone<F> ? T(0) : value + size;
  T beyond = 0;
  if constexpr (!relax::free_line_holds_everywhere<F>) {
    if constexpr (relax::LipschitzWithin<F>)
      beyond = relax::drift(f, l, u, e) + steepest * e;
    else
      beyond = 2 * steepest * e;
  }
  return beyond + line_rounding<T> * (size + intercept + value) + call.gamma * intercept +
         (call.meets > T(0) ? call.meets * size : T(0));
}

/// Slot `s` of domain `d`.
template <class F, class T>
constexpr void free_lines(const F& f, const FreeCall<T>& call, index_t d, index_t s) {
  using Neurons = FreeNeurons<T>;
  const auto& own = call.neurons;
  const index_t i = d * own.slots + s;
  const std::int32_t column = own.columns[i];
  for (int plane = 0; plane < Neurons::plane_count; ++plane) own.plane(plane)[i] = T(0);
  if (column < 0) return;
  const index_t at = d * own.leading + column;
  const T l = call.lines.in.lower[at], u = call.lines.in.upper[at];
  const auto free = relax::freedoms(f, l, u);
  const auto put = [&](const Freedom<T>& side, int first, std::int32_t* slot, T* slack) {
    slot[at] = side.is_free() ? static_cast<std::int32_t>(s) : -1;
    if (!side.is_free()) return;
    own.plane(first)[i] = side.least;
    own.plane(first + 1)[i] = side.most;
    own.plane(first + 2)[i] = side.start;
    slack[at] = std::max(slack[at],
                         slack_of_free_lines(f, call.lines, side, l, u, call.lines.in.slack[at]));
  };
  put(free.lower, Neurons::least, own.lower_slot, call.lines.lower_slack);
  if constexpr (relax::FreeLineOf<F>::frees_upper)
    put(free.upper, Neurons::upper_least, own.upper_slot, call.lines.upper_slack);
  const T per_width = T(1) / (u - l);
  if (relax::is_stable(f, l, u) || !(per_width > T(0)) || !(per_width - per_width == T(0))) return;
  const T slope = (f.value(u) - f.value(l)) * per_width;
  const T lower_rate = f.derivative(l) - slope, upper_rate = f.derivative(u) - slope;
  // Where f overflows, ends or is infinitely steep, no chord moves.
  if (!(lower_rate - lower_rate == T(0)) || !(upper_rate - upper_rate == T(0))) return;
  own.plane(Neurons::origin)[i] = l;
  own.plane(Neurons::per_width)[i] = per_width;
  own.plane(Neurons::lower_rate)[i] = lower_rate;
  own.plane(Neurons::upper_rate)[i] = upper_rate;
}

/// Calls body(parameter, what it may be now) for slot `s` of row `r`: of its lower line, and of its upper one where there
/// are such.
template <class T, class Body>
constexpr void for_each_parameter(const ParametersCall<T>& call, index_t r, index_t s,
                                  const Body& body) {
  if (call.rows.sign[r] == T(0)) return;
  using Neurons = FreeNeurons<T>;
  const auto& own = call.neurons;
  const index_t neuron = call.rows.domain[r] * own.slots + s;
  const index_t at = call.rows.home[r] * own.slots + s;
  const auto allowed = [&](int first) {
    return Freedom<T>{own.plane(first)[neuron], own.plane(first + 1)[neuron],
                      own.plane(first + 2)[neuron]};
  };
  body(call.lower[at], allowed(Neurons::least));
  if (call.upper) body(call.upper[at], allowed(Neurons::upper_least));
}
template <class T>
constexpr void begin_parameter(const ParametersCall<T>& call, index_t r, index_t s) {
  for_each_parameter(call, r, s,
                     [](T& parameter, const Freedom<T>& now) { parameter = now.start; });
}

template <class T>
constexpr void confine_parameter(const ParametersCall<T>& call, index_t r, index_t s) {
  for_each_parameter(call, r, s, [](T& parameter, const Freedom<T>& now) {
    parameter = confined(parameter, now.least, now.most);
  });
}

/// The nearest whole number of a double below 2^51.
constexpr double rounded_whole(double x) {
  constexpr double shift = 0x1.8p52;
  return (x + shift) - shift;
}
struct WholeParts {
  double high, low;
};
/// A number as whole ones that can be added up in any order.
constexpr WholeParts in_whole_parts(double x) {
  double scaled = x * ChordSums::fine;
  if (!(scaled > -ChordSums::most)) scaled = scaled < 0 ? -ChordSums::most : 0;
  if (scaled > ChordSums::most) scaled = ChordSums::most;
  const double high = rounded_whole(scaled);
  return {high, rounded_whole((scaled - high) * ChordSums::finer)};
}

/// Slot `s` of row `r` of a KeepSlotsCall; zero where there is no neuron.
template <class T>
constexpr void keep_slot(const KeepSlotsCall<T>& call, index_t r, index_t s) {
  const std::int32_t column = call.columns[call.rows.domain[r] * call.kept.columns + s];
  T coefficient = 0;
  if (column >= 0) {
    coefficient = call.tile.data[r * call.tile.leading + column];
    if (call.scale) coefficient *= call.scale[column];
  }
  call.kept.data[r * call.kept.leading + s] = coefficient;
}

/// What slot `s` of row `r` gains: the gradients of its parameters are written, what the chord gives is returned.
template <class T>
struct ChordGain {
  T whole, upper_end;
};
/// What a row counts, and that relative to what is largest in its domain.
template <class T>
struct RowWeight {
  T weight, share;
};
template <class T>
constexpr RowWeight<T> weight_of(const GradientCall<T>& call, index_t r) {
  const T weight = call.weight[r];
  return {weight, weight != T(0) ? weight / call.largest[call.rows.domain[r]] : T(0)};
}

template <class FreeLine, class Row, class T>
constexpr ChordGain<T> put_gradient(const GradientCall<T>& call, const Row& row,
                                    const RowWeight<T>& counts, index_t r, index_t s) {
  using Neurons = FreeNeurons<T>;
  const auto& own = call.neurons;
  const index_t domain = call.rows.domain[r], neuron = domain * own.slots + s;
  const std::int32_t feature = own.columns[neuron];
  const index_t column = feature < 0 ? -1 : column_in(call.region, call.map, feature);
  T lower = 0, upper = 0;
  ChordGain<T> chord{T(0), T(0)};
  if (column >= 0 && counts.weight != T(0)) {
    const auto met =
        row.meet(column, call.coefficients.data[r * call.coefficients.leading + column],
                 call.points.data[r * call.points.leading + column]);
    const bool rising = met.a >= T(0);
    const T gain = counts.weight * met.a;
    const index_t at = domain * own.leading + feature,
                  parameter = call.rows.home[r] * own.slots + s;
    if (rising && own.lower_slot[at] >= 0) {
      lower = gain * FreeLine::at_gradient(call.lower_value[parameter], met.z);
    } else if (FreeLine::frees_upper && !rising && own.upper_slot[at] >= 0) {
      upper = gain * FreeLine::at_gradient(call.upper_value[parameter], met.z);
    } else if (const T per_width = own.plane(Neurons::per_width)[neuron]; per_width > T(0)) {
      const T part = counts.share * met.a;
      chord = {part, part * ((met.z - own.plane(Neurons::origin)[neuron]) * per_width)};
    }
  }
  call.lower[r * own.slots + s] = lower;
  if constexpr (FreeLine::frees_upper) call.upper[r * own.slots + s] = upper;
  return chord;
}

/// Parameter `s` of row `r` makes a step.
template <class T>
constexpr void take_step(const StepCall<T>& call, index_t r, index_t s) {
  const index_t at = call.rows.home[r] * call.slots + s;
  const index_t limits = call.own_limits ? at : call.rows.domain[r] * call.slots + s;
  const T gradient = call.gradient[r * call.slots + s];
  const T first = call.first_decay * stored<T>(call.first, at, call.storage) +
                  (T(1) - call.first_decay) * gradient;
  const T second = call.second_decay * stored<T>(call.second, at, call.storage) +
                   (T(1) - call.second_decay) * (gradient * gradient);
  store_as(call.first, at, call.storage, first);
  store_as(call.second, at, call.storage, second);
  const T moved =
      call.value[at] + call.size[step_rate] * first /
                           (std::sqrt(second) * call.size[step_correction] + call.epsilon);
  call.value[at] = confined(moved, call.least[limits], call.most[limits]);
}

/// Row `r` of an ImproveCall.
template <class T>
constexpr void note_improvement(const ImproveCall<T>& call, index_t r) {
  if (call.rows.sign[r] == T(0)) return;
  const index_t home = call.rows.home[r];
  const T bound = call.result.constant[r];  // its slack is no merit of the slopes
  const bool better = bound > call.best[home];
  call.improved[home] = better;
  if (better) call.best[home] = bound;
}
template <class T>
constexpr void keep_parameter(const KeepCall<T>& call, index_t row, index_t s) {
  const index_t at = row * call.slots + s;
  if (call.improved[row]) store_as(call.best, at, call.storage, call.value[at]);
}

/// What row `r` of a WeighCall counts.
template <class T>
constexpr T weigh(const WeighCall<T>& call, index_t r) {
  const T sign = call.rows.sign[r];
  if (sign == T(0)) return T(0);
  const index_t at = call.rows.domain[r] * call.of.leading + call.rows.index[r];
  const T weight = sign > T(0) ? call.of.lower[at] : -call.of.upper[at];
  return weight - weight == T(0) ? weight : T(0);
}

/// Slot `s` of domain `d` of a ChordCall.
template <class T>
constexpr void add_chord(const ChordCall<T>& call, index_t d, index_t s) {
  using Neurons = FreeNeurons<T>;
  const auto& own = call.neurons;
  const index_t i = d * own.slots + s;
  double sums[4];
  for (int k = 0; k < 4; ++k) {
    double& sum = call.chords.numbers[k * call.chords.plane + i];
    sums[k] = sum;
    sum = 0;
  }
  const std::int32_t column = own.columns[i];
  if (column < 0) return;
  const auto number = [&](double high, double low) {
    return (high + low / ChordSums::finer) / ChordSums::fine * static_cast<double>(call.largest[d]);
  };
  const double whole = number(sums[0], sums[1]), end = number(sums[2], sums[3]);
  const index_t at = d * call.to.leading + column;
  const double lower_rate = static_cast<double>(own.plane(Neurons::lower_rate)[i]);
  const double upper_rate = static_cast<double>(own.plane(Neurons::upper_rate)[i]);
  call.to.lower[at] += static_cast<T>(lower_rate * (whole - end));
  call.to.upper[at] += static_cast<T>(upper_rate * end);
}

}  // namespace shardbound::inline v0::expr
