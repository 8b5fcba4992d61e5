// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Work on the slots of optimised lines, a thread to each; what happens to one is expr/free_neuron.hpp's. What
// rows add up, they add up in whole numbers, so that neither blocks nor their order show.

#include <shardbound/backend/cuda/check.cuh>
#include <shardbound/backend/cuda/neurons.cuh>
#include <shardbound/backend/cuda/pack.cuh>
#include <shardbound/expr/free_neuron.hpp>

#include <cmath>

namespace shardbound::inline v0::cuda {

inline constexpr int threads_of_slots = 128;

template <class Body>
__global__ void each_slot(index_t slots, const Body body) {
  const index_t s = static_cast<index_t>(blockIdx.y) * blockDim.x + threadIdx.x;
  if (s < slots) body(static_cast<index_t>(blockIdx.x), s);
}

/// Calls body(row, slot) for every slot of some rows. There may be more rows than neurons have domains.
template <class Body>
void for_each_slot(cudaStream_t stream, index_t rows, index_t slots, const Body& body) {
  if (rows == 0 || slots == 0) return;
  each_slot<<<dim3(static_cast<unsigned>(rows), blocks_for(slots, threads_of_slots)),
              threads_of_slots, 0, stream>>>(slots, body);
  check_launch("work on slots");
}

template <class F, class T>
struct DrawFreeLines {
  F f;
  expr::FreeCall<T> call;
  __device__ void operator()(index_t d, index_t s) const { expr::free_lines(f, call, d, s); }
};
template <class T>
struct BeginParameter {
  expr::ParametersCall<T> call;
  __device__ void operator()(index_t r, index_t s) const { expr::begin_parameter(call, r, s); }
};
template <class T>
struct ConfineParameter {
  expr::ParametersCall<T> call;
  __device__ void operator()(index_t r, index_t s) const { expr::confine_parameter(call, r, s); }
};
template <class T>
struct TakeStep {
  expr::StepCall<T> call;
  __device__ void operator()(index_t r, index_t s) const {
    if (call.rows.sign[r] != T(0)) expr::take_step(call, r, s);
  }
};
template <class T>
struct NoteImprovement {
  expr::ImproveCall<T> call;
  __device__ void operator()(index_t, index_t r) const { expr::note_improvement(call, r); }
};
template <class T>
struct KeepParameter {
  expr::KeepCall<T> call;
  __device__ void operator()(index_t row, index_t s) const { expr::keep_parameter(call, row, s); }
};
template <class T>
struct KeepSlot {
  expr::KeepSlotsCall<T> call;
  __device__ void operator()(index_t r, index_t s) const { expr::keep_slot(call, r, s); }
};
template <class T>
struct AddChord {
  expr::ChordCall<T> call;
  __device__ void operator()(index_t d, index_t s) const { expr::add_chord(call, d, s); }
};

// ---- what rows count --------------------------------------------------------------------------

/// Nonnegative numbers have the order of their bits.
__device__ inline void raise_to(float* most, float x) {
  atomicMax(reinterpret_cast<unsigned*>(most), __float_as_uint(x));
}
__device__ inline void raise_to(double* most, double x) {
  atomicMax(reinterpret_cast<unsigned long long*>(most),
            static_cast<unsigned long long>(__double_as_longlong(x)));
}

template <class T>
__global__ void weigh_rows(const __grid_constant__ expr::WeighCall<T> call) {
  const index_t r = thread_number();
  if (r >= call.rows.count) return;
  const T weight = expr::weigh(call, r);
  call.weight[r] = weight;
  if (weight != T(0)) raise_to(call.largest + call.rows.domain[r], std::abs(weight));
}

template <class T>
void weigh(cudaStream_t stream, const expr::WeighCall<T>& call) {
  check(
      cudaMemsetAsync(call.largest, 0, static_cast<std::size_t>(call.domains) * sizeof(T), stream),
      "cudaMemsetAsync");
  if (call.rows.count == 0) return;
  weigh_rows<<<blocks_for(call.rows.count, most_threads), most_threads, 0, stream>>>(call);
  check_launch("weights of rows");
}

// ---- gradients --------------------------------------------------------------------------------

/// Rows that a block adds up before it tells the others.
inline constexpr int rows_of_gradients = 32;

/// What one thread's rows gain from a slot's chord.
struct ChordTotals {
  double number[4] = {};

  template <class T>
  __device__ void add(const expr::ChordGain<T>& gain) {
    if (gain.whole == T(0)) return;
    const auto whole = expr::in_whole_parts(static_cast<double>(gain.whole));
    const auto end = expr::in_whole_parts(static_cast<double>(gain.upper_end));
    number[0] += whole.high;
    number[1] += whole.low;
    number[2] += end.high;
    number[3] += end.low;
  }
  /// Adds them to those of all rows, at `place` of each plane, and begins anew.
  __device__ void hand_over(const expr::ChordSums& sums, index_t place) {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (number[k] != 0) atomicAdd(sums.numbers + k * sums.plane + place, number[k]);
      number[k] = 0;
    }
  }
};

template <class Chain, class T>
__global__ void __launch_bounds__(threads_of_slots)
    slot_gradients(const __grid_constant__ expr::GradientCall<T> call) {
  using FreeLine = typename expr::FreeLineIn<Chain>::type;
  using Row = typename Chain::template Row<T>;
  const index_t s = thread_number(), first = static_cast<index_t>(blockIdx.y) * rows_of_gradients;
  if (s >= call.neurons.slots) return;
  const index_t left = call.rows.count - first;
  const index_t end = first + (left < rows_of_gradients ? left : rows_of_gradients);
  ChordTotals totals;
  index_t domain = call.rows.domain[first];
  for (index_t r = first; r < end; ++r) {
    const expr::RowPlace place{r, call.rows.domain[r], call.rows.home_of(r)};
    if (place.domain != domain && call.chords.numbers)
      totals.hand_over(call.chords, domain * call.neurons.slots + s);
    domain = place.domain;
    const auto gain = expr::put_gradient<FreeLine>(call, Row::of(call.data, place),
                                                   expr::weight_of(call, r), r, s);
    if (call.chords.numbers) totals.add(gain);
  }
  if (call.chords.numbers) totals.hand_over(call.chords, domain * call.neurons.slots + s);
}

template <class Chain, class T>
void gradients(cudaStream_t stream, const expr::GradientCall<T>& call) {
  if (call.rows.count == 0 || call.neurons.slots == 0) return;
  const dim3 blocks(blocks_for(call.neurons.slots, threads_of_slots),
                    blocks_for(call.rows.count, rows_of_gradients));
  slot_gradients<Chain, T><<<blocks, threads_of_slots, 0, stream>>>(call);
  check_launch("gradients");
}

}  // namespace shardbound::inline v0::cuda
