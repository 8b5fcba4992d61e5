// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What lies between two products: pointwise operations, composed into one type. `Chain<Ops...>` is the
// fused code of a sweep. On the way down a backend calls `pull_back` on each coefficient of a row, from the top
// operation to the bottom; on the way up `push_forward` on each number of a point, from the bottom to the top, through
// the lines that the row's coefficients chose. Operations say *what* happens to one number; loops, vectors and kernels
// are the backend's.

#include <shardbound/expr/line_source.hpp>
#include <shardbound/relax/line.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shardbound::inline v0::expr {

/// Operations of one chain: one activation and one scale in any order, and the bias below. Longer runs of pointwise
/// layers are cut, so that a table may hold every chain of a set of activations.
inline constexpr int longest_chain = 3;

/// Where one operation's numbers are, for every row: the arguments of a sweep.
template <class T>
struct OperationData {
  LineSource<T> lines;       // Relaxed, Freed
  const T* scale = nullptr;  // Scaled: (N)
  const T* shift = nullptr;  // Scaled: (N); Biased: the bias (N)
  const T* slack = nullptr;  // Scaled, Biased, Charged: (D, N)
  index_t slack_leading = 0;
};

/// A row of a tile, as operations look it up.
struct RowPlace {
  index_t row = 0, domain = 0;
  index_t home = 0;  ///< see RowsView
};

/// One coefficient on its way down, with what it adds to its row's constant and slack. V is the scalar,
/// or as many of them as a backend works on at once: with arithmetic, V::load(pointer), V::each(f), [lane], by_sign
/// and magnitude.
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
  static constexpr bool keeps_coefficients = false;
  template <class T>
  struct Row {
    const T *lower_slope, *lower_intercept, *upper_slope, *upper_intercept;
    const T *lower_slack, *upper_slack;
  };
  template <class T>
  static constexpr Row<T> row(const OperationData<T>& data, const RowPlace& at) {
    const auto& lines = data.lines;
    return {lines.lower_slope.at(at.row, at.domain), lines.lower_intercept.at(at.row, at.domain),
            lines.upper_slope.at(at.row, at.domain), lines.upper_intercept.at(at.row, at.domain),
            lines.lower_slack.at(at.row, at.domain), lines.upper_slack.at(at.row, at.domain)};
  }
  // Both lines are read before one is chosen: a choice of what to read would be a branch per number.
  template <class T, class V>
  static constexpr Line<V> line(const Row<T>& row, index_t column, const V& a) {
    V below{};
    if constexpr (!relax::lower_through_origin<F>) below = read<V>(row.lower_intercept + column);
    const V above = read<V>(row.upper_intercept + column);
    const V lower_slope = read<V>(row.lower_slope + column);
    const V upper_slope = read<V>(row.upper_slope + column);
    return {by_sign(a, lower_slope, upper_slope), by_sign(a, below, above)};
  }
  template <class T, class V>
  static constexpr void pull_back(const Row<T>& row, index_t column, Coefficient<V>& a) {
    const Line<V> chosen = line(row, column, a.value);
    const V lower_slack = read<V>(row.lower_slack + column);
    const V upper_slack = read<V>(row.upper_slack + column);
    a.constant += a.value * chosen.intercept;
    a.slack += magnitude(a.value) * by_sign(a.value, lower_slack, upper_slack);
    a.value *= chosen.slope;
  }
  template <class T, class V>
  static constexpr V below(const Row<T>& row, index_t column, const V& a) {
    return a * line(row, column, a).slope;
  }
  template <class T, class V>
  static constexpr V push_forward(const Row<T>& row, index_t column, const V& a, const V& z) {
    const Line<V> chosen = line(row, column, a);
    return chosen.slope * z + chosen.intercept;
  }
};

