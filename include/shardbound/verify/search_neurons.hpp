// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What bounds of one region did not refute, refuted by branch and bound over its neurons: its box is bounded once, as
// tightly as the method can, and then cut up.

#include <shardbound/verify/neuron_search.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace shardbound::inline v0 {

struct NeuronSearchRequest {
  Method method{};  ///< of the box as a whole
  Capacity capacity{};
  NeuronSearchOptions options{};
  const CancelToken* cancel = nullptr;
  Observer* observer = nullptr;
  /// Is told how the search stands, after each round.
  std::function<void(const SearchCounts&)> see{};
};

/// Tries to refute conjunctions of a region, and says which it did; or finds a counterexample. Every rank makes the same
/// call. `engine` works in float64; what it was prepared for is replaced. Throws Cancelled.
inline std::optional<Counterexample> search_neurons(Engine& engine, const Property& property,
                                                    std::size_t region,
                                                    const std::vector<std::size_t>& conjunctions,
                                                    Attack& attack, NeuronSearchRequest request,
                                                    std::vector<bool>& refuted) {
  const Region& of = property.regions[region];
  RowQuery query;
  std::vector<NeuronSearch::Task> tasks;
  for (const std::size_t c : conjunctions) {
    const Conjunction& set = of.unsafe[c];
    tasks.push_back({c, &set, static_cast<std::int32_t>(query.targets.size()), 0});
    query.matrix.insert(query.matrix.end(), set.rows.begin(), set.rows.end());
    query.targets.insert(query.targets.end(), set.rhs.begin(), set.rhs.end());
    query.groups.insert(query.groups.end(), set.rhs.size(), static_cast<std::int32_t>(tasks.size()));
  }
  query.domain.assign(query.targets.size(), 0);

  Capacity& capacity = request.capacity;
  request.options.rows =
      std::max(request.options.rows, static_cast<index_t>(query.targets.size()));
  capacity.domains = 1;
  capacity.rows = request.options.rows;
  capacity.worst_points = true;
  capacity.linear_bounds = false;
  for (int v = 1; v < engine.plan().size(); ++v)
    if (engine.bends_at_zero(v)) capacity.coefficients_at.push_back(v);
  engine.prepare(request.method, capacity);
  const InputSet box(of.box);
  const auto found = engine.run({&box, 1}, query, {.outputs = false}, request.cancel, {},
                                request.observer);
  const auto range = ScalarRange::of(engine.scalar());
  std::vector<NeuronSearch::Task> left;
  for (const auto& task : tasks) {
    bool proved = false;
    for (std::size_t r = 0; r < task.set->rhs.size(); ++r) {
      const std::size_t row = static_cast<std::size_t>(task.first_row) + r;
      proved = proved ||
               refutes(*task.set, r, found.rows.lower[row], found.rows.slack[row], range);
    }
    if (proved)
      refuted[task.conjunction] = true;
    else
      left.push_back(task);
  }
  if (left.empty()) return {};
  NeuronSearch search(engine, request.options, left);
  while (!search.is_over()) {
    if (request.cancel && engine.agree(request.cancel->cancelled()))
      throw Cancelled("the time is over");
    const auto points = search.round(request.cancel, request.observer);
    if (request.see) request.see(search.counts());
    for (std::size_t t = 0; t < left.size(); ++t)
      if (search.is_refuted(t)) refuted[left[t].conjunction] = true;
    if (points.x.empty()) continue;
    auto hit = attack.try_points(region, points.x, request.cancel);
    if (hit || attack.spare()) return hit;
  }
  return {};
}

}  // namespace shardbound::inline v0
