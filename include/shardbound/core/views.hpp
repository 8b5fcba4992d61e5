// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Views: where a matrix lies, without owning it. The memory may belong to a device, so only a backend
// looks through `data`; everybody else just does arithmetic on extents.

#include <shardbound/core/shape.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace shardbound::inline v0 {

/// What becomes of the numbers that are there: replaced, or added to.
enum class Write { assign, add };

/// A row-major matrix: element (r, c) stands at data[r * leading + c].
template <class T>
struct MatrixView {
  T* data = nullptr;
  index_t rows = 0, columns = 0, leading = 0;

  constexpr MatrixView row_range(index_t first, index_t count) const {
    return {data + first * leading, count, columns, leading};
  }
  constexpr MatrixView column_range(index_t first, index_t count) const {
    return {data + first, rows, count, leading};
  }
  template <std::same_as<const T> U>
    requires(!std::is_const_v<T>)
  constexpr operator MatrixView<U>() const { return {data, rows, columns, leading}; }
};

/// Interval bounds of one node's neurons for D domains, each (D, N): lower <= y <= upper up to
/// `slack`, the rounding that the bounds may have picked up on their way here.
template <class T>
struct BoundsView {
  T* lower = nullptr;
  T* upper = nullptr;
  T* slack = nullptr;
  index_t domains = 0, features = 0, leading = 0;

  template <std::same_as<const T> U>
    requires(!std::is_const_v<T>)
  constexpr operator BoundsView<U>() const {
    return {lower, upper, slack, domains, features, leading};
  }
};

/// The rows of one wave: row r bounds sign[r] times functional index[r] over domain domain[r]. Rows
/// that only fill up a tile have sign 0. What is stored for rows is found by their home, where they have one.
template <class T>
struct RowsView {
  const std::int32_t* index = nullptr;
  const std::int32_t* domain = nullptr;
  const T* sign = nullptr;
  index_t count = 0;
  const std::int32_t* home = nullptr;

  constexpr RowsView range(index_t first, index_t rows) const {
    return {index + first, domain + first, sign + first, rows, home ? home + first : nullptr};
  }
  constexpr index_t home_of(index_t row) const { return home ? home[row] : row; }
};

}  // namespace shardbound::inline v0
