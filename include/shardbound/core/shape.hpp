// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Extents. A shape is a structural value, so it can be computed while compiling and be printed by the
// compiler inside a failed constraint. Counts are 64-bit everywhere.

#include <shardbound/core/config.hpp>

#include <cstdint>
#include <string>

namespace shardbound::inline v0 {

using index_t = std::int64_t;

/// The extents of one feature tensor, batch axis left out: (N) or (channels, height, width).
struct Shape {
  static constexpr int max_rank = 4;

  int rank = 0;
  index_t extents[max_rank] = {};

  constexpr Shape() = default;
  template <class... Extents>
    requires(sizeof...(Extents) >= 1 && sizeof...(Extents) <= max_rank)
  constexpr explicit Shape(Extents... sizes)
      : rank(sizeof...(Extents)), extents{static_cast<index_t>(sizes)...} {}

  constexpr index_t elements() const {
    index_t product = 1;
    for (int axis = 0; axis < rank; ++axis) product *= extents[axis];
    return product;
  }
  constexpr bool is_flat() const { return rank == 1; }
  constexpr Shape flattened() const { return Shape{elements()}; }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

/// "256" or "16x8x8".
inline std::string to_string(const Shape& shape) {
  std::string text;
  for (int axis = 0; axis < shape.rank; ++axis) {
    if (axis) text += 'x';
    text += std::to_string(shape.extents[axis]);
  }
  return text;
}

/// Feature axes are stored padded with zeros to whole groups of this many numbers, so that a row's
/// sums run over full groups whatever the layer's width: no remainder loops, no other order.
inline constexpr index_t lanes = 8;

/// The leading dimension of `features` numbers.
constexpr index_t padded(index_t features) { return (features + lanes - 1) / lanes * lanes; }

/// Rows of a tile are padded with zero rows to a multiple of 8, at least 16: with fewer, matrix
/// products round a row differently depending on its neighbours.
inline constexpr index_t row_group = 8;
inline constexpr index_t least_rows = 16;
constexpr index_t padded_rows(index_t rows) {
  const index_t grouped = (rows + row_group - 1) / row_group * row_group;
  return grouped < least_rows ? least_rows : grouped;
}

}  // namespace shardbound::inline v0
