// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Loops over nodes that mix features: over their outputs, or the runs of these, in every domain, and over rows that
// are pulled through them or points that are pushed. A row is gone through from its first output to its last, so that
// what meets at a feature is always added up in the same order.

#include <shardbound/expr/mixed_rows.hpp>
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

template <class T>
void pull_rows(const expr::PullCall<T>& call) {
  const index_t outputs = call.from.columns, units = expr::units_of(call.node, outputs);
  for (index_t r = 0; r < call.from.rows; ++r) {
    const expr::MixedRow<T> lines(call.node, call.rows.domain[r]);
    const T* const a = call.from.data + r * call.from.leading;
    T* const to = call.to.data + r * call.to.leading;
    if (call.write == Write::assign) std::fill_n(to, padded(call.to.columns), T(0));
    for (index_t i = 0; i < units; ++i) expr::pull_unit(call, lines, a, to, i);
    if (call.operand > 0) continue;
    T constant = 0, slack = 0;
    for (index_t i = 0; i < outputs; ++i)
      expr::add_sums(call.node, lines, a[i], i, constant, slack);
    call.sums.constant[r] += constant;
    call.sums.slack[r] += slack;
  }
}

template <class T>
void push_points(const expr::MixedPushCall<T>& call) {
  for (index_t r = 0; r < call.to.rows; ++r) {
    const expr::MixedRow<T> lines(call.node, call.rows.domain[r]);
    const T* const a = call.coefficients.data + r * call.coefficients.leading;
    const T* const y = call.from.data + r * call.from.leading;
    T* const to = call.to.data + r * call.to.leading;
    if (call.write == Write::assign) std::fill_n(to, padded(call.to.columns), T(0));
    for (index_t i = 0; i < call.to.columns; ++i) to[i] += expr::pushed(call, lines, a[i], y, i);
  }
}

}  // namespace shardbound::inline v0::detail
