// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Panels: the blocks of W's rows in which every product goes through a matrix. Their height depends on
// the matrix's shape and a constant of the backend only - never on the number of ranks or on free memory - because a
// sum over output neurons accumulates panel by panel, and its bits must not depend on how W is stored.

#include <shardbound/sharding/partition.hpp>

namespace shardbound::inline v0 {

/// Elements that a panel aims at on a CPU: large enough to amortise a gather, small beside a layer.
inline constexpr index_t panel_elements = index_t{1} << 20;

/// Rows of every panel of an out x in matrix but the last.
constexpr index_t panel_height(index_t out, index_t in, index_t elements = panel_elements) {
  const index_t height = elements / (padded(in) < 1 ? 1 : padded(in)) / row_group * row_group;
  const index_t least = height < row_group ? row_group : height;
  return out < least ? out : least;
}

constexpr index_t panel_count(index_t out, index_t in, index_t elements = panel_elements) {
  const index_t height = panel_height(out, in, elements);
  return height == 0 ? 0 : (out + height - 1) / height;
}

/// The rows of panel `number`.
constexpr Block panel(index_t out, index_t in, index_t number, index_t elements = panel_elements) {
  const index_t height = panel_height(out, in, elements);
  const index_t first = number * height;
  return {first, out - first < height ? out - first : height};
}

}  // namespace shardbound::inline v0
