// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What lies between two products: pointwise operations, composed into one type. `Chain<Ops...>` is the
// fused code of a sweep: a backend calls `pull_back` on each coefficient of a row, from the top
// operation down, reads the coefficient once and writes it once. Operations say *what* happens to one
// coefficient; loops, vectors and kernels are the backend's.

#include <shardbound/expr/line_source.hpp>
#include <shardbound/relax/line.hpp>

#include <cstddef>
#include <type_traits>

namespace shardbound::inline v0::expr {

/// Operations of one chain: one activation and one scale in any order, and the bias below. Longer runs of pointwise
/// layers are cut, so that a table may hold every chain of a set of activations.
inline constexpr int longest_chain = 3;

/// Where one operation's numbers are, for every row: the arguments of a sweep.
template <class T>
struct OperationData {
  LineSource<T> lines;       // Relaxed
  const T* scale = nullptr;  // Scaled: (N)
  const T* shift = nullptr;  // Scaled: (N); Biased: the bias (N)
  const T* slack = nullptr;  // Scaled, Biased, Charged: (D, N)
  index_t slack_leading = 0;
};

/// The same for one row: pointers to its first column.
template <class T>
struct RowData {
  const T* lower_slope;
  const T* lower_intercept;
  const T* upper_slope;
  const T* upper_intercept;
  const T* lower_slack;
  const T* upper_slack;
};

/// One coefficient on its way down, with what it adds to its row's constant and slack. V is the scalar,
/// or as many of them as a backend works on at once: with arithmetic, V::load(pointer), by_sign and
/// magnitude.
template <class V>
struct Coefficient {
  V value, constant, slack;
};

template <class V, class T>
constexpr V read(const T* from) {
  if constexpr (std::is_same_v<V, T>)
    return *from;
  else
    return V::load(from);
}
template <class T>
constexpr T by_sign(T x, T rising, T falling) {
  return x >= T(0) ? rising : falling;
}
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
    return {lines.lower_slope + first,
            lines.lower_intercept + first,
            lines.upper_slope + first,
            lines.upper_intercept + first,
            lines.lower_slack + domain * lines.leading,
            lines.upper_slack + domain * lines.leading};
  }
  // Both lines are read before one is chosen: a choice of what to read would be a branch per number.
  template <class T, class V>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<V>& a) {
    V below{};
    if constexpr (!relax::lower_through_origin<F>) below = read<V>(row.lower_intercept + column);
    const V above = read<V>(row.upper_intercept + column);
    const V lower_slope = read<V>(row.lower_slope + column);
    const V upper_slope = read<V>(row.upper_slope + column);
    const V lower_slack = read<V>(row.lower_slack + column);
    const V upper_slack = read<V>(row.upper_slack + column);
    a.constant += a.value * by_sign(a.value, below, above);
    a.slack += magnitude(a.value) * by_sign(a.value, lower_slack, upper_slack);
    a.value *= by_sign(a.value, lower_slope, upper_slope);
  }
};

/// Per-feature scale and shift, y = scale x + shift.
struct Scaled {
  template <class T>
  static constexpr RowData<T> row(const OperationData<T>& data, index_t, index_t domain) {
    return {data.scale, data.shift, nullptr, nullptr, data.slack + domain * data.slack_leading,
            nullptr};
  }
  template <class T, class V>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<V>& a) {
    a.constant += a.value * read<V>(row.lower_intercept + column);
    a.slack += magnitude(a.value) * read<V>(row.lower_slack + column);
    a.value *= read<V>(row.lower_slope + column);
  }
};

/// The bias of the product below, whose own slack pays for the product's rounding.
struct Biased {
  template <class T>
  static constexpr RowData<T> row(const OperationData<T>& data, index_t, index_t domain) {
    return {nullptr, data.shift, nullptr, nullptr, data.slack + domain * data.slack_leading,
            nullptr};
  }
  template <class T, class V>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<V>& a) {
    a.constant += a.value * read<V>(row.lower_intercept + column);
    a.slack += magnitude(a.value) * read<V>(row.lower_slack + column);
  }
};

/// Nothing happens to the coefficient, but what is done with it further down costs slack: copies of rows
/// that are added up where branches meet.
struct Charged {
  template <class T>
  static constexpr RowData<T> row(const OperationData<T>& data, index_t, index_t domain) {
    return {nullptr, nullptr, nullptr, nullptr, data.slack + domain * data.slack_leading, nullptr};
  }
  template <class T, class V>
  static constexpr void pull_back(const RowData<T>& row, index_t column, Coefficient<V>& a) {
    a.slack += magnitude(a.value) * read<V>(row.lower_slack + column);
  }
};

/// Whether an operation leaves coefficients as they are.
template <class Operation>
inline constexpr bool keeps_coefficients =
    std::is_same_v<Operation, Biased> || std::is_same_v<Operation, Charged>;

/// The operations of a sweep from top to bottom. Where all of them keep coefficients, these are not
/// written back.
template <class... Operations>
struct Chain {
  static constexpr int length = sizeof...(Operations);
  static_assert(length >= 1 && length <= longest_chain);
};

}  // namespace shardbound::inline v0::expr
