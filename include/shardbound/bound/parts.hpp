// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Parts of domains, as plain data: what branch and bound over neurons asks of a pass, and what it learns. A part is a
// difference from its domain: inputs of some neurons are on one side of a point, and nothing else is said.

#include <shardbound/bound/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

namespace shardbound::inline v0 {

/// A neuron of an activation whose input is at least a point (side 1) or at most (side -1). Where the activation bends at
/// 0, that is where to split it.
struct NeuronSplit {
  std::int32_t activation = 0, neuron = 0, side = 1;
  float point = 0;  ///< in every scalar the same

  friend bool operator==(const NeuronSplit& a, const NeuronSplit& b) {
    return std::tie(a.activation, a.neuron, a.side, a.point) ==
           std::tie(b.activation, b.neuron, b.side, b.point);
  }
  friend bool operator<(const NeuronSplit& a, const NeuronSplit& b) {
    return std::tie(a.activation, a.neuron, a.side, a.point) <
           std::tie(b.activation, b.neuron, b.side, b.point);
  }
};

/// Parameters of a row's lines, as Pass::part_columns orders them; children share those of their parent.
using PartSlopes = std::shared_ptr<const std::vector<float>>;

/// A row of the query that was run last, over a part of its domain.
struct PartRow {
  std::int32_t row = 0;               ///< of the query
  std::vector<NeuronSplit> splits{};  ///< each neuron at most once from either side
  std::vector<float> multipliers{};   ///< of the splits, to begin with; 0 where there are fewer
  PartSlopes slopes{};                ///< to begin with; null: where lines begin
  double target = 0;       ///< a lower bound that is proved to be above this is good enough
  std::int32_t group = 0;  ///< one row that is good enough does for all of its group
};

/// How parameters of parts are optimised. Names are the field's.
struct PartOptions {
  int iterations = 10;  ///< evaluations; 1: bounds at the parameters that are given
  double slope_rate = 0.1, multiplier_rate = 0.2, decay = 0.98;
  bool coefficients =
      false;  ///< whether they are wanted, and linear bounds, of rows that are not good enough
  /// Whether bounds are guesses, that another pass will prove: of their slack only a little is left.
  bool guesses = false;
  int threads = 1;  ///< that prepare what parts begin with
};

/// What one of the numbers in PartSlopes is about: a neuron's lower line (side 0) or its upper.
struct PartColumn {
  std::int32_t activation = 0, neuron = 0, side = 0;

  friend bool operator==(const PartColumn& a, const PartColumn& b) {
    return std::tie(a.activation, a.neuron, a.side) == std::tie(b.activation, b.neuron, b.side);
  }
  friend bool operator<(const PartColumn& a, const PartColumn& b) {
    return std::tie(a.activation, a.neuron, a.side) < std::tie(b.activation, b.neuron, b.side);
  }
};

/// Coefficients of K rows on the unstable neurons of an activation, each row's on those of its domain.
struct PartCoefficients {
  int activation = 0;
  std::vector<std::vector<std::int32_t>> neurons{};  ///< by domain, in their order
  std::size_t slots = 0;                             ///< U, as many as any domain has or more
  std::vector<double> numbers{};                     ///< (K, U), zero behind a domain's neurons

  /// Those of row k, which is over a domain: one for each of its neurons.
  std::span<const double> of(std::size_t k, std::size_t domain) const {
    return std::span(numbers).subspan(k * slots, neurons[domain].size());
  }
};

/// What is found for rows over parts, in their order.
struct PartBounds {
  std::vector<double> lower{}, slack{};
  /// The best parameters; with one evaluation those that were given, null ones too.
  std::vector<std::vector<float>> multipliers{};
  std::vector<PartSlopes> slopes{};
  /// Of the rows `kept`, in their order, at their best parameters: coefficients on activations that domains may be split
  /// at, and with Capacity::linear_bounds linear bounds over the inputs, (K, N_in).
  std::vector<std::int32_t> kept{};
  std::vector<PartCoefficients> coefficients{};
  LinearBounds<double> linear{};

  /// Where `row` is among those that are kept; -1: it was good enough.
  std::ptrdiff_t kept_at(std::size_t row) const {
    const auto at = std::lower_bound(kept.begin(), kept.end(), static_cast<std::int32_t>(row));
    if (at == kept.end() || *at != static_cast<std::int32_t>(row)) return -1;
    return at - kept.begin();
  }
};

}  // namespace shardbound::inline v0
