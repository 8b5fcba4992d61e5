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

/// What code that reads fixed lines depends on; all else about them are numbers.
enum class LineKind { any, lower_through_origin };

/// Of an activation, or of free lines.
template <class F>
inline constexpr LineKind line_kind =
    relax::lower_through_origin<F> ? LineKind::lower_through_origin : LineKind::any;

/// What operations do that replace an activation by its lines: a row is bounded from below, so a nonnegative coefficient
/// takes the lower line and a negative one the upper (1811.00866, theorem 3.2). `Operation` says which lines:
/// line(row, column, a), and a row's slacks.
template <class Operation>
struct GoesByLines {
  static constexpr bool keeps_coefficients = false;
  template <class Row, class V>
  static constexpr void pull_back(const Row& row, index_t column, Coefficient<V>& a) {
    const Line<V> chosen = Operation::line(row, column, a.value);
    const V lower_slack = read<V>(row.lower_slack + column);
    const V upper_slack = read<V>(row.upper_slack + column);
    a.constant += a.value * chosen.intercept;
    a.slack += magnitude(a.value) * by_sign(a.value, lower_slack, upper_slack);
    a.value *= chosen.slope;
  }
  template <class Row, class V>
  static constexpr V below(const Row& row, index_t column, const V& a) {
    return a * Operation::line(row, column, a).slope;
  }
  template <class Row, class V>
  static constexpr V push_forward(const Row& row, index_t column, const V& a, const V& z) {
    const Line<V> chosen = Operation::line(row, column, a);
    return chosen.slope * z + chosen.intercept;
  }
};

/// Any activation, by the lines of a source.
template <LineKind Kind>
struct Relaxed : GoesByLines<Relaxed<Kind>> {
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
    if constexpr (Kind == LineKind::any) below = read<V>(row.lower_intercept + column);
    const V above = read<V>(row.upper_intercept + column);
    const V lower_slope = read<V>(row.lower_slope + column);
    const V upper_slope = read<V>(row.upper_slope + column);
    return {by_sign(a, lower_slope, upper_slope), by_sign(a, below, above)};
  }
};

