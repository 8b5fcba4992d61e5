// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks that are equal and get equal inputs have equal outputs: bounds of either cannot know it, a query does. Where
// a conjunction says so of all inputs of two networks, the columns of the second are read as those of the first, and
// what that makes impossible is gone.

#include <shardbound/core/directed.hpp>
#include <shardbound/io/query.hpp>

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

namespace shardbound::inline v0::vnnlib {

namespace detail {

/// First columns and first inputs of every network of a query.
struct NetworkPlaces {
  explicit NetworkPlaces(const Query& query) {
    std::size_t column = 0, input = 0;
    for (const QueryNetwork& network : query.networks) {
      columns.push_back(column);
      inputs.push_back(input);
      column += static_cast<std::size_t>(size_of(network.hidden) + size_of(network.outputs));
      input += static_cast<std::size_t>(size_of(network.inputs));
    }
  }
  std::vector<std::size_t> columns, inputs;
};

/// Columns of `second` and the columns of `first`, an equal network, that hold the same.
inline std::vector<std::pair<std::size_t, std::size_t>> equal_columns(const Query& query,
                                                                      const NetworkPlaces& places,
                                                                      std::size_t first,
                                                                      std::size_t second) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  const QueryNetwork &a = query.networks[first], &b = query.networks[second];
  const auto join = [&](std::size_t from_b, std::size_t from_a, const QueryTensor& tensor) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(tensor.size()); ++i)
      pairs.emplace_back(places.columns[second] + from_b + i, places.columns[first] + from_a + i);
  };
  std::size_t at_b = 0;
  for (const QueryTensor& mine : b.hidden) {
    std::size_t at_a = 0;
    for (const QueryTensor& its : a.hidden) {
      if (its.onnx == mine.onnx && its.shape == mine.shape) join(at_b, at_a, mine);
      at_a += static_cast<std::size_t>(its.size());
    }
    at_b += static_cast<std::size_t>(mine.size());
  }
  auto at_a = static_cast<std::size_t>(size_of(a.hidden));
  for (const QueryTensor& mine : b.outputs) {  // theirs are of the same shapes
    join(at_b, at_a, mine);
    at_a += static_cast<std::size_t>(mine.size());
    at_b += static_cast<std::size_t>(mine.size());
  }
  return pairs;
}

using Pairs = std::set<std::pair<std::size_t, std::size_t>>;

/// Inputs i < j that a conjunction says are equal: x_i - x_j <= 0 and >= 0.
inline Pairs equal_inputs(const Property& property, const Conjunction& set) {
  Pairs below, above, both;
  const auto width = static_cast<std::size_t>(property.outputs);
  const auto outputs = static_cast<std::size_t>(property.network_outputs());
  for (std::size_t r = 0; r < set.rhs.size(); ++r) {
    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < width && used.size() < 3; ++i)
      if (set.rows[r * width + i] != 0) used.push_back(i);
    if (set.rhs[r] != 0 || set.is_strict(r) || used.size() != 2 || used[0] < outputs) continue;
    const double factor = set.rows[r * width + used[0]];
    if (set.rows[r * width + used[1]] != -factor) continue;
    (factor > 0 ? below : above).emplace(used[0] - outputs, used[1] - outputs);
  }
  for (const auto& pair : below)
    if (above.contains(pair)) both.insert(pair);
  return both;
}

/// Reads columns as others in every row in which that is exact. False if a row is left that nothing satisfies.
inline bool join_columns(Conjunction& set, std::size_t width,
                         const std::vector<std::pair<std::size_t, std::size_t>>& columns) {
  for (std::size_t r = 0; r < set.rhs.size(); ++r) {
    double* const row = set.rows.data() + r * width;
    for (const auto& [from, to] : columns) {
      if (add_down(row[to], row[from]) != add_up(row[to], row[from])) continue;
      row[to] += row[from];
      row[from] = 0;
    }
    bool empty = true;
    for (std::size_t i = 0; i < width; ++i) empty = empty && row[i] == 0;
    if (empty && !(set.is_strict(r) ? 0 < set.rhs[r] : 0 <= set.rhs[r])) return false;
  }
  return true;
}

}  // namespace detail

/// Applies this to a query's property; what satisfies it is the same before and after.
inline void join_equal_networks(Query& query) {
  Property& property = query.property;
  const auto root = [&](std::size_t network) {
    const QueryNetwork& one = query.networks[network];
    return one.relation == Relation::equal_to ? one.related : network;
  };
  const detail::NetworkPlaces places(query);
  const auto width = static_cast<std::size_t>(property.outputs);
  for (std::size_t b = 1; b < query.networks.size(); ++b)
    for (std::size_t a = 0; a < b; ++a) {
      if (root(a) != root(b)) continue;
      const auto columns = detail::equal_columns(query, places, a, b);
      const auto count = static_cast<std::size_t>(size_of(query.networks[a].inputs));
      for (Region& region : property.regions)
        std::erase_if(region.unsafe, [&](Conjunction& set) {
          const auto equal = detail::equal_inputs(property, set);
          for (std::size_t i = 0; i < count; ++i)
            if (!equal.contains({places.inputs[a] + i, places.inputs[b] + i})) return false;
          return !detail::join_columns(set, width, columns);
        });
    }
  std::erase_if(property.regions, [](const Region& region) { return region.unsafe.empty(); });
}

}  // namespace shardbound::inline v0::vnnlib
