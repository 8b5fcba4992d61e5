// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Soundness by sampling: whether what a network does at a point stays within an answer.

#include <tests/support/same_bits.hpp>

namespace shardbound_test {

/// How far a point's values stand outside an answer: of the outputs, every node and the rows. What an activation that is
/// not defined for its input leaves behind is within any bounds.
template <class T>
long double escape(const Answer<T>& answer, const Question& question, std::size_t domain,
                   const std::vector<Values>& values) {
  long double worst = -INFINITY;
  const T *next = answer.domains[domain].data(), *slack = answer.domain_slacks[domain].data();
  const auto stays_inside = [&](const Values& y) {
    for (std::size_t i = 0, n = y.size(); i < n; ++i) {
      if (std::isnan(y[i])) continue;
      const long double off = slack[i];
      worst = std::max({worst, next[i] - off - y[i], y[i] - (next[n + i] + off)});
    }
    next += 2 * y.size();
    slack += y.size();
  };
  stays_inside(values.back());
  for (const Values& y : values) stays_inside(y);
  for (std::size_t r = 0; r < question.rows.size(); ++r) {
    if (question.domain[r] != static_cast<std::int32_t>(domain)) continue;
    long double y = 0;
    for (std::size_t i = 0; i < values.back().size(); ++i)
      y += question.rows[r][i] * values.back()[i];
    if (std::isnan(y)) continue;
    const long double off = answer.row_slacks[r][0];
    worst = std::max(worst, answer.rows[r][0] - off - y);
  }
  return worst;
}

}  // namespace shardbound_test