/// The same where unstable columns have lines of the row's own (2011.13824): FreeLine says which one a parameter means,
/// see relax::FreeLineOf.
template <class FreeLine>
struct Freed : GoesByLines<Freed<FreeLine>> {
  using Fixed = Relaxed<line_kind<FreeLine>>;
  template <class T>
  struct Row : Fixed::template Row<T> {
    const std::int32_t *lower_slot, *upper_slot;
    const T *lower, *upper;
  };
  template <class T>
  static constexpr Row<T> row(const OperationData<T>& data, const RowPlace& at) {
    constexpr bool frees_upper = FreeLine::frees_upper;
    const auto &lower = data.lines.lower, &upper = data.lines.upper;
    return {Fixed::row(data, at), lower.slot + lower.per_domain * at.domain,
            frees_upper ? upper.slot + upper.per_domain * at.domain : nullptr,
            lower.value + lower.leading * at.home,
            frees_upper ? upper.value + upper.leading * at.home : nullptr};
  }
  template <class T, class V>
  static constexpr Line<V> line(const Row<T>& row, index_t column, const V& a) {
    if constexpr (std::is_same_v<T, V>) {
      const bool rising = a >= T(0);
      const std::int32_t slot = rising                  ? row.lower_slot[column]
                                : FreeLine::frees_upper ? row.upper_slot[column]
                                                        : -1;
      return slot < 0 ? Fixed::template line<T>(row, column, a)
                      : FreeLine::at(rising ? row.lower[slot] : row.upper[slot]);
    } else if constexpr (relax::lower_through_origin<FreeLine> && !FreeLine::frees_upper) {
      const V fixed = read<V>(row.lower_slope + column);
      const V slope = V::each([&](index_t i) {
        const std::int32_t slot = row.lower_slot[column + i];
        return slot < 0 ? fixed[i] : FreeLine::at(row.lower[slot]).slope;
      });
      const V above = read<V>(row.upper_intercept + column);
      const V upper_slope = read<V>(row.upper_slope + column);
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
};

/// What an activation is in a chain: with lines of the rows' own, where it has any to offer. Activations that are the
/// same share the code of their sweeps.
template <Relaxation F>
struct OperationOfFunction {
  using type = Relaxed<line_kind<F>>;
};
template <Optimisable F>
struct OperationOfFunction<F> {
  static_assert(line_kind<F> == line_kind<relax::FreeLineOf<F>>,
                "shardbound::Activation: its functor and its FreeLine must agree on "
                "lower_through_origin. Fix: say the same in both.");
  using type = Freed<relax::FreeLineOf<F>>;
};
template <Relaxation F>
using OperationOf = typename OperationOfFunction<F>::type;

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

template <class Operation>
inline constexpr bool goes_by_lines = std::is_base_of_v<GoesByLines<Operation>, Operation>;

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
  constexpr void pull_back_split(index_t, const SplitNeuron<T>&, Coefficient<T>&, T&) const {}
  constexpr T push_forward_split(index_t, const SplitNeuron<T>&, const T&, const T& z, T&) const {
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
    if constexpr (goes_by_lines<Top>)
      return {a, rest.push_forward(column, below, z)};
    else
      return rest.meet(column, below, z);
  }
  /// The same for a column whose activation has lines of this row's own; `above` becomes the coefficient that meets it.
  constexpr void pull_back_split(index_t column, const SplitNeuron<T>& split, Coefficient<T>& a,
                                 T& above) const {
    if constexpr (goes_by_lines<Top>) {
      above = a.value;
      const Line<T>& line = split.line(above);
      a.constant += a.value * line.intercept;
      a.slack += magnitude(a.value) * by_sign(above, split.lower_slack, split.upper_slack);
      a.value = a.value * line.slope - split.owed;
      a.constant += split.owed * split.point;
      a.slack += split.owed_slack + magnitude(a.value) * split.cost_below;
      rest.pull_back(column, a);
    } else {
      Top::pull_back(top, column, a);
      rest.pull_back_split(column, split, a, above);
    }
  }
  /// Returns the point above; `met` becomes the one that the activation is met by, from below.
  constexpr T push_forward_split(index_t column, const SplitNeuron<T>& split, const T& above,
                                 const T& z, T& met) const {
    if constexpr (goes_by_lines<Top>) {
      met = rest.push_forward(column, T(0), z);
      const Line<T>& line = split.line(above);
      return line.slope * met + line.intercept;
    } else {
      return Top::push_forward(top, column, T(0),
                               rest.push_forward_split(column, split, above, z, met));
    }
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

/// The free line of an operation or of a chain, void if there is none.
template <class Operation>
struct FreeLineIn {
  using type = void;
};
template <class FreeLine>
struct FreeLineIn<Freed<FreeLine>> {
  using type = FreeLine;
};
template <class Top, class... Rest>
struct FreeLineIn<Chain<Top, Rest...>> {
  using type = typename FreeLineIn<Top>::type;
};
template <class Top, class Next, class... Rest>
  requires std::is_void_v<typename FreeLineIn<Top>::type>
struct FreeLineIn<Chain<Top, Next, Rest...>> : FreeLineIn<Chain<Next, Rest...>> {
};

/// The same chain where all rows share their lines.
template <class Operation>
struct WithFixedLines {
  using type = Operation;
};
template <class FreeLine>
struct WithFixedLines<Freed<FreeLine>> {
  using type = typename Freed<FreeLine>::Fixed;
};
template <class... Operations>
struct WithFixedLines<Chain<Operations...>> {
  using type = Chain<typename WithFixedLines<Operations>::type...>;
};

}  // namespace shardbound::inline v0::expr
