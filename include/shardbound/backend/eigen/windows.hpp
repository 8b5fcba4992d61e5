// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Products at every position of a map, as dense ones: a position of a row is a row of its own. On the way down what a
// position's outputs contribute to each tap of its window is one product, and is then added up where windows
// overlap, tap by tap in order; on the way up windows are laid out side by side and multiplied. Inside, a row's
// numbers stand channel by channel at each position, so that taps move whole vectors.

#include <shardbound/backend/eigen/lane_sums.hpp>
#include <shardbound/backend/eigen/product.hpp>
#include <shardbound/expr/calls.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace shardbound::inline v0::detail {

/// Which position below a tap of a position above sees, as numbers within their regions; -1: none.
class WindowTable {
 public:
  WindowTable(const Geometry& geometry, const MapRegion& below, const MapRegion& above)
      : rows_(axis(geometry.rows, below.rows, above.rows)),
        columns_(axis(geometry.columns, below.columns, above.columns)),
        width_(below.columns.count),
        above_width_(above.columns.count),
        row_taps_(geometry.rows.taps),
        column_taps_(geometry.columns.taps) {}

  /// Calls body(tap, position below) for the taps that see one, in order.
  template <class Body>
  void for_each_tap(index_t position, const Body& body) const {
    const index_t* row = rows_.data() + position / above_width_ * row_taps_;
    const index_t* column = columns_.data() + position % above_width_ * column_taps_;
    for (index_t i = 0; i < row_taps_; ++i)
      for (index_t j = 0; row[i] >= 0 && j < column_taps_; ++j)
        if (column[j] >= 0) body(i * column_taps_ + j, row[i] * width_ + column[j]);
  }

 private:
  static std::vector<index_t> axis(const WindowAxis& axis, Block below, Block above) {
    std::vector<index_t> seen;
    for (index_t output = above.first; output < above.end(); ++output)
      for (index_t tap = 0; tap < axis.taps; ++tap) {
        const index_t input = axis.input_of(output, tap);
        const bool inside = input >= below.first && input < below.end();
        seen.push_back(inside ? input - below.first : -1);
      }
    return seen;
  }

  std::vector<index_t> rows_, columns_;
  index_t width_, above_width_, row_taps_, column_taps_;
};

/// What one thread works in: some positions' outputs and windows, and one row's map.
template <class T>
class WindowSpace {
 public:
  /// Positions, of one row or several, that are multiplied at once.
  static constexpr index_t block = 256;

  /// For a matrix of so many rows.
  WindowSpace(const Geometry& geometry, index_t height)
      : outputs_(block * padded(height)),
        windows_(block * leading(geometry)),
        map_(whole_lines(geometry.in_positions() * padded(geometry.in_group()) + lanes)),
        packing_(packing_of(geometry, height)) {}

  static index_t leading(const Geometry& geometry) { return padded(geometry.width()) + lanes; }
  index_t size() const { return outputs_ + windows_ + map_ + packing_; }
  void use(T* workspace) {
    outputs = workspace;
    windows = outputs + outputs_;
    map = windows + windows_;
    packing = map + map_;
  }

  T* outputs = nullptr;  // (block, height)
  T* windows = nullptr;  // (block, leading)
  T* map = nullptr;      // (in positions, in channels of a group padded)
  T* packing = nullptr;

 private:
  // What stands behind must be aligned as the product's packing space is.
  static constexpr index_t whole_lines(index_t numbers) { return (numbers + 63) / 64 * 64; }
  // Of groups the matrix's rows are multiplied in parts of any height, whose blocks are no larger than they.
  static index_t packing_of(const Geometry& geometry, index_t height) {
    const index_t width = padded(geometry.width());
    const index_t blocks = std::max(ProductBlocks<T>(height, width).workspace(),
                                    ProductBlocks<T>(width, height).workspace());
    return geometry.groups == 1 ? blocks : std::max(blocks, ProductBlocks<T>::most(height, width));
  }

  index_t outputs_, windows_, map_, packing_;
};

/// The rows of a call's matrix that belong to a group, as channels of the product.
template <class T>
Block channels_of_group(const expr::WindowCall<T>& call, index_t group) {
  const index_t each = call.geometry.out_group();
  return intersection(call.channels, {group * each, each});
}

template <class T>
void add_vector(T* to, const T* from, index_t count) {
  for (index_t i = 0; i < count; i += lanes)
    (Lanes<T>::load(to + i) + Lanes<T>::load(from + i)).store(to + i);
}

