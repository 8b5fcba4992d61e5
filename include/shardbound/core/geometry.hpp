// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where a product's inputs lie. A feature map has channels and, for each of them, rows and columns of positions,
// stored (channels, rows, columns); a dense layer's features are channels of a single position. Every output of a
// product sees a window of its input, the same matrix at every position: a convolution is a dense layer whose
// rows and domains are positions. A region is the part of a map that some outputs see.

#include <shardbound/core/shape.hpp>

#include <algorithm>

namespace shardbound::inline v0 {

/// Features [first, first + count), or channels, rows, columns.
struct Block {
  index_t first = 0, count = 0;

  constexpr index_t end() const { return first + count; }
  friend constexpr bool operator==(const Block&, const Block&) = default;
};

/// What two blocks share; empty blocks have count 0.
constexpr Block intersection(Block a, Block b) {
  const index_t first = a.first > b.first ? a.first : b.first;
  const index_t end = a.end() < b.end() ? a.end() : b.end();
  return {first, end > first ? end - first : 0};
}

/// The least block that holds two.
constexpr Block hull(Block a, Block b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  const index_t first = std::min(a.first, b.first);
  return {first, std::max(a.end(), b.end()) - first};
}

/// One axis of a window: which inputs the taps of an output see. Inputs stand `spread` apart, with zeros between
/// them; a transposed convolution is one with a spread.
struct WindowAxis {
  index_t in = 1, out = 1;  ///< extents of the maps
  index_t taps = 1;         ///< extent of the window
  index_t stride = 1, dilation = 1, spread = 1;
  index_t before = 0;  ///< zeros in front of the first input

  /// The input that a tap of an output sees, or -1: a zero.
  constexpr index_t input_of(index_t output, index_t tap) const {
    const index_t at = output * stride + tap * dilation - before;
    if (at < 0 || at % spread != 0) return -1;
    return at / spread < in ? at / spread : -1;
  }
  /// The inputs that some outputs see.
  constexpr Block seen_by(Block outputs) const {
    if (outputs.count == 0) return {};
    const index_t low = outputs.first * stride - before;
    const index_t high = (outputs.end() - 1) * stride + (taps - 1) * dilation - before;
    const index_t first = low <= 0 ? 0 : (low + spread - 1) / spread;
    const index_t last = high < 0 ? -1 : std::min(high / spread, in - 1);
    return first <= last ? Block{first, last + 1 - first} : Block{};
  }
  friend constexpr bool operator==(const WindowAxis&, const WindowAxis&) = default;
};

/// A part of a map: all channels of some rows and columns.
struct MapRegion {
  Block rows, columns;

  constexpr index_t positions() const { return rows.count * columns.count; }
  friend constexpr bool operator==(const MapRegion&, const MapRegion&) = default;
};
constexpr MapRegion hull(const MapRegion& a, const MapRegion& b) {
  if (a.positions() == 0) return b;
  if (b.positions() == 0) return a;
  return {hull(a.rows, b.rows), hull(a.columns, b.columns)};
}

/// The windows of a product: its matrix has a row for each output channel and, for each tap, a column for each
/// input channel of the output's group, (out channels, taps x in channels / groups).
struct Geometry {
  index_t in_channels = 0, out_channels = 0, groups = 1;
  WindowAxis rows, columns;

  static constexpr Geometry dense(index_t in, index_t out) {
    Geometry geometry;
    geometry.in_channels = in;
    geometry.out_channels = out;
    return geometry;
  }

  constexpr bool is_dense() const {
    return groups == 1 && rows == WindowAxis{} && columns == WindowAxis{};
  }
  constexpr index_t taps() const { return rows.taps * columns.taps; }
  constexpr index_t in_positions() const { return rows.in * columns.in; }
  constexpr index_t out_positions() const { return rows.out * columns.out; }
  constexpr index_t in_features() const { return in_channels * in_positions(); }
  constexpr index_t out_features() const { return out_channels * out_positions(); }
  constexpr index_t in_group() const { return groups == 0 ? 0 : in_channels / groups; }
  constexpr index_t out_group() const { return groups == 0 ? 0 : out_channels / groups; }
  /// Columns of the matrix, terms of the sum that makes one output.
  constexpr index_t width() const { return taps() * in_group(); }
  /// Outputs that see one input, at most.
  constexpr index_t readers() const { return taps() * out_group(); }

  constexpr MapRegion in_map() const { return {{0, rows.in}, {0, columns.in}}; }
  constexpr MapRegion out_map() const { return {{0, rows.out}, {0, columns.out}}; }
  constexpr MapRegion seen_by(const MapRegion& outputs) const {
    const MapRegion seen{rows.seen_by(outputs.rows), columns.seen_by(outputs.columns)};
    return seen.positions() == 0 ? MapRegion{} : seen;
  }
  friend constexpr bool operator==(const Geometry&, const Geometry&) = default;
};

}  // namespace shardbound::inline v0
