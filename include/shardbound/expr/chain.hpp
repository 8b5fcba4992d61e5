// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What lies between two products: pointwise operations, composed into one type. `Chain<Ops...>` is the
// fused code of a sweep: a backend calls `pull_back` on each coefficient of a row, from the top
// operation down, reads the coefficient once and writes it once. Operations say *what* happens to one
// coefficient; loops, vectors and kernels are the backend's.

#include <shardbound/expr/line_source.hpp>
#include <shardbound/relax/line.hpp>

#include <cstddef>

namespace shardbound::inline v0::expr {

/// Operations of one chain; longer runs of pointwise layers are cut.
inline constexpr int longest_chain = 8;

/// Where one operation's numbers are, for every row: the arguments of a sweep.
template <class T>
struct OperationData {
  LineSource<T> lines;       // Relaxed
  const T* scale = nullptr;  // Scaled: (N)
  const T* shift = nullptr;  // Scaled: (N); Biased: the bias (N)
  const T* slack = nullptr;  // Scaled, Biased: (D, N)
  index_t slack_leading = 0;
};

/// The same for one row: pointers to its first column.
template <class T>
struct RowData {
  const T* lower_slope;
  const T* lower_intercept;
  const T* upper_slope;
  const T* upper_intercept;
  const T* slack;
};

/// One coefficient on its way down, with what it adds to its row's constant and slack.
template <class T>
struct Coefficient {
  T value, constant, slack;
};

template <class T>
constexpr T magnitude(T x) {
  return x < T(0) ? -x : x;
}

/// An activation replaced by its lines: a row is bounded from below, so a nonnegative coefficient takes
/// the lower line and a negative one the upper (1811.00866, theorem 3.2).
template <Relaxation F>
struct Relaxed {
  template <class T>
  static constexpr RowData<T> row(const OperationData<T>& data, index_t row, index_t domain) {
    const auto& lines = data.lines;
    const auto first = lines.line(row, domain);
    return {lines.lower_slope + first, lines.lower_intercept + first, lines.upper_slope + first,
            lines.upper_intercept + first, lines.slack + domain * lines.leading};
  }
  template <class T>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<T>& a) {
    const bool lower = a.value >= T(0);
    const T below = relax::lower_through_origin<F> ? T(0) : row.lower_intercept[column];
    const T intercept = lower ? below : row.upper_intercept[column];
    const T slope = lower ? row.lower_slope[column] : row.upper_slope[column];
    a.constant += a.value * intercept;
    a.slack += magnitude(a.value) * row.slack[column];
    a.value *= slope;
  }
};

/// Per-feature scale and shift, y = scale x + shift.
struct Scaled {
  template <class T>
  static constexpr RowData<T> row(const OperationData<T>& data, index_t, index_t domain) {
    return {data.scale, data.shift, nullptr, nullptr, data.slack + domain * data.slack_leading};
  }
  template <class T>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<T>& a) {
    a.constant += a.value * row.lower_intercept[column];
    a.slack += magnitude(a.value) * row.slack[column];
    a.value *= row.lower_slope[column];
  }
};

/// The bias of the product below, whose own slack pays for the product's rounding.
struct Biased {
  template <class T>
  static constexpr RowData<T> row(const OperationData<T>& data, index_t, index_t domain) {
    return {nullptr, data.shift, nullptr, nullptr, data.slack + domain * data.slack_leading};
  }
  template <class T>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<T>& a) {
    a.constant += a.value * row.lower_intercept[column];
    a.slack += magnitude(a.value) * row.slack[column];
  }
};

/// The operations of a sweep from top to bottom. A chain whose only operation is `Biased` leaves the
/// coefficients as they are.
template <class... Operations>
struct Chain {
  static constexpr int length = sizeof...(Operations);
  static_assert(length >= 1 && length <= longest_chain);
};

}  // namespace shardbound::inline v0::expr
