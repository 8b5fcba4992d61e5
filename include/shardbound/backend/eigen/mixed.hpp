// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Loops over nodes that mix features: over their outputs, or the runs of these, in every domain, and over rows that
// are pulled through them or points that are pushed. A row is gone through from its first output to its last, so that
// what meets at a feature is always added up in the same order.

#include <shardbound/expr/softmax.hpp>

#include <algorithm>

namespace shardbound::inline v0::detail {

/// Calls body(domain, output), or body(domain, run) where a run's outputs are found together.
template <class T, class Body>
void for_each_output(const expr::MixedCall<T>& call, const Body& body) {
  const bool by_run = call.node.kind == NodeKind::softmax;
  const index_t count = by_run ? call.out.features / call.node.run : call.out.features;
  for (index_t d = 0; d < call.in.domains; ++d)
    for (index_t i = 0; i < count; ++i) body(d, i);
}

template <class T>
void mixed_interval(const expr::MixedCall<T>& call) {
  for_each_output(call, [&](index_t d, index_t i) {
    switch (call.node.kind) {
      case NodeKind::gather: return expr::gather_interval(call, d, i);
      case NodeKind::sum: return expr::sum_interval(call, d, i);
      case NodeKind::maximum: return expr::maximum_interval(call, d, i);
      case NodeKind::softmax: return expr::softmax_interval(call, d, i);
      case NodeKind::multiply: return expr::multiply_interval(call, d, i);
      default: return;
    }
  });
}
template <class T>
void mixed_values(const expr::MixedCall<T>& call) {
  for_each_output(call, [&](index_t d, index_t i) {
    switch (call.node.kind) {
      case NodeKind::gather: return expr::gather_value(call, d, i);
      case NodeKind::sum: return expr::sum_value(call, d, i);
      case NodeKind::maximum: return expr::maximum_value(call, d, i);
      case NodeKind::softmax: return expr::softmax_value(call, d, i);
      case NodeKind::multiply: return expr::multiply_value(call, d, i);
      default: return;
    }
  });
}
template <class T>
void mixed_lines(const expr::MixedCall<T>& call) {
  for_each_output(call, [&](index_t d, index_t i) {
    switch (call.node.kind) {
      case NodeKind::maximum: return expr::maximum_lines(call, d, i);
      case NodeKind::softmax: return expr::softmax_lines(call, d, i);
      case NodeKind::multiply: return expr::multiply_lines(call, d, i);
      default: return;
    }
  });
}

/// The lines of one domain's outputs.
template <class T>
struct MixedRow {
  expr::MixedSide<T> lower, upper;
  const std::int32_t* choice;

  MixedRow(const expr::Mixing<T>& node, index_t domain)
      : lower(node.lower.from(domain * node.leading)),
        upper(node.upper.slack ? node.upper.from(domain * node.leading) : lower),
        choice(node.choice ? node.choice + domain * node.leading : nullptr) {}
  const expr::MixedSide<T>& side(T a) const { return a >= T(0) ? lower : upper; }
};

/// Adds a row's coefficients `a` (N) to those on the input, `to` (N_in).
template <class T>
void pull_row(const expr::PullCall<T>& call, const MixedRow<T>& lines, const T* a, T* to) {
  const auto& node = call.node;
  const index_t features = call.from.columns, run = node.run;
  switch (node.kind) {
    case NodeKind::gather:
      for (index_t i = 0; i < features; ++i)
        if (node.indices[i] >= 0) to[node.indices[i]] += a[i];
      return;
    case NodeKind::sum:
      for (index_t i = 0; i < features; ++i)
        for (index_t j = i * run; j < (i + 1) * run; ++j) to[j] += a[i];
      return;
    case NodeKind::maximum:
      for (index_t i = 0; i < features; ++i)
        if (a[i] != T(0)) to[lines.choice[i]] += a[i] >= T(0) ? a[i] : a[i] * lines.upper.slope[i];
      return;
    case NodeKind::multiply:
      for (index_t i = 0; i < features; ++i) {
        const auto& side = lines.side(a[i]);
        if (a[i] != T(0)) to[i] += a[i] * (call.operand == 0 ? side.slope[i] : side.other[i]);
      }
      return;
    case NodeKind::softmax:
      for (index_t first = 0; first < features; first += run) {
        T rising = 0, falling = 0;  // of the run, by the coefficients' signs
        for (index_t i = first; i < first + run; ++i)
          (a[i] >= T(0) ? rising : falling) += a[i] * lines.side(a[i]).slope[i];
        for (index_t i = first; i < first + run; ++i)
          to[i] += a[i] * lines.side(a[i]).slope[i] - rising * lines.lower.other[i] -
                   falling * lines.upper.other[i];
      }
      return;
    default: return;
  }
}
/// What the row's constant and slack gain.
template <class T>
void add_sums(const expr::PullCall<T>& call, const MixedRow<T>& lines, const T* a, index_t row) {
  const auto& node = call.node;
  T constant = 0, slack = 0;
  for (index_t i = 0; i < call.from.columns; ++i) {
    if (a[i] == T(0)) continue;  // no lines are too steep for it
    const bool rises = a[i] >= T(0) || !node.has_lines();
    slack += std::abs(a[i]) * (rises ? lines.lower : lines.upper).slack[i];
    if (node.kind == NodeKind::gather) {
      if (node.indices[i] < 0) constant += a[i] * node.fill[i];
    } else if (node.has_lines() && lines.side(a[i]).intercept) {
      constant += a[i] * lines.side(a[i]).intercept[i];
    }
  }
  call.sums.constant[row] += constant;
  call.sums.slack[row] += slack;
}

template <class T>
void pull_rows(const expr::PullCall<T>& call) {
  for (index_t r = 0; r < call.from.rows; ++r) {
    const MixedRow<T> lines(call.node, call.rows.domain[r]);
    const T* const a = call.from.data + r * call.from.leading;
    T* const to = call.to.data + r * call.to.leading;
    if (call.write == Write::assign) std::fill_n(to, padded(call.to.columns), T(0));
    pull_row(call, lines, a, to);
    if (call.operand == 0) add_sums(call, lines, a, r);
  }
}

/// What a point `y` (N_in) on the input contributes to output i, whose coefficient is a.
template <class T>
T pushed(const expr::MixedPushCall<T>& call, const MixedRow<T>& lines, T a, const T* y, index_t i) {
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
template <class T>
void push_points(const expr::MixedPushCall<T>& call) {
  for (index_t r = 0; r < call.to.rows; ++r) {
    const MixedRow<T> lines(call.node, call.rows.domain[r]);
    const T* const a = call.coefficients.data + r * call.coefficients.leading;
    const T* const y = call.from.data + r * call.from.leading;
    T* const to = call.to.data + r * call.to.leading;
    if (call.write == Write::assign) std::fill_n(to, padded(call.to.columns), T(0));
    for (index_t i = 0; i < call.to.columns; ++i) to[i] += pushed(call, lines, a[i], y, i);
  }
}

}  // namespace shardbound::inline v0::detail
