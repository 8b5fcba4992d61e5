// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What bounds of one region did not refute, refuted by branch and bound over its neurons: its box is bounded once, as
// tightly as the method can, and then cut up. Points where the bounds of parts are least are tried, and descended from
// now and then.

#include <shardbound/verify/neuron_search.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct NeuronSearchRequest {
  Method method{};  ///< of the box as a whole
  Capacity capacity{};
  NeuronSearchOptions options{};
  const CancelToken* cancel = nullptr;
  Observer* observer = nullptr;
  SearchObserver see{};
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
  const double margin = ScalarRange::of(engine.scalar()).margin;
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
      const auto bounds =
          engine.run({&box, 1}, query, {.outputs = false, .linear_bounds = true}, cancel);
      for (std::size_t k = 0; k < count; ++k) {
        const auto plane = [&](const LinearBounds<double>& from, double sign) {
          Plane one;
          for (std::size_t i = 0; i < n; ++i)
            one.coefficients.push_back(sign * from.coefficients[k * n + i]);
          one.constant = add_down(sign * from.constant[k], -add_up(from.slack[k], margin));
          return one;
        };
        found.push_back({plane(bounds.lower_linear, 1), plane(bounds.upper_linear, -1)});
      }
    }
  }
  return planes;
}

/// Where several ranks share the engines each runs one of these, and they find the same.
class SearchOfNeurons {
 public:
  /// `engine` searches, in any scalar; `exact`, of float64, proves what it finds, and may be the same. What they were
  /// prepared for is replaced.
  SearchOfNeurons(Engine& engine, Engine& exact, const Property& property, std::size_t region,
                  Attack& attack, NeuronSearchRequest request)
      : engine_(&engine),
        exact_(&exact),
        region_(&property.regions[region]),
        number_(region),
        attack_(&attack),
        request_(std::move(request)),
        box_(region_->box),
        refuted_(region_->unsafe.size(), false) {}

  /// By conjunction of the region.
  const std::vector<bool>& refuted() const { return refuted_; }
  const SearchProgress& progress() const { return progress_; }

  /// Tries to refute some conjunctions, which have rows; or finds a counterexample. Throws Cancelled.
  std::optional<Counterexample> run(const std::vector<std::size_t>& conjunctions) {
    std::vector<NeuronSearch::Task> tasks;
    for (const std::size_t c : conjunctions) {
      const Conjunction& set = region_->unsafe[c];
      sets_.push_back(&set);
      tasks.push_back({c, &set, static_cast<std::int32_t>(query_.targets.size()), 0});
      query_.targets.insert(query_.targets.end(), set.rhs.begin(), set.rhs.end());
      query_.groups.insert(query_.groups.end(), set.rhs.size(),
                           static_cast<std::int32_t>(tasks.size()));
    }
    query_.domain.assign(query_.targets.size(), 0);
    allow_for_rows();
    const auto left = without_refuted(std::move(tasks), bound_box());
    if (left.empty()) return {};
    const auto neurons = split_neurons(*engine_, 0);
    SplitPlanes planes;
    if (!neurons.empty() && is_worth_planes(neurons)) {
      Capacity capacity = request_.capacity;
      planes = split_planes(*engine_, box_, neurons, capacity, request_.cancel);
      bound_box();
    }
    NeuronSearch search(*engine_, *exact_, request_.options, left);
    if (!planes.empty()) search.imply(region_->box, planes);
    return cut_up(search, left);
  }