/// The same where unstable columns have lines of the row's own (2011.13824).
template <Optimisable F>
struct Freed {
  static constexpr bool keeps_coefficients = false;
  template <class T>
  struct Row {
    typename Relaxed<F>::template Row<T> fixed;
    const std::int32_t *lower_slot, *upper_slot;
    const T *lower, *upper;
  };
  template <class T>
  static constexpr Row<T> row(const OperationData<T>& data, const RowPlace& at) {
    const auto &lower = data.lines.lower, &upper = data.lines.upper;
    return {Relaxed<F>::row(data, at), lower.slot + lower.per_domain * at.domain,
            F::frees_upper ? upper.slot + upper.per_domain * at.domain : nullptr,
            lower.value + lower.leading * at.home,
            F::frees_upper ? upper.value + upper.leading * at.home : nullptr};
  }
  template <class T, class V>
  static constexpr Line<V> line(const Row<T>& row, index_t column, const V& a) {
    if constexpr (std::is_same_v<T, V>) {
      const bool rising = a >= T(0);
      const std::int32_t slot = rising           ? row.lower_slot[column]
                                : F::frees_upper ? row.upper_slot[column]
                                                 : -1;
      return slot < 0 ? Relaxed<F>::line(row.fixed, column, a)
                      : F::at(rising ? row.lower[slot] : row.upper[slot]);
    } else if constexpr (relax::lower_through_origin<F> && !F::frees_upper) {
      const V fixed = read<V>(row.fixed.lower_slope + column);
      const V slope = V::each([&](index_t i) {
        const std::int32_t slot = row.lower_slot[column + i];
        return slot < 0 ? fixed[i] : F::at(row.lower[slot]).slope;
      });
      const V above = read<V>(row.fixed.upper_intercept + column);
      const V upper_slope = read<V>(row.fixed.upper_slope + column);
      return {by_sign(a, slope, upper_slope), by_sign(a, V{}, above)};
    } else {
      alignas(16) T intercept[V::width];
      const V slope = V::each([&](index_t i) {
        const Line<T> one = line(row, column + i, T(a[i]));
        intercept[i] = one.intercept;
        return one.slope;
      });
      return {slope, V::load(intercept)};
    }
  }
  template <class T, class V>
  static constexpr void pull_back(const Row<T>& row, index_t column, Coefficient<V>& a) {
    const Line<V> chosen = line(row, column, a.value);
    const V lower_slack = read<V>(row.fixed.lower_slack + column);
    const V upper_slack = read<V>(row.fixed.upper_slack + column);
    a.constant += a.value * chosen.intercept;
    a.slack += magnitude(a.value) * by_sign(a.value, lower_slack, upper_slack);
    a.value *= chosen.slope;
  }
  template <class T, class V>
  static constexpr V below(const Row<T>& row, index_t column, const V& a) {
    return a * line(row, column, a).slope;
  }
  template <class T, class V>
  static constexpr V push_forward(const Row<T>& row, index_t column, const V& a, const V& z) {
    const Line<V> chosen = line(row, column, a);
    return chosen.slope * z + chosen.intercept;
  }
};

/// Per-feature scale and shift, y = scale x + shift.
struct Scaled {
  static constexpr bool keeps_coefficients = false;
  template <class T>
  struct Row {
    const T *scale, *shift, *slack;
  };
  template <class T>
  static constexpr Row<T> row(const OperationData<T>& data, const RowPlace& at) {
    return {data.scale, data.shift, data.slack + at.domain * data.slack_leading};
  }
  template <class T, class V>
  static constexpr void pull_back(const Row<T>& row, index_t column, Coefficient<V>& a) {
    a.constant += a.value * read<V>(row.shift + column);
    a.slack += magnitude(a.value) * read<V>(row.slack + column);
    a.value *= read<V>(row.scale + column);
  }
  template <class T, class V>
  static constexpr V below(const Row<T>& row, index_t column, const V& a) {
    return a * read<V>(row.scale + column);
  }
  template <class T, class V>
  static constexpr V push_forward(const Row<T>& row, index_t column, const V&, const V& z) {
    return read<V>(row.scale + column) * z + read<V>(row.shift + column);
  }
};

/// The bias of the product below, whose own slack pays for the product's rounding.
struct Biased {
  static constexpr bool keeps_coefficients = true;
  template <class T>
  struct Row {
    const T *bias, *slack;
  };
  template <class T>
  static constexpr Row<T> row(const OperationData<T>& data, const RowPlace& at) {
    return {data.shift, data.slack + at.domain * data.slack_leading};
  }
  template <class T, class V>
  static constexpr void pull_back(const Row<T>& row, index_t column, Coefficient<V>& a) {
    a.constant += a.value * read<V>(row.bias + column);
    a.slack += magnitude(a.value) * read<V>(row.slack + column);
  }
  template <class T, class V>
  static constexpr V below(const Row<T>&, index_t, const V& a) {
    return a;
  }
  template <class T, class V>
  static constexpr V push_forward(const Row<T>& row, index_t column, const V&, const V& z) {
    return z + read<V>(row.bias + column);
  }
};

