// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What bounds of one region did not refute, refuted by branch and bound over its neurons: its box is bounded once, as
// tightly as the method can, and then cut up. Where that takes long, bounds inside the network are tightened, by branch and
// bound of their own, and the box is cut up anew. Points where the bounds of parts are least are tried, and descended from
// now and then. Where every rank holds the whole network, all bound the box together, and then each has parts of its own
// and an engine of its own for them: parts, points and how the search stands are what goes from rank to rank.

#include <shardbound/verify/dealt_search.hpp>
#include <shardbound/verify/neuron_bounds.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
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

/// Planes of the neurons that domains may be split at 0: CROWN's, over one box, within bounds of its neurons. Replaces what
/// the engine was prepared for.
inline SplitPlanes split_planes(Engine& engine, const InputSet& box,
                                const std::vector<SplitNeurons>& neurons, Capacity capacity,
                                const std::vector<GivenBounds>& given, const CancelToken* cancel) {
  constexpr std::size_t at_once = 256;
  const PlanView& plan = engine.plan();
  capacity.rows = 2 * at_once;
  capacity.linear_bounds = true;
  capacity.starts.clear();
  for (const SplitNeurons& own : neurons)
    if (own.bends_at_zero()) capacity.starts.push_back(plan.input_of(own.activation));
  for (const GivenBounds& own : given) capacity.given.push_back(own.node);
  engine.prepare(Method{}, capacity);
  const auto n = static_cast<std::size_t>(engine.inputs());
  const double margin = ScalarRange::of(engine.scalar()).margin;
  SplitPlanes planes;
  for (const SplitNeurons& own : neurons) {
    auto& found = planes.emplace_back();
    if (!own.bends_at_zero()) continue;
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
          engine.run({&box, 1}, query, {.outputs = false, .linear_bounds = true}, cancel, given);
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
        searching_(&engine),
        proving_(&exact),
        region_(&property.regions[region]),
        number_(region),
        attack_(&attack),
        request_(std::move(request)),
        box_(region_->box),
        refuted_(region_->unsafe.size(), false) {
    if (engine.ranks() > 1) part_from_peers();
  }

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
    auto left = without_refuted(std::move(tasks), bound_box());
    // A search is given up for better bounds inside, and begun again with them, when it has cost a share of what they will:
    // the smaller, the more the last ones gained. Where they gain little it goes on.
    double share = first_share;
    for (int cuts = 1; !left.empty(); cuts *= 4) {
      const double width = inside_->unstable_width(), price = inside_->price(cuts);
      const bool is_last = price == 0 || cuts > most_cuts;
      DealtSearch search = begin_search(left);
      const auto parts =
          std::max(request_.options.patience, static_cast<std::uint64_t>(share * price));
      auto hit = cut_up(search, left, is_last ? all_parts : parts);
      if (hit || attack_->spare() || search.is_over() ||
          search.progress().domains + 2 > most_parts())
        return hit;
      const NeuronBounds before = *inside_;
      inside_->tighten(
          {cuts, request_.options.rows, request_.options.bounding, request_.capacity.wave,
           request_.capacity.coefficient_bytes, request_.options.threads},
          request_.cancel, request_.observer);
      const double gain = 1 - inside_->unstable_width() / width;
      if (gain < least_gain) {
        inside_ = before;
        recall();
        return cut_up(search, left, all_parts);
      }
      share = least_share / gain;
      const SearchProgress& given_up = search.progress();
      before_.domains += given_up.domains, before_.own += given_up.own;
      before_.refuted += given_up.refuted;
      // Tasks that the search has refuted are searched again, if need be: which they are goes by rounds.
      left = without_refuted(std::move(left), bound_box());
    }
    return {};
  }

 private:
  static constexpr int most_cuts = 1024;
  static constexpr std::uint64_t all_parts = ~std::uint64_t{0};
  static constexpr double first_share = 1.0 / 8, least_share = 1.0 / 40, least_gain = 1.0 / 20;

  // If this rank holds the whole network.
  void part_from_peers() {
    auto searching = engine_->alone();
    auto proving = engine_ == exact_ ? nullptr : exact_->alone();
    if (!searching || (engine_ != exact_ && !proving)) return;
    searching_ = searching.get();
    proving_ = proving ? proving.get() : searching_;
    alone_ = std::move(searching), exact_alone_ = std::move(proving);
    if (engine_->rank() > 0) request_.observer = nullptr;  // each takes itself for rank 0
  }
  // Nothing large is to lie idle while others work.
  static void empty(Engine& one, Engine& other) {
    one.prepare(Method{}, Capacity{});
    if (&one != &other) other.prepare(Method{}, Capacity{});
  }
  void allow_for_rows() {
    Capacity& capacity = request_.capacity;
    request_.options.rows =
        std::max(request_.options.rows, static_cast<index_t>(query_.targets.size()));
    capacity.domains = 1;
    capacity.rows = request_.options.rows;
    capacity.linear_bounds = true;
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
  // Where few neurons are unstable more rows have room.
  void allow_for_more_rows() {
    NeuronSearchOptions& options = request_.options;
    if (options.row_bytes == 0) return;
    const double unstable = unstable_neurons(*engine_, split_neurons(*engine_, 0));
    options.rows = request_.capacity.rows =
        part_rows_within(numbers_per_part_row(engine_->plan(), unstable), options.row_bytes,
                         options.rows, std::max(options.rows, NeuronSearchOptions::most_rows));
  }
  DealtSearch begin_search(const std::vector<NeuronSearch::Task>& left) {
    allow_for_more_rows();
    recall();  // which may leave more neurons unstable, by what bounds were rounded outwards
    const auto neurons = split_neurons(*searching_, 0);
    SplitPlanes planes;
    if (is_worth_planes(neurons)) {
      if (alone_) empty(*searching_, *proving_);
      planes = split_planes(*engine_, box_, neurons, request_.capacity, inside_->given(),
                            request_.cancel);
      recall();
    }
    DealtSearch search(*engine_, NeuronSearch(*searching_, *proving_, request_.options, left));
    if (!planes.empty()) search.imply(region_->box, planes);
    return search;
  }
  // The box as a whole, within what is known of its neurons; of which more is known then.
  Bounds<double> bound_box() {
    Capacity capacity = request_.capacity;
    std::vector<GivenBounds> given;
    if (inside_) given = inside_->given();
    for (GivenBounds& own : given) {
      own.how = Given::intersected;
      capacity.given.push_back(own.node);
    }
    if (alone_) empty(*searching_, *proving_);
    engine_->prepare(request_.method, capacity);
    auto found = engine_->run({&box_, 1}, query_for(*engine_), {.outputs = false}, request_.cancel,
                              given, request_.observer);
    inside_.emplace(*engine_, box_, alone_.get());
    return found;
  }
  // Brings the engines where parts of the box can be bounded: what bounds the neurons in the one holds in the other.
  void recall() {
    Capacity capacity = request_.capacity;
    for (const GivenBounds& own : inside_->given()) capacity.given.push_back(own.node);
    const auto bring = [&](Engine& engine) {
      engine.prepare(Method{}, capacity);
      engine.run({&box_, 1}, query_for(engine), {.outputs = false}, request_.cancel,
                 inside_->given(), request_.observer);
    };
    const auto bring_all = [&] {
      bring(*searching_);
      if (searching_ != proving_) bring(*proving_);
    };
    if (alone_) {
      empty(*engine_, *exact_);
      of_all_ranks(*engine_, [&](ByteWriter&) { bring_all(); });  // if one is stopped all are
    } else {
      bring_all();
    }
    prepared_ = preparations();
  }
  std::pair<std::uint64_t, std::uint64_t> preparations() const {
    return {searching_->preparations(), proving_->preparations()};
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
    for (const SplitNeurons& own : neurons)
      if (own.bends_at_zero()) unstable += own.neuron.size();
    return unstable > 0 && unstable * static_cast<std::size_t>(engine_->inputs()) <=
                               request_.options.most_plane_numbers;
  }
  // Of the search that goes on.
  std::uint64_t most_parts() const {
    const std::uint64_t most = request_.options.most_parts;
    return most == 0 ? all_parts : most - std::min(most, before_.domains);
  }
  std::optional<Counterexample> cut_up(DealtSearch& search,
                                       const std::vector<NeuronSearch::Task>& tasks,
                                       std::uint64_t most) {
    const Effort effort = Effort::quick(exact_->plan());
    std::uint64_t next_descent = 4;
    // Exactly so many parts, whatever a round's share of them is.
    most = std::min(most, most_parts());
    for (std::uint64_t round = 1; !search.is_over() && search.progress().domains + 2 <= most;
         ++round) {
      if (engine_->agree(request_.cancel && request_.cancel->cancelled()))
        throw Cancelled("the time is over");
      // Certificates prepare engines for themselves.
      if (prepared_ != preparations()) recall();
      auto points =
          search.round(request_.cancel, request_.observer, most - search.progress().domains);
      progress_ = search.progress();
      progress_.add(before_);
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
  std::unique_ptr<Engine> alone_, exact_alone_;
  Engine *searching_, *proving_;  // what bounds parts, and proves: of all ranks or of this one
  const Region* region_;
  std::size_t number_;
  Attack* attack_;
  NeuronSearchRequest request_;
  InputSet box_;
  RowQuery query_;                        // of all rows; their numbers are each engine's own
  std::vector<const Conjunction*> sets_;  // whose rows they are
  std::vector<bool> refuted_;
  std::optional<NeuronBounds> inside_;
  SearchProgress progress_, before_;  // of searches that were given up
  std::pair<std::uint64_t, std::uint64_t> prepared_;
};

}  // namespace shardbound::inline v0