/// Rows of `call` for one thread: coefficients from above to below.
template <class T>
void windows_back(const expr::WindowCall<T>& call, T* workspace) {
  const Geometry& g = call.geometry;
  WindowSpace<T> space(g, call.weight.rows);
  space.use(workspace);
  const WindowTable table(g, call.below, call.above);
  const index_t above = call.above.positions(), below = call.below.positions();
  const index_t width = padded(g.width()), leading = space.leading(g);
  const index_t each = g.in_group(), map_leading = padded(each);
  const index_t all = call.from.rows * above;
  if (call.write == Write::assign)
    for (index_t r = 0; r < call.to.rows; ++r)
      std::fill_n(call.to.data + r * call.to.leading, padded(call.to.columns), T(0));
  if (above == 0 || below == 0) return;
  for (index_t group = 0; group < g.groups; ++group) {
    const Block channels = channels_of_group(call, group);
    if (channels.count == 0) continue;
    const index_t first_channel = channels.first - call.channels.first;
    const auto weight = call.weight.row_range(first_channel, channels.count);
    const index_t out_leading = padded(channels.count);
    for (index_t first = 0; first < all; first += space.block) {
      const index_t count = std::min(space.block, all - first), height = padded_rows(count);
      std::fill_n(space.windows, height * leading, T(0));
      std::fill(space.outputs + count * out_leading, space.outputs + height * out_leading, T(0));
      for (index_t i = 0; i < count;) {  // a row's positions, channel by channel
        const index_t row = (first + i) / above, p = (first + i) % above;
        const index_t run = std::min(count - i, above - p);
        for (index_t c = 0; c < channels.count; ++c) {
          const T* from =
              call.from.data + row * call.from.leading + (first_channel + c) * above + p;
          for (index_t k = 0; k < run; ++k) space.outputs[(i + k) * out_leading + c] = from[k];
        }
        i += run;
      }
      multiply_add<T>({space.outputs, height, channels.count, out_leading},
                      {weight.data, weight.rows, width, weight.leading},
                      {space.windows, height, width, leading}, space.packing);
      for (index_t i = 0; i < count; ++i) {
        const index_t row = (first + i) / above, p = (first + i) % above;
        if (p == 0) std::fill_n(space.map, below * map_leading, T(0));
        const T* window = space.windows + i * leading;
        table.for_each_tap(p, [&](index_t tap, index_t q) {
          add_vector(space.map + q * map_leading, window + tap * each, each);
        });
        if (p + 1 < above) continue;
        T* to = call.to.data + row * call.to.leading + group * each * below;
        for (index_t c = 0; c < each; ++c, to += below)
          for (index_t q = 0; q < below; ++q) to[q] += space.map[q * map_leading + c];
      }
    }
  }
}

/// The same for points, from below to above.
template <class T>
void windows_forward(const expr::WindowCall<T>& call, T* workspace) {
  const Geometry& g = call.geometry;
  WindowSpace<T> space(g, call.weight.rows);
  space.use(workspace);
  const WindowTable table(g, call.below, call.above);
  const index_t above = call.above.positions(), below = call.below.positions();
  const index_t width = padded(g.width()), leading = space.leading(g);
  const index_t each = g.in_group(), map_leading = padded(each);
  const index_t all = call.from.rows * above;
  for (index_t group = 0; group < g.groups && above > 0; ++group) {
    const Block channels = channels_of_group(call, group);
    if (channels.count == 0) continue;
    const index_t first_channel = channels.first - call.channels.first;
    const auto weight = call.weight.row_range(first_channel, channels.count);
    const index_t out_leading = padded(channels.count);
    for (index_t first = 0; first < all; first += space.block) {
      const index_t count = std::min(space.block, all - first), height = padded_rows(count);
      std::fill_n(space.windows, height * leading, T(0));
      for (index_t i = 0; i < count; ++i) {
        const index_t row = (first + i) / above, p = (first + i) % above;
        if (p == 0 || i == 0) {
          const T* from = call.from.data + row * call.from.leading + group * each * below;
          for (index_t c = 0; c < each; ++c, from += below)
            for (index_t q = 0; q < below; ++q) space.map[q * map_leading + c] = from[q];
        }
        T* window = space.windows + i * leading;
        table.for_each_tap(p, [&](index_t tap, index_t q) {
          std::copy_n(space.map + q * map_leading, each, window + tap * each);
        });
      }
      multiply_transposed<T>({space.windows, height, width, leading},
                             {weight.data, weight.rows, width, weight.leading},
                             {space.outputs, height, channels.count, out_leading}, space.packing);
      for (index_t i = 0; i < count; ++i) {
        const index_t row = (first + i) / above, p = (first + i) % above;
        T* to = call.to.data + row * call.to.leading + first_channel * above + p;
        for (index_t c = 0; c < channels.count; ++c)
          to[c * above] = space.outputs[i * out_leading + c];
      }
    }
  }
}

}  // namespace shardbound::inline v0::detail