/// Nothing happens to the coefficient, but what is done with it further down costs slack: copies of rows
/// that are added up where branches meet.
struct Charged {
  static constexpr bool keeps_coefficients = true;
  template <class T>
  struct Row {
    const T* slack;
  };
  template <class T>
  static constexpr Row<T> row(const OperationData<T>& data, const RowPlace& at) {
    return {data.slack + at.domain * data.slack_leading};
  }
  template <class T, class V>
  static constexpr void pull_back(const Row<T>& row, index_t column, Coefficient<V>& a) {
    a.slack += magnitude(a.value) * read<V>(row.slack + column);
  }
  template <class T, class V>
  static constexpr V below(const Row<T>&, index_t, const V& a) {
    return a;
  }
  template <class T, class V>
  static constexpr V push_forward(const Row<T>&, index_t, const V&, const V& z) {
    return z;
  }
};

/// The functor of an operation that draws lines.
template <class Operation>
struct FunctionOf {
  using type = void;
};
template <class F>
struct FunctionOf<Relaxed<F>> {
  using type = F;
};
template <class F>
struct FunctionOf<Freed<F>> {
  using type = F;
};
template <class Operation>
inline constexpr bool draws_lines = !std::is_void_v<typename FunctionOf<Operation>::type>;

/// A coefficient and a point where they meet an activation: above it, and below it.
template <class V>
struct Meeting {
  V a, z;
};

/// The operations of a chain for one row, from the top down.
template <class T, class... Operations>
struct RowOfChain {
  template <class V>
  constexpr void pull_back(index_t, Coefficient<V>&) const {}
  template <class V>
  constexpr V push_forward(index_t, const V&, const V& z) const {
    return z;
  }
};
template <class T, class Top, class... Rest>
struct RowOfChain<T, Top, Rest...> {
  typename Top::template Row<T> top;
  RowOfChain<T, Rest...> rest;

  static constexpr RowOfChain of(const OperationData<T>* data, const RowPlace& at) {
    if constexpr (sizeof...(Rest) == 0)
      return {Top::row(*data, at), {}};
    else
      return {Top::row(*data, at), RowOfChain<T, Rest...>::of(data + 1, at)};
  }
  template <class V>
  constexpr void pull_back(index_t column, Coefficient<V>& a) const {
    Top::pull_back(top, column, a);
    rest.pull_back(column, a);
  }
  /// `a` is the coefficient above the chain, `z` the point below it; returns the point above.
  template <class V>
  constexpr V push_forward(index_t column, const V& a, const V& z) const {
    const V inside = rest.push_forward(column, Top::below(top, column, a), z);
    return Top::push_forward(top, column, a, inside);
  }
  /// Where the chain's activation is met.
  template <class V>
  constexpr Meeting<V> meet(index_t column, const V& a, const V& z) const {
    const V below = Top::below(top, column, a);
    if constexpr (draws_lines<Top>)
      return {a, rest.push_forward(column, below, z)};
    else
      return rest.meet(column, below, z);
  }
};

/// The operations of a sweep from top to bottom. Where all of them keep coefficients, these are not
/// written back.
template <class... Operations>
struct Chain {
  static constexpr int length = sizeof...(Operations);
  static_assert(length >= 1 && length <= longest_chain);
  static constexpr bool writes = !(Operations::keeps_coefficients && ...);
  template <class T>
  using Row = RowOfChain<T, Operations...>;
};

/// The functor of a chain's activation, void if there is none.
template <class... Operations>
struct FunctionOf<Chain<Operations...>> {
  template <class... Rest>
  struct First {
    using type = void;
  };
  template <class Top, class... Rest>
  struct First<Top, Rest...> {
    using type =
        typename std::conditional_t<draws_lines<Top>, FunctionOf<Top>, First<Rest...>>::type;
  };
  using type = typename First<Operations...>::type;
};

/// The same chain with lines of the rows' own, where its activation has any to offer.
template <class Operation>
struct WithFreeLines {
  using type = Operation;
};
template <Optimisable F>
struct WithFreeLines<Relaxed<F>> {
  using type = Freed<F>;
};
template <class... Operations>
struct WithFreeLines<Chain<Operations...>> {
  using type = Chain<typename WithFreeLines<Operations>::type...>;
};

}  // namespace shardbound::inline v0::expr
