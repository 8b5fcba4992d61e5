// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a search over neurons keeps in memory, reckoned before it is taken: rows that are bounded at once lie where the
// engine computes, domains that wait lie on the host. Every neuron is reckoned with, as if it were unstable and had one line
// that is free; splits, of which there are fewer, are not.

#include <shardbound/network/plan.hpp>
#include <shardbound/verify/search_part.hpp>

#include <algorithm>
#include <cstddef>

namespace shardbound::inline v0 {

/// Features that activations of the network read.
inline double activation_features(const PlanView& plan) {
  double features = 0;
  for (int v = 1; v < plan.size(); ++v)
    if (plan.is_activation(v)) features += static_cast<double>(plan[v].features);
  return features;
}

/// Numbers that one of the rows that are bounded at once takes: slopes with moments and the best of them, a trace,
/// coefficients that are kept and those on their way.
inline double numbers_per_part_row(const PlanView& plan) {
  index_t widest = 0;
  for (int v = 0; v < plan.size(); ++v) widest = std::max(widest, plan[v].features);
  return 6 * activation_features(plan) + 3 * static_cast<double>(plan[0].features) +
         3 * static_cast<double>(widest);
}

/// Rows that fit into some bytes, where a number takes so many; from `least` to `most`.
inline index_t part_rows_within(const PlanView& plan, double bytes, std::size_t bytes_per_number,
                                index_t least, index_t most) {
  const double each = numbers_per_part_row(plan) * static_cast<double>(bytes_per_number);
  return static_cast<index_t>(
      std::clamp(bytes / each, static_cast<double>(least), static_cast<double>(most)));
}

/// Bytes that a domain takes while it waits, without its splits: a slope for each unstable neuron and row.
inline double waiting_bytes(const PlanView& plan, std::size_t rows) {
  return sizeof(SearchPart) +
         static_cast<double>(rows) *
             (sizeof(SearchPart::Row) + sizeof(float) * activation_features(plan));
}

/// Bytes that a domain takes; the same on every rank.
inline std::size_t bytes_of(const SearchPart& part) {
  std::size_t bytes = sizeof part +
                      (part.splits.size() + part.candidates.size()) * sizeof(NeuronSplit) +
                      part.rows.size() * sizeof(SearchPart::Row);
  for (const SearchPart::Row& row : part.rows)
    bytes += row.multipliers.size() * sizeof(row.multipliers[0]) +
             (row.slopes ? row.slopes->size() * sizeof(float) : 0);
  return bytes;
}

}  // namespace shardbound::inline v0
