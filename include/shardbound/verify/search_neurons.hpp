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
  /// Splits that others imply are looked for where planes of all unstable neurons have no more numbers than this, with
  /// the newest splits of a part.
  std::size_t most_plane_numbers = std::size_t{1} << 13;
  std::size_t newest = 4;
  const CancelToken* cancel = nullptr;
  Observer* observer = nullptr;
  /// Is told how the search stands, after each round.
  std::function<void(const SearchCounts&)> see{};
};

/// Planes of the neurons that domains may be split at: CROWN's, over one box. Replaces what the engine was prepared for.
inline SplitPlanes split_planes(Engine& engine, const InputSet& box,
                                const std::vector<SplitNeurons>& neurons, Capacity capacity,
                                const CancelToken* cancel) {
  constexpr std::size_t at_once = 256;
  const PlanView& plan = engine.plan();
  capacity.rows = 2 * at_once;
  capacity.linear_bounds = true;
  capacity.starts.clear();
  for (const SplitNeurons& own : neurons) capacity.starts.push_back(plan.input_of(own.activation));
  engine.prepare(Method{}, capacity);
  const auto n = static_cast<std::size_t>(engine.inputs());
  SplitPlanes planes;
  for (const SplitNeurons& own : neurons) {
    auto& found = planes.emplace_back();
    RowQuery query;
    query.node = plan.input_of(own.activation);
    query.sides = Sides::both;
    const auto width = static_cast<std::size_t>(plan[query.node].features);
    for (std::size_t first = 0; first < own.neuron.size(); first += at_once) {
      const std::size_t count = std::min(own.neuron.size() - first, at_once);
      query.matrix.assign(count * width, 0);
      for (std::size_t k = 0; k < count; ++k)
        query.matrix[k * width + static_cast<std::size_t>(own.neuron[first + k])] = 1;
      query.domain.assign(count, 0);
      const auto bounds = engine.run({&box, 1}, query, {.outputs = false, .linear_bounds = true}, cancel);
      for (std::size_t k = 0; k < count; ++k) {
        const auto plane = [&](const LinearBounds<double>& from, double sign) {
          Plane one;
          for (std::size_t i = 0; i < n; ++i)
            one.coefficients.push_back(sign * from.coefficients[k * n + i]);
          one.constant = add_down(sign * from.constant[k], -from.slack[k]);
          return one;
        };
        found.push_back({plane(bounds.lower_linear, 1), plane(bounds.upper_linear, -1)});
      }
    }
  }
  return planes;
}

/// Tries to refute conjunctions of a region, and says which it did; or finds a counterexample. Every rank makes the same
/// call. `engine` searches, in any scalar; `exact`, of float64, proves what it finds, and may be the same. What they were
/// prepared for is replaced. Throws Cancelled.
inline std::optional<Counterexample> search_neurons(Engine& engine, Engine& exact,
                                                    const Property& property, std::size_t region,
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
  capacity.linear_bounds = request.most_plane_numbers > 0;
  for (int v = 1; v < engine.plan().size(); ++v)
    if (engine.bends_at_zero(v)) capacity.coefficients_at.push_back(v);
  const InputSet box(of.box);
  const auto bound_box = [&] {
    engine.prepare(request.method, capacity);
    return engine.run({&box, 1}, query, {.outputs = false}, request.cancel, {}, request.observer);
  };
  const auto found = bound_box();
  // Planes must be of the neurons that are unstable now, so the box is bounded again behind them.
  const auto neurons = split_neurons(engine, 0);
  std::size_t unstable = 0;
  for (const SplitNeurons& own : neurons) unstable += own.neuron.size();
  SplitPlanes planes;
  if (unstable * static_cast<std::size_t>(engine.inputs()) <= request.most_plane_numbers) {
    planes = split_planes(engine, box, neurons, capacity, request.cancel);
    bound_box();
  }
  const bool guesses = &engine != &exact;
  Capacity same = capacity;
  std::vector<GivenBounds> given;
  // The same domain for proofs: bounds that hold for the one hold for the other.
  const auto bound_for_proofs = [&] {
    exact.prepare(Method{}, same);
    exact.run({&box, 1}, query, {.outputs = false}, request.cancel, given, request.observer);
  };
  if (guesses) {
    for (int v = 1; v < engine.plan().size(); ++v) {
      if (!engine.plan().is_pre_activation(v)) continue;
      const auto bounds = engine.node_bounds(v).front();
      GivenBounds own{v, {}, {}, Given::as_they_are};
      for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
        own.lower.push_back(add_down(bounds.lower[i], -bounds.slack[i]));
        own.upper.push_back(add_up(bounds.upper[i], bounds.slack[i]));
      }
      given.push_back(std::move(own));
      same.given.push_back(v);
    }
    bound_for_proofs();
  }
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
  NeuronSearch search(engine, exact, request.options, left);
  if (!planes.empty()) search.imply(of.box, std::move(planes), request.newest);
  while (!search.is_over()) {
    if (request.cancel && engine.agree(request.cancel->cancelled()))
      throw Cancelled("the time is over");
    auto points = search.round(request.cancel, request.observer);
    if (request.see) request.see(search.counts());
    for (std::size_t t = 0; t < left.size(); ++t)
      if (search.is_refuted(t)) refuted[left[t].conjunction] = true;
    const Box& within = of.point_box();
    if (points.x.empty() || !Attack::has_points(within)) continue;
    // In float32 a box is rounded outwards.
    for (std::size_t i = 0; i < points.x.size(); ++i) {
      const std::size_t at = i % within.lower.size();
      points.x[i] = std::max(within.lower[at], std::min(within.upper[at], points.x[i]));
    }
    const int certificates = attack.certificates();
    auto hit = attack.try_points(region, points.x, request.cancel);
    if (hit || attack.spare()) return hit;
    if (attack.certificates() == certificates) continue;
    // A certificate replaced what the exact engine was prepared for.
    if (guesses)
      bound_for_proofs();
    else
      bound_box();
  }
  return {};
}

}  // namespace shardbound::inline v0
