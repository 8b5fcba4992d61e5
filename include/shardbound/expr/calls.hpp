// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a backend is asked to do, as values. Every argument of a primitive is a view or a number, so a
// call can be queued, replayed or turned into a kernel launch; nothing is read back on the host.

#include <shardbound/core/geometry.hpp>
#include <shardbound/expr/chain.hpp>
#include <shardbound/expr/row_constants.hpp>

#include <cstdint>

namespace shardbound::inline v0::expr {

/// Pull the rows of a tile (S, N), in place, through a chain, adding to the rows' sums; `data` from its top operation
/// down. `trace`, if there, receives the coefficients as they were above the chain, (S, N).
template <class T>
struct SweepCall {
  MatrixView<T> tile;
  RowsView<T> rows;
  RowSums<T> sums;
  OperationData<T> data[longest_chain];
  MatrixView<T> trace{};
};

/// Push points (S, N), in place, from below a chain to above it, each through the lines that its row's coefficients
/// chose: `coefficients` is the trace of the sweep that pulled the rows through.
template <class T>
struct PushCall {
  MatrixView<const T> coefficients;
  MatrixView<T> points;
  RowsView<T> rows;
  OperationData<T> data[longest_chain];
};

/// Rows of a tile through the windows of a product, of which `weight` has the rows of some output channels: on the way
/// down coefficients on those channels, (S, channels x above), become or are added to coefficients on the input,
/// (S, in channels x below); on the way up points in the same tiles the other way round. What lies outside a region
/// is zero on the way down; on the way up no window may see it.
template <class T>
struct WindowCall {
  Geometry geometry;
  MapRegion below, above;  // what tiles hold of either map
  Block channels;
  MatrixView<const T> weight;  // (channels, width)
  MatrixView<const T> from;
  MatrixView<T> to;
  Write write = Write::assign;  // on the way down
  T* workspace = nullptr;
};

/// Rows on a region of a map (S, channels x source) become, or are added to, rows on another (S, channels x target),
/// where the two overlap; what they replace elsewhere is zero.
template <class T>
struct RegionCall {
  index_t channels = 0;
  MapRegion source, target;
  MatrixView<const T> from;
  MatrixView<T> to;
  Write write = Write::assign;
};

/// Planes over a map, (rows, channels x map) each, become planes over a region of it, one behind the other.
template <class T>
struct PackCall {
  static constexpr int most = 11;  // what one chain reads

  index_t channels = 0;
  MapRegion map, region;
  int count = 0;
  const T* from[most] = {};
  index_t rows[most] = {}, leading[most] = {};
  T* to = nullptr;

  constexpr index_t columns() const { return channels * region.positions(); }
  /// Adds a plane; returns where it will lie.
  constexpr T* add(const T* plane, index_t height, index_t plane_leading) {
    T* place = to;
    for (int i = 0; i < count; ++i) place += rows[i] * padded(columns());
    from[count] = plane;
    rows[count] = height;
    leading[count++] = plane_leading;
    return place;
  }
  /// The copy of one plane that lies at `place`.
  constexpr RegionCall<T> copy(int plane, T* place) const {
    RegionCall<T> call;
    call.channels = channels;
    call.source = map;
    call.target = region;
    call.from = {from[plane], rows[plane], channels * map.positions(), leading[plane]};
    call.to = {place, rows[plane], columns(), padded(columns())};
    return call;
  }
};

/// Start rows: row r becomes sign * matrix[index] with constant sign * bias[index], or sign at column
/// `index` where there is no matrix. The matrix may come in panels of rows, `first` onwards; a row whose
/// index lies elsewhere is left alone. Rows of sign 0 become zero. A layer's own row is exact, but what is added to
/// its bias later costs that gamma times its size; a user's row may have been rounded to T, which costs gamma times
/// its absolute terms over `bounds`.
template <class T>
struct SelectCall {
  MatrixView<const T> matrix;  // data null: the identity
  const T* bias = nullptr;     // a layer's matrix: its bias
  BoundsView<const T> bounds;  // a user's matrix: the bounds of its columns
  T gamma = 0;
  index_t first = 0;
  RowsView<T> rows;
  MatrixView<T> tile;
  RowSums<T> sums;
  // Neurons of a convolution: `matrix` has the rows of output channels, which stand in their windows
  Geometry geometry;
  MapRegion map{}, region{};  // that of the tile's node, and what the tile holds of it
};

/// The set that a node's vector ranges over: its interval bounds, or - on the network's input - a ball
/// around their centre, whose dual norm then takes the place of the absolute sum.
enum class Norm { infinity, two, one };

template <class T>
struct SetView {
  BoundsView<const T> bounds;
  Norm norm = Norm::infinity;
  const T* radius = nullptr;  // (D), for the balls
};

/// The least value of every row over its domain's set: result = constant + min of row . y, slack
/// likewise; non-finite results are vacuous (-inf, slack 0). `worst`, if there, receives the points
/// where the least values are taken, (S, N).
template <class T>
struct ConcretizeCall {
  MatrixView<const T> tile;
  RowsView<T> rows;
  RowSums<T> sums;
  SetView<T> set;
  T gamma = 0;
  T inflation = 1;  // of the slack that rows have gathered
  RowSums<T> result;
  MatrixView<T> worst;
};

/// Intervals through rows [first, first + weight.rows) of z = W y + b, at every position if there are several.
/// `row_slack` (D, N_out) receives what the product's own rounding may cost per unit of a coefficient on z.
template <class T>
struct AffineCall {
  Geometry geometry;
  MatrixView<const T> weight;
  const T* bias = nullptr;
  index_t first = 0;
  SetView<T> in;
  BoundsView<T> out;
  T* row_slack = nullptr;
  T gamma = 0;                // of sums over y, for the interval's slack
  T row_gamma = 0;            // of sums over z and what they are added to, for row_slack
  T inflation = 1;            // of slack that was summed over y
  T* workspace = nullptr;     // see the backend's affine_workspace
  index_t first_channel = 0;  // of the whole matrix that `weight` begins with

