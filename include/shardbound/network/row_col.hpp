// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// RowCol<Net>: the same network with tensor parallelism. Its Linear layers are RowSharded and ColSharded
// in turn, so that features are split between the two and nothing is sent there; branches, and what
// follows where they meet, start afresh.

#include <shardbound/layer/linear.hpp>
#include <shardbound/network/sequential.hpp>

#include <type_traits>

namespace shardbound::inline v0 {

namespace detail {

template <class L, bool Row>
struct Recut {
  using type = L;
  static constexpr bool row_next = Row;
};
template <index_t Out, class P, bool Row>
struct Recut<Linear<Out, P>, Row> {
  using type = Linear<Out, std::conditional_t<Row, RowSharded, ColSharded>>;
  static constexpr bool row_next = !Row;
};
template <class Main, class Shortcut, bool Row>
struct Recut<Residual<Main, Shortcut>, Row> {
  using type = Residual<typename Recut<Main, true>::type, typename Recut<Shortcut, true>::type>;
  static constexpr bool row_next = true;
};
template <class... Branches, bool Row>
struct Recut<Concat<Branches...>, Row> {
  using type = Concat<typename Recut<Branches, true>::type...>;
  static constexpr bool row_next = true;
};

// What is written so far, and the cut of the next Linear.
template <bool Row, class... Done>
struct RecutLayers {
  using type = Sequential<Done...>;
  static constexpr bool row_next = Row;
};
template <bool Row, class... Done, class L>
consteval auto operator+(RecutLayers<Row, Done...>, L*) {
  using Next = Recut<L, Row>;
  return RecutLayers<Next::row_next, Done..., typename Next::type>{};
}
template <class... Layers, bool Row>
struct Recut<Sequential<Layers...>, Row>
    : decltype((RecutLayers<Row>{} + ... + static_cast<Layers*>(nullptr))) {};

}  // namespace detail

template <class Net>
using RowCol = typename detail::Recut<Net, true>::type;

}  // namespace shardbound::inline v0
