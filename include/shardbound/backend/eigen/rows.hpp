// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where rows begin and end: selected from a matrix, concretized over a set, stored as bounds.

#include <shardbound/backend/eigen/affine.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace shardbound::inline v0::detail {

/// gamma times the absolute terms of a user's row.
template <class T>
T query_slack(const expr::SelectCall<T>& call, const T* row, index_t domain) {
  T terms = 0;
  for (index_t c = 0; c < call.bounds.features; ++c) {
    const index_t at = domain * call.bounds.leading + c;
    if (row[c] == T(0)) continue;
    terms +=
        std::abs(row[c]) * (expr::largest_magnitude(call.bounds.lower[at], call.bounds.upper[at]) +
                            call.bounds.slack[at]);
  }
  return call.gamma * terms;
}

/// A row of a convolution's matrix, times `sign`, where the window of a position lies.
template <class T>
void put_window(const expr::SelectCall<T>& call, index_t channel, index_t position, const T* from,
                T sign, T* row) {
  const Geometry& g = call.geometry;
  const index_t y = position / g.columns.out, x = position % g.columns.out, each = g.in_group();
  const index_t first = channel / g.out_group() * each, positions = call.region.positions();
  std::fill_n(row, padded(call.tile.columns), T(0));
  const WindowTable table(g, call.region, {{y, 1}, {x, 1}});
  table.for_each_tap(0, [&](index_t tap, index_t q) {
    for (index_t c = 0; c < each; ++c)
      row[(first + c) * positions + q] = sign * from[tap * each + c];
  });
}

template <class T>
void select(const expr::SelectCall<T>& call) {
  const index_t width = padded(call.tile.columns);
  for (index_t r = 0; r < call.rows.count; ++r) {
    const T sign = call.rows.sign[r];
    const index_t index = call.rows.index[r];
    T* row = call.tile.data + r * call.tile.leading;
    if (sign == T(0) || !call.matrix.data) {
      std::fill(row, row + width, T(0));
      call.sums.constant[r] = call.sums.slack[r] = T(0);
      if (sign != T(0)) row[column_in(call.region, call.map, index)] = sign;
      continue;
    }
    const index_t own = index / call.geometry.out_positions();  // row of the matrix
    if (own < call.first || own >= call.first + call.matrix.rows) continue;
    const T* from = call.matrix.data + (own - call.first) * call.matrix.leading;
    if (call.geometry.is_dense())
      for (index_t c = 0; c < width; ++c) row[c] = sign * from[c];
    else
      put_window(call, own, index % call.geometry.out_positions(), from, sign, row);
    call.sums.constant[r] = call.bias ? sign * call.bias[index] : T(0);
    call.sums.slack[r] = call.bias ? call.gamma * std::abs(call.bias[index])
                                   : query_slack(call, row, call.rows.domain[r]);
  }
}

template <class T>
void concretize(const expr::ConcretizeCall<T>& call) {
  const auto& set = call.set;
  const index_t width = set.bounds.leading;
  const Lanes<T> half(T(0.5)), gamma(call.gamma);
  for (index_t r = 0; r < call.rows.count; ++r) {
    const index_t first = call.rows.domain[r] * set.bounds.leading;
    const T* row = call.tile.data + r * call.tile.leading;
    const T* lower = set.bounds.lower + first;
    const T* upper = set.bounds.upper + first;
    const T* bound_slack = set.bounds.slack + first;
    LaneSums<T> centre, reach, slack;
    for (index_t c = 0; c < width; c += lanes) {
      const auto a = Lanes<T>::load(row + c), size = magnitude(a);
      const auto l = Lanes<T>::load(lower + c), u = Lanes<T>::load(upper + c);
      const auto e = Lanes<T>::load(bound_slack + c);
      centre += a * ((l + u) * half);
      reach += size * ((u - l) * half);
      slack += size * (e + gamma * (larger(magnitude(l), magnitude(u)) + e));
    }
    T least = centre.total();
    if (set.norm == expr::Norm::infinity)
      least -= reach.total();
    else
      least -= dual_radius(row, width, set.norm, set.radius[call.rows.domain[r]]);
    expr::put_least(call, r, least, slack.total());
  }
}

