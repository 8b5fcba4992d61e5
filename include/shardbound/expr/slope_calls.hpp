// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a backend is asked to do where lines are optimised (alpha-CROWN, 2011.13824): lines that are free, their
// gradients, the steps of Adam, and what the objective makes of bounds inside the network. Whatever is stored for a row
// is one array of R x U numbers, R the rows of a list that are this rank's and U the slots of an activation; calls
// find it by RowsView::home. What is stored for neurons is by domain and slot.

#include <shardbound/core/precision.hpp>
#include <shardbound/expr/calls.hpp>

#include <cstdint>

namespace shardbound::inline v0::expr {

/// What an activation's neurons may be given, over D domains: the columns of those that were unstable when slots were
/// dealt out, in ascending order, then -1; for every column its slot where its line is free now, else -1; and by slot
/// what parameters may be, and how the chord moves where a line is one.
template <class T>
struct FreeNeurons {
  const std::int32_t* columns = nullptr;  // (D, U)
  std::int32_t* lower_slot = nullptr;     // (D, N)
  std::int32_t* upper_slot = nullptr;     // (D, N); null if no upper line is ever free
  T* numbers = nullptr;                   // (plane_count, D, U)
  index_t domains = 0, slots = 0;         // U, padded
  index_t leading = 0;                    // N, padded

  enum Plane {
    least,  // parameters of the lower line, and where they begin
    most,
    start,
    upper_least,
    upper_most,
    upper_start,
    origin,      // l
    per_width,   // 1 / (u - l); 0: no line is a chord that moves
    lower_rate,  // f'(l) - slope, of the chord
    upper_rate,
    plane_count
  };
  constexpr T* plane(int which) const { return numbers + which * domains * slots; }
};

/// Draws free lines over an activation's intervals, and charges its slacks for every line that may be chosen. Comes
/// after the lines themselves.
template <class T>
struct FreeCall {
  FreeNeurons<T> neurons;
  PointwiseCall<T> lines;
};

/// Parameters of a list's rows, (R, U): they are put where lines begin, or - confined - within what these may be now.
template <class T>
struct ParametersCall {
  RowsView<T> rows;
  FreeNeurons<T> neurons;
  T* lower = nullptr;
  T* upper = nullptr;
};

/// Sums over rows that do not depend on their order: whole numbers, exact in double precision. A number x, relative to
/// what is largest in its domain, is high / fine + low / (fine finer). Two sums for each slot: how far rows rise with a neuron's whole
/// chord, and with the upper end of it.
struct ChordSums {
  double* numbers = nullptr;  // (4, D, U): high and low of the one, then of the other
  index_t plane = 0;          // D U

  static constexpr double fine = 0x1p8, finer = 0x1p30, most = 0x1p37;  // for less than 2^16 rows
};

/// Rows keep the coefficients that they have where they meet an activation, on the neurons of their domains that have a
/// slot.
template <class T>
struct KeepSlotsCall {
  MatrixView<const T> tile;  // (S, N), above the chain
  RowsView<T> rows;
  const std::int32_t* columns = nullptr;  // (D, U), see FreeNeurons
  const T* scale = nullptr;               // (N): of what is above the activation, if anything is
  MatrixView<T> kept;                     // (S, U)
};

/// What rows gain from the lines of one activation: weight * coefficient * (what the line gains at the point), where the
/// two meet. That is d (sum of weight * row) / d parameter for free lines, (S, U), and what chords add up.
template <class T>
struct GradientCall {
  MatrixView<const T> coefficients;  // above the chain
  MatrixView<const T> points;        // below it
  RowsView<T> rows;
  OperationData<T> data[longest_chain];
  FreeNeurons<T> neurons;
  const T* weight = nullptr;  // (S)
  const T* largest =
      nullptr;  // (D): of the magnitudes of the weights of a domain's rows in the list
  const T* lower_value = nullptr;  // (R, U): parameters
  const T* upper_value = nullptr;
  T* lower = nullptr;  // (S, U): the gradients
  T* upper = nullptr;
  ChordSums chords;           // numbers null: not wanted
  MapRegion map{}, region{};  // that of the neurons, and what tiles hold of it
};

/// Where a step's two numbers that change from one to the next are: learning rate / (1 - first_decay^t) and
/// 1 / sqrt(1 - second_decay^t).
enum StepNumber { step_rate, step_correction, step_numbers };

/// A step of Adam (1412.6980) uphill. Parameters stay within what their neurons allow.
template <class T>
struct StepCall {
  RowsView<T> rows;
  const T* gradient = nullptr;  // (S, U)
  index_t slots = 0;
  T* value = nullptr;      // (R, U)
  void* first = nullptr;   // (R, U): moments
  void* second = nullptr;  // (R, U)
  SlopeStorage storage = SlopeStorage::exact;
  const T* least = nullptr;  // (D, U), or (R, U) where rows have limits of their own
  const T* most = nullptr;
  bool own_limits = false;
  const T* size = nullptr;  // (step_numbers)
  T first_decay = T(0.9), second_decay = T(0.999), epsilon = T(1e-8);
};

/// Notes which rows' bounds are better than they ever were.
template <class T>
struct ImproveCall {
  RowsView<T> rows;
  RowSums<T> result;                 // (S)
  T* best = nullptr;                 // (R)
  std::uint8_t* improved = nullptr;  // (R)
};
/// Those rows keep their parameters.
template <class T>
struct KeepCall {
  const std::uint8_t* improved = nullptr;  // (R)
  index_t rows = 0, slots = 0;
  const T* value = nullptr;  // (R, U)
  void* best = nullptr;
  SlopeStorage storage = SlopeStorage::exact;
};

/// What a change of a node's bounds does to the objective, (D, N).
template <class T>
struct Cotangents {
  T* lower = nullptr;
  T* upper = nullptr;
  index_t leading = 0;
};
/// What the rows that bound a node's neurons therefore count, (S), and the largest magnitude of that in each domain. A row counts as if
/// the bound that holds were its own, also where an interval or an earlier slope found a better one: else it could never
/// overtake it.
template <class T>
struct WeighCall {
  RowsView<T> rows;
  Cotangents<T> of;
  T* weight = nullptr;
  T* largest = nullptr;  // (D)
  index_t domains = 0;
};
/// Adds what chords add up to to the cotangents of the node below, and clears them.
template <class T>
struct ChordCall {
  FreeNeurons<T> neurons;
  ChordSums chords;
  const T* largest = nullptr;  // (D)
  Cotangents<T> to;
};

}  // namespace shardbound::inline v0::expr
