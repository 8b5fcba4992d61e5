// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a backend is asked to do with nodes whose outputs each read some features of their inputs, through no matrix:
// gathers, and sums, maxima and softmaxes of runs of features, and products of two inputs. One call says it of all
// of them; their kind is a number in it, so that a network's chains stay what they are.

#include <shardbound/expr/calls.hpp>
#include <shardbound/expr/node.hpp>

#include <cstdint>

namespace shardbound::inline v0::expr {

/// One side's lines of a node's outputs, (D, N) each, over the features y (of a second input: z) that they read:
///
///   gather, sum  what they are; only the slack is there, and it is that of both sides
///   maximum      slope y[choice] + intercept; the lower lines' are 1 and 0, and not stored
///   multiply     slope y + other z + intercept
///   softmax      slope (y - sum over the output's run of other_j y_j) + intercept
///
/// The slack says by how much, per unit of a row's coefficient, rounding may have spoiled a line, the bounds it was
/// drawn from and what is done with the coefficient on its way to the inputs.
template <class T>
struct MixedSide {
  T* slope = nullptr;
  T* other = nullptr;
  T* intercept = nullptr;
  T* slack = nullptr;

  constexpr MixedSide from(index_t at) const {
    return {slope ? slope + at : nullptr, other ? other + at : nullptr,
            intercept ? intercept + at : nullptr, slack ? slack + at : nullptr};
  }
};

/// What a node that mixes features does, with its numbers: the feature that each output of a gather is (N), or -1 for
/// the constant of its place, and the other way round, feature by feature (N_in + 1 places in N outputs), who reads
/// it. A maximum may know the indices of the gather that it stands on (N_in), and so which of
/// the features in a run are one.
template <class T>
struct Mixing {
  NodeKind kind = NodeKind::gather;
  index_t run = 1;
  const std::int32_t* indices = nullptr;
  const std::int32_t* first_reader = nullptr;
  const std::int32_t* readers = nullptr;
  const T* fill = nullptr;
  const T* fill_error = nullptr;  // by how much constants may be off
  MixedSide<T> lower, upper;
  std::int32_t* choice = nullptr;  // maximum: (D, N), the feature that the lines are of
  index_t leading = 0;             // of these, N padded

  constexpr bool has_lines() const { return mixes_by_lines(kind); }
};

/// Bounds, points or lines of such a node. `other` is its second input, if it has one.
template <class T>
struct MixedCall {
  Mixing<T> node;
  BoundsView<const T> in, other;
  BoundsView<T> out;
  T gamma = 0;        // of a row's sum of constants over the outputs
  T run_gamma = 0;    // of sums over a run
  T meets = 0;        // of adding rows up at the input
  T other_meets = 0;  // and at the other
};

/// Pull rows (S, N) through the node to input number `operand`, (S, N_in), which they make or are added to. What they
/// add to the rows' sums is added with operand 0.
template <class T>
struct PullCall {
  Mixing<T> node;
  int operand = 0;
  MatrixView<const T> from;
  MatrixView<T> to;
  Write write = Write::assign;
  RowsView<T> rows;
  RowSums<T> sums;
};

/// Push points of input number `operand`, (S, N_in), to the node, (S, N), each through the lines that its row's
/// coefficients chose: they make the point, or are added to what other inputs made of it.
template <class T>
struct MixedPushCall {
  Mixing<T> node;
  int operand = 0;
  MatrixView<const T> coefficients;
  MatrixView<const T> from;
  MatrixView<T> to;
  Write write = Write::assign;
  RowsView<T> rows;
};

}  // namespace shardbound::inline v0::expr