 private:
  void allow_for_rows() {
    Capacity& capacity = request_.capacity;
    request_.options.rows =
        std::max(request_.options.rows, static_cast<index_t>(query_.targets.size()));
    capacity.domains = 1;
    capacity.rows = request_.options.rows;
    capacity.worst_points = capacity.linear_bounds = true;
    for (int v = 1; v < engine_->plan().size(); ++v)
      if (engine_->bends_at_zero(v)) capacity.coefficients_at.push_back(v);
  }
  // The rows as an engine's scalar holds them; others are 0 there, and `refutes` knows them.
  RowQuery query_for(const Engine& engine) const {
    RowQuery query = query_;
    const auto range = ScalarRange::of(engine.scalar());
    for (const Conjunction* set : sets_)
      for (std::size_t r = 0; r < set->rhs.size(); ++r) {
        const auto row = row_at(*set, r);
        if (range.holds(row))
          query.matrix.insert(query.matrix.end(), row.begin(), row.end());
        else
          query.matrix.resize(query.matrix.size() + row.size(), 0);
      }
    return query;
  }
  // The box as a whole, by both engines if there are two: what bounds the neurons in the one holds in the other.
  Bounds<double> bound_box() {
    engine_->prepare(request_.method, request_.capacity);
    auto found = engine_->run({&box_, 1}, query_for(*engine_), {.outputs = false}, request_.cancel,
                              {}, request_.observer);
    if (engine_ != exact_) {
      Capacity same = request_.capacity;
      std::vector<GivenBounds> given;
      for (int v = 1; v < engine_->plan().size(); ++v) {
        if (!engine_->plan().is_pre_activation(v)) continue;
        const auto bounds = engine_->node_bounds(v).front();
        GivenBounds own{v, {}, {}, Given::as_they_are};
        for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
          own.lower.push_back(add_down(bounds.lower[i], -bounds.slack[i]));
          own.upper.push_back(add_up(bounds.upper[i], bounds.slack[i]));
        }
        given.push_back(std::move(own));
        same.given.push_back(v);
      }
      exact_->prepare(Method{}, same);
      exact_->run({&box_, 1}, query_for(*exact_), {.outputs = false}, request_.cancel, given,
                  request_.observer);
    }
    prepared_ = {engine_->preparations(), exact_->preparations()};
    return found;
  }
  std::vector<NeuronSearch::Task> without_refuted(std::vector<NeuronSearch::Task> tasks,
                                                  const Bounds<double>& found) {
    const auto range = ScalarRange::of(engine_->scalar());
    std::erase_if(tasks, [&](const NeuronSearch::Task& task) {
      for (std::size_t r = 0; r < task.set->rhs.size(); ++r) {
        const std::size_t row = static_cast<std::size_t>(task.first_row) + r;
        if (!refutes(*task.set, r, found.rows.lower[row], found.rows.slack[row], range)) continue;
        refuted_[task.conjunction] = true;
        return true;
      }
      return false;
    });
    return tasks;
  }
  // Planes of very many numbers take longer to look at than they save.
  bool is_worth_planes(const std::vector<SplitNeurons>& neurons) const {
    std::size_t unstable = 0;
    for (const SplitNeurons& own : neurons) unstable += own.neuron.size();
    return unstable * static_cast<std::size_t>(engine_->inputs()) <=
           request_.options.most_plane_numbers;
  }
  std::optional<Counterexample> cut_up(NeuronSearch& search,
                                       const std::vector<NeuronSearch::Task>& tasks) {
    const Effort effort = Effort::quick(exact_->plan());
    std::uint64_t next_descent = 4;
    for (std::uint64_t round = 1; !search.is_over(); ++round) {
      if (engine_->agree(request_.cancel && request_.cancel->cancelled()))
        throw Cancelled("the time is over");
      // Certificates prepare engines for themselves.
      if (prepared_ != std::pair(engine_->preparations(), exact_->preparations())) bound_box();
      auto points = search.round(request_.cancel, request_.observer);
      progress_ = search.progress();
      progress_.region = number_;
      if (request_.see) request_.see(progress_);
      for (std::size_t t = 0; t < tasks.size(); ++t)
        if (search.is_refuted(t)) refuted_[tasks[t].conjunction] = true;
      const Box& within = region_->point_box();
      if (points.x.empty() || !Attack::has_points(within)) continue;
      for (std::size_t i = 0; i < points.x.size(); ++i) {  // in float32 a box is rounded outwards
        const std::size_t at = i % within.lower.size();
        points.x[i] = std::clamp(points.x[i], within.lower[at], within.upper[at]);
      }
      auto hit = attack_->try_points(number_, points.x, request_.cancel);
      if (!hit && !attack_->spare() && round == next_descent) {
        next_descent *= 2;
        std::vector<Target> targets;
        for (std::size_t t = 0; t < tasks.size(); ++t)
          if (!search.is_refuted(t))
            targets.push_back({{number_, tasks[t].conjunction}, points.of(t, engine_->inputs())});
        hit = attack_->search(targets, effort, request_.cancel);
      }
      if (hit || attack_->spare()) return hit;
    }
    return {};
  }

  Engine *engine_, *exact_;
  const Region* region_;
  std::size_t number_;
  Attack* attack_;
  NeuronSearchRequest request_;
  InputSet box_;
  RowQuery query_;                        // of all rows; their numbers are each engine's own
  std::vector<const Conjunction*> sets_;  // whose rows they are
  std::vector<bool> refuted_;
  SearchProgress progress_;
  std::pair<std::uint64_t, std::uint64_t> prepared_;
};

}  // namespace shardbound::inline v0
