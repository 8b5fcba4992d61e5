// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Loops over one node's neurons, once per pass and domain; what happens to a neuron is expr/neuron.hpp's.

#include <shardbound/expr/neuron.hpp>

#include <cstdint>

namespace shardbound::inline v0::detail {

/// Calls body(offset, feature) for every neuron of every domain. Padding is left alone, hence zero.
template <class T, class Body>
void for_each_neuron(const BoundsView<T>& in, const Body& body) {
  for (index_t d = 0; d < in.domains; ++d)
    for (index_t i = 0; i < in.features; ++i) body(d * in.leading + i, i);
}
/// The same for a node and its place in the one that it flows into: body(from, to).
template <class T, class Body>
void for_each_neuron(const expr::BranchCall<T>& call, const Body& body) {
  for (index_t d = 0; d < call.in.domains; ++d)
    for (index_t i = 0; i < call.in.features; ++i)
      body(d * call.in.leading + i, d * call.out.leading + call.column + i);
}

template <class T>
void end_list(const expr::RowsTarget<T>& target, std::int64_t count) {
  for (index_t i = 0; i < target.rest; ++i) expr::put_filler(target, count + i);
  *target.count = count;
}

/// Rows for the neurons whose bounds matter, both sides of each, domain by domain.
template <class T, class Matters>
void list_rows(BoundsView<const T> bounds, const expr::RowsTarget<T>& target,
               const Matters& matters) {
  std::int64_t count = 0;
  for (index_t d = 0; d < bounds.domains; ++d)
    for (index_t i = 0; i < bounds.features; ++i) {
      const index_t at = d * bounds.leading + i;
      if (!matters(bounds.lower[at], bounds.upper[at])) continue;
      expr::put_pair(target, i, d, count, T(1));
      count += 2;
    }
  end_list(target, count);
}
/// The same with a place for every neuron: rows of those that do not matter have the sign 0.
template <class T, class Matters>
void mark_rows(BoundsView<const T> bounds, const expr::RowsTarget<T>& target,
               const Matters& matters) {
  std::int64_t count = 0;
  for (index_t d = 0; d < bounds.domains; ++d)
    for (index_t i = 0; i < bounds.features; ++i, count += 2) {
      const index_t at = d * bounds.leading + i;
      expr::put_pair(target, i, d, count,
                     matters(bounds.lower[at], bounds.upper[at]) ? T(1) : T(0));
    }
  end_list(target, count);
}

}  // namespace shardbound::inline v0::detail