  constexpr index_t channel(index_t row) const { return first_channel + row; }
  /// The output of row `row` of the matrix at a position.
  constexpr index_t output(index_t row, index_t position) const {
    return row * geometry.out_positions() + position;
  }
};

/// The same where each rank has only some columns of W. Every rank sums over its columns (`call.in`
/// holds those alone) and writes, for each row, centre, reach, slack and magnitude to `sums`,
/// (D, 4, leading) from row `call.first` on; whoever has all ranks' sums of some rows, (parts, D, 4,
/// leading), finishes them. With `points` there are values alone.
template <class T>
struct PartialAffineCall {
  AffineCall<T> call;
  T* sums = nullptr;
  index_t leading = 0;
  index_t rows = 0;  // to finish
  int parts = 1;
  bool points = false;
};

/// Pointwise work on one node's bounds; which activation comes with the call's type.
template <class T>
struct PointwiseCall {
  BoundsView<const T> in;
  BoundsView<T> out;
  const T* scale = nullptr;  // per-feature scale and shift only
  const T* shift = nullptr;
  const T* scale_error = nullptr;  // by how much either may be off, (N) each
  const T* shift_error = nullptr;
  T* lower_slope = nullptr;
  T* lower_intercept = nullptr;
  T* upper_slope = nullptr;
  T* upper_intercept = nullptr;
  T* lower_slack = nullptr;  // the only slack of a scale and shift
  T* upper_slack = nullptr;
  T gamma = 0;  // of a row's sum of constants over the neurons
  T meets = 0;  // of adding rows up at the input, if it has other readers
};

/// One input of a sum or a concatenation, on the way up: it goes to columns [column, column + in.features) of
/// the node, which it makes or is added to. `row_slack` (D, N), null if nothing is to pay for, receives what a
/// coefficient of 1 on the node may cost when its copy is added to other rows at the input.
template <class T>
struct BranchCall {
  BoundsView<const T> in;
  BoundsView<T> out;
  index_t column = 0;
  Write write = Write::assign;
  T* row_slack = nullptr;
  T meets = 0;
};

/// How new bounds meet the ones that are there.
enum class Meet { assign, intersect };

/// Put rows' results in place. Rows come in pairs: row 2k is the lower bound of neuron index[2k], row
/// 2k + 1 minus its upper bound. Bounds that rounding made cross are widened to the two of them.
template <class T>
struct StoreCall {
  RowsView<T> rows;
  RowSums<T> result;
  BoundsView<T> bounds;
  Meet meet = Meet::assign;
};

/// Bounds that a caller vouches for, (D, N) each with the leading dimension of `bounds`, take the place of
/// these or are intersected with them.
template <class T>
struct GiveCall {
  const T* lower = nullptr;
  const T* upper = nullptr;
  BoundsView<T> bounds;
  Meet meet = Meet::assign;
};

/// Lists of rows being made: capacity is for the caller to see to. Behind the list come `rest` rows of
/// sign 0.
template <class T>
struct RowsTarget {
  std::int32_t* index = nullptr;
  std::int32_t* domain = nullptr;
  T* sign = nullptr;
  std::int64_t* count = nullptr;  // one number, in the backend's memory
  index_t rest = 0;
};

}  // namespace shardbound::inline v0::expr