/// The points of the sets where the rows are least, written for every row.
template <class T>
void worst_points(const expr::ConcretizeCall<T>& call) {
  const auto& set = call.set;
  const index_t width = set.bounds.leading;
  for (index_t r = 0; r < call.rows.count; ++r) {
    const index_t d = call.rows.domain[r];
    const T* row = call.tile.data + r * call.tile.leading;
    const T* lower = set.bounds.lower + d * set.bounds.leading;
    const T* upper = set.bounds.upper + d * set.bounds.leading;
    T* point = call.worst.data + r * call.worst.leading;
    if (set.norm == expr::Norm::infinity) {
      for (index_t c = 0; c < width; ++c) point[c] = row[c] >= T(0) ? lower[c] : upper[c];
      continue;
    }
    for (index_t c = 0; c < width; ++c) point[c] = (lower[c] + upper[c]) / 2;
    if (set.norm == expr::Norm::two) {
      const T length = dual_radius(row, width, set.norm, T(1));
      const bool known = length > T(0) && length <= std::numeric_limits<T>::max();
      for (index_t c = 0; known && c < width; ++c) point[c] -= set.radius[d] * (row[c] / length);
    } else {
      const auto steepest =
          std::max_element(row, row + width, [](T a, T b) { return std::abs(a) < std::abs(b); });
      point[steepest - row] -= *steepest >= T(0) ? set.radius[d] : -set.radius[d];
    }
  }
}

template <class T>
void store(const expr::StoreCall<T>& call) {
  for (index_t r = 0; r + 1 < call.rows.count; r += 2) expr::store_pair(call, r);
}

/// to (S, N) := or += from (S, N); a fresh tile's padding is cleared
template <class T>
void copy_columns(MatrixView<const T> from, MatrixView<T> to, Write write) {
  for (index_t r = 0; r < to.rows; ++r) {
    const T* source = from.data + r * from.leading;
    T* target = to.data + r * to.leading;
    if (write == Write::add)
      for (index_t c = 0; c < to.columns; ++c) target[c] += source[c];
    else
      std::fill(std::copy(source, source + to.columns, target), target + padded(to.columns), T(0));
  }
}

template <class T>
void copy_region(const expr::RegionCall<T>& call) {
  const MapRegion &source = call.source, &target = call.target;
  const Block rows = intersection(source.rows, target.rows);
  const Block columns = intersection(source.columns, target.columns);
  for (index_t r = 0; r < call.to.rows; ++r) {
    T* const to = call.to.data + r * call.to.leading;
    const T* const from = call.from.data + r * call.from.leading;
    if (call.write == Write::assign) std::fill_n(to, padded(call.to.columns), T(0));
    for (index_t c = 0; c < call.channels; ++c)
      for (index_t y = rows.first; y < rows.end(); ++y) {
        const T* s = from + (c * source.rows.count + y - source.rows.first) * source.columns.count +
                     columns.first - source.columns.first;
        T* t = to + (c * target.rows.count + y - target.rows.first) * target.columns.count +
               columns.first - target.columns.first;
        if (call.write == Write::add)
          for (index_t x = 0; x < columns.count; ++x) t[x] += s[x];
        else
          std::copy_n(s, columns.count, t);
      }
  }
}

template <class T>
void add_blocks(const T* from, int blocks, index_t n, T* to, Write write) {
  for (index_t i = 0; i < n; ++i) {
    T sum = from[i];
    for (int block = 1; block < blocks; ++block) sum += from[block * n + i];
    to[i] = write == Write::add ? to[i] + sum : sum;
  }
}

}  // namespace shardbound::inline v0::detail
