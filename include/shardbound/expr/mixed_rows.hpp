// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What happens to rows that are pulled through a node that mixes features, and to points that are pushed through it: one
// unit at a time, which is an output, or a run of a softmax's. Backends bring the loops. Units of one node write to
// features of their own, but for those of a gather, whose readers are added up in their order.

#include <shardbound/expr/mixed_calls.hpp>

#include <cmath>
#include <cstdint>

namespace shardbound::inline v0::expr {

/// The lines of one domain's outputs.
template <class T>
struct MixedRow {
  MixedSide<T> lower, upper;
  const std::int32_t* choice;

  constexpr MixedRow(const Mixing<T>& node, index_t domain)
      : lower(node.lower.from(domain * node.leading)),
        upper(node.upper.from(domain * node.leading)),
        choice(node.choice ? node.choice + domain * node.leading : nullptr) {}
  constexpr const MixedSide<T>& side(T a) const { return a >= T(0) ? lower : upper; }
};

template <class T>
constexpr index_t units_of(const Mixing<T>& node, index_t outputs) {
  return node.kind == NodeKind::softmax ? outputs / node.run : outputs;
}

/// Adds what unit i sends of a row's coefficients `a` (N) to those on the input, `to` (N_in).
template <class T>
constexpr void pull_unit(const PullCall<T>& call, const MixedRow<T>& lines, const T* a, T* to,
                         index_t i) {
  const auto& node = call.node;
  const index_t run = node.run;
  switch (node.kind) {
    case NodeKind::gather:
      if (node.indices[i] >= 0) to[node.indices[i]] += a[i];
      return;
    case NodeKind::sum:
      for (index_t j = i * run; j < (i + 1) * run; ++j) to[j] += a[i];
      return;
    case NodeKind::maximum:
      if (a[i] != T(0)) to[lines.choice[i]] += a[i] >= T(0) ? a[i] : a[i] * lines.upper.slope[i];
      return;
    case NodeKind::multiply: {
      const auto& side = lines.side(a[i]);
      if (a[i] != T(0)) to[i] += a[i] * (call.operand == 0 ? side.slope[i] : side.other[i]);
      return;
    }
    case NodeKind::softmax: {
      const index_t first = i * run;
      T rising = 0, falling = 0;  // of the run, by the coefficients' signs
      for (index_t k = first; k < first + run; ++k)
        (a[k] >= T(0) ? rising : falling) += a[k] * lines.side(a[k]).slope[k];
      for (index_t k = first; k < first + run; ++k)
        to[k] += a[k] * lines.side(a[k]).slope[k] - rising * lines.lower.other[k] -
                 falling * lines.upper.other[k];
      return;
    }
    default: return;
  }
}
/// The same of a gather, for all that read feature j.
template <class T>
constexpr void pull_feature(const PullCall<T>& call, const T* a, T* to, index_t j) {
  const auto& node = call.node;
  for (std::int32_t at = node.first_reader[j]; at < node.first_reader[j + 1]; ++at)
    to[j] += a[node.readers[at]];
}

/// What a row's constant and slack gain of output i, whose coefficient is a.
template <class T>
constexpr void add_sums(const Mixing<T>& node, const MixedRow<T>& lines, T a, index_t i,
                        T& constant, T& slack) {
  if (a == T(0)) return;  // no line is too steep for it
  const MixedSide<T>& side = node.has_lines() ? lines.side(a) : lines.lower;
  slack += std::abs(a) * side.slack[i];
  if (node.has_lines() && side.intercept)
    constant += a * side.intercept[i];
  else if (node.kind == NodeKind::gather && node.indices[i] < 0)
    constant += a * node.fill[i];
}

/// What a point `y` (N_in) on the input contributes to output i, whose coefficient is a.
template <class T>
constexpr T pushed(const MixedPushCall<T>& call, const MixedRow<T>& lines, T a, const T* y,
                   index_t i) {
  const auto& node = call.node;
  const auto& side = lines.side(a);
  switch (node.kind) {
    case NodeKind::gather: return node.indices[i] < 0 ? node.fill[i] : y[node.indices[i]];
    case NodeKind::sum: {
      T sum = 0;
      for (index_t j = i * node.run; j < (i + 1) * node.run; ++j) sum += y[j];
      return sum;
    }
    case NodeKind::maximum:
      return a >= T(0) ? y[lines.choice[i]]
                       : side.slope[i] * y[lines.choice[i]] + side.intercept[i];
    case NodeKind::multiply:
      return call.operand == 0 ? side.slope[i] * y[i] + side.intercept[i] : side.other[i] * y[i];
    case NodeKind::softmax: {
      const index_t first = i / node.run * node.run;
      T mean = 0;
      for (index_t j = first; j < first + node.run; ++j) mean += side.other[j] * y[j];
      return side.slope[i] * (y[i] - mean) + side.intercept[i];
    }
    default: return T(0);
  }
}

}  // namespace shardbound::inline v0::expr
