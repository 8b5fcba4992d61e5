// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a search over neurons keeps in memory, reckoned before it is taken: rows that are bounded at once lie where the
// engine computes, domains that wait lie on the host. Unstable neurons are reckoned with as if each had one line that is free,
// and as if the inputs of all were known better than in their box. Before a box is bounded every neuron counts as unstable.

#include <shardbound/network/plan.hpp>
#include <shardbound/verify/neuron_scores.hpp>
#include <shardbound/verify/search_part.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace shardbound::inline v0 {

/// Features that activations of the network read.
inline double activation_features(const PlanView& plan) {
  double features = 0;
  for (int v = 1; v < plan.size(); ++v)
    if (plan.is_activation(v)) features += static_cast<double>(plan[v].features);
  return features;
}

/// Neurons that have lines of their own over a box, at most: those that it may be split at, and all of activations that do
/// not bend at 0.
inline double unstable_neurons(const Engine& engine, std::span<const SplitNeurons> neurons) {
  const PlanView& plan = engine.plan();
  double count = 0;
  for (int v = 1; v < plan.size(); ++v)
    if (plan.is_activation(v) && !engine.bends_at_zero(v))
      count += static_cast<double>(plan[v].features);
  for (const SplitNeurons& own : neurons)
    if (own.bends_at_zero()) count += static_cast<double>(own.neuron.size());
  return count;
}

/// Numbers that one of the rows that are bounded at once takes where so many neurons are unstable: of each of these a slope
/// with its moments, the best of it, and a coefficient that is kept, and, where its input is known better, lines, a slope and
/// a multiplier of its own with what is kept of these; a trace, and coefficients on their way.
inline double numbers_per_part_row(const PlanView& plan, double unstable) {
  index_t widest = 0;
  for (int v = 0; v < plan.size(); ++v) widest = std::max(widest, plan[v].features);
  constexpr double of_domain = 5, of_split = 22;
  return (of_domain + of_split) * unstable + activation_features(plan) +
         2 * static_cast<double>(plan[0].features) + 3 * static_cast<double>(widest);
}

/// Rows that fit into some bytes, where a row takes so many numbers of 8 bytes; from `least` to `most`.
inline index_t part_rows_within(double numbers_per_row, double bytes, index_t least, index_t most) {
  const double each = numbers_per_row * sizeof(double);
  return static_cast<index_t>(
      std::clamp(bytes / each, static_cast<double>(least), static_cast<double>(most)));
}

/// Bytes that a domain takes at most while it waits, without candidates: of each unstable neuron a slope for each row, and two
/// splits with their multipliers.
inline double waiting_bytes(const PlanView& plan, std::size_t rows) {
  const double each_row = 3 * sizeof(float), splits = 2 * sizeof(NeuronSplit);
  return sizeof(SearchPart) + static_cast<double>(rows) * sizeof(SearchPart::Row) +
         (static_cast<double>(rows) * each_row + splits) * activation_features(plan);
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
