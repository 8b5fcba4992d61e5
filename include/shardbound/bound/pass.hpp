// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// prepare once, run often. A pass owns all the memory that bounding one network needs: sets and rows are
// loaded, compute() walks the plan from the input up - intervals, rows for the pre-activations that want
// better, lines - and then pulls down the rows that were asked for, and what it found is read back.
// Every method is this one walk. Where calls cost more than the work they ask for, the backend records
// the walk and does it again as one; nothing may then be read in its middle, so that rows are pulled down
// for neurons that turn out not to need them.

#include <shardbound/bound/beta_crown.hpp>
#include <shardbound/bound/given_planes.hpp>
#include <shardbound/bound/neuron_lists.hpp>
#include <shardbound/bound/optimiser.hpp>
#include <shardbound/bound/output_rows.hpp>
#include <shardbound/bound/query_rows.hpp>
#include <shardbound/core/rounding.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Pass {
  using Rows = RowPass<T, Backend>;

 public:
  /// Allocates everything. Throws OutOfMemory, and ArgumentError if there must be room for less than nothing,
  /// or for what the method does not find.
  Pass(const Instance<T, Backend>& network, Method method, Capacity capacity)
      : turn_(network.turn()),
        network_(&network),
        plan_(network.plan()),
        method_(plan_, method, std::move(capacity)),
        state_(network, method_.capacity().domains),
        rows_(network, method_.routes(), method_.capacity().wave, coefficient_bytes()),
        given_(network, method_.given(), method_.capacity().domains),
        query_(network, method_),
        lists_(network, method_.most_listed(), &rows_),
        outputs_(network, method_) {
    auto& backend = network.backend();
    if (method.intermediates == Intermediates::tightened || method.optimises())
      backend.reserve_list(method_.most_listed() / 2);
    const index_t most = std::max(method_.most_listed(), method_.capacity().rows);
    records_ = network.layout().ranks() == 1 && backend.records(most) && !rows_.has_regional();
    if (method.optimises()) check_dealt();
    if (method.optimises() && backend.allocation() == Allocation::counted) book_slopes();
    turn_.give_back();
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  /// Its memory is given back in its turn: `turn_` is the last to go.
  ~Pass() { turn_.take_to_end(); }

  index_t wave_height() const { return rows_.waves().most(); }
  const Instance<T, Backend>& network() const { return *network_; }
  const Capacity& capacity() const { return method_.capacity(); }

  Traffic traffic() const {
    Traffic sum;
    for (int v = 1; v < plan_.size(); ++v) sum.bytes_received += state_.bytes_received(v);
    for (const Route& route : method_.routes_of_a_run()) {
      sum.waves += rows_.waves().count(route.most_rows);
      sum.bytes_received += rows_.bytes_received(route);
    }
    if (method_.method().optimises()) add_traffic_of_slopes(sum);
    return sum;
  }

  /// Bounds over every set; all share one norm, at most capacity.domains. Deterministic: a domain's
  /// bounds do not depend on its batch mates, the wave height or the number of threads. Throws
  /// ArgumentError on sets, rows or given bounds that do not fit the network, and while some of its weights are
  /// not set; Cancelled when `cancel` says so. `observer` is told how far the work has come.
  Bounds<T> run(std::span<const InputSet> sets, const RowQuery& query = {},
                const Wanted& wanted = {}, const CancelToken* cancel = nullptr,
                std::span<const GivenBounds> given = {}, Observer* observer = nullptr) {
    load(sets, query, wanted, given);
    compute(cancel, observer);
    return result();
  }

  // The parts of run, for those who want to time them or have other work meanwhile.

  /// Brings sets, rows and given bounds to where they are worked on.
  void load(std::span<const InputSet> sets, const RowQuery& query = {}, const Wanted& wanted = {},
            std::span<const GivenBounds> given = {}) {
    const Turn turn = network_->turn();
    computed_ = false;
    beta_crown_.reset();
    work_ = {};  // until all of it fits
    network_->check_complete();
    if (sets.empty() || static_cast<index_t>(sets.size()) > method_.capacity().domains)
      throw ArgumentError(std::to_string(sets.size()) +
                          " input sets for a pass prepared for 1 to " +
                          std::to_string(method_.capacity().domains));
    state_.set_domains(sets);
    query_.load(query, wanted, state_.domains());
    outputs_.load(state_.domains());
    given_.load(given, state_.domains());
    wants_slopes_ = wanted.slopes;
    begin_with_ = wanted.begin_with ? *wanted.begin_with : Slopes{};
    work_ = {state_.domains(), sets[0].norm,          query_.count(), query_.node(),
             wanted.outputs,   query_.wants_points(), query_.keeps(), query_.collect(),
             given_.how(),     network_->revision()};
  }
  /// Bounds what was loaded; may return before the work is done.
  void compute(const CancelToken* cancel = nullptr, Observer* observer = nullptr) {
    const Turn turn = network_->turn();
    if (work_.domains == 0)
      throw ArgumentError("a pass computes what was loaded before: nothing was");
    computed_ = false;
    context_ = {&network_->backend(), &network_->exchange(), cancel, records_ ? nullptr : observer};
    context_.check();  // a recording, once it is under way, looks no more
    if (records_)
      network_->backend().replay(recordings_[work_], [this] { walk(); });
    else
      walk();
    trajectories_.clear();
    slopes_.clear();
    context_.observer = observer;
    if (method_.method().optimises()) optimise();
    computed_ = true;
  }
  /// What was found.
  Bounds<T> result() const {
    check_computed();
    const Turn turn = network_->turn();
    Bounds<T> found;
    if (work_.outputs) outputs_.read(found);
    if (work_.rows > 0) query_.read(rows_, state_.inflation(), found);
    found.trajectories = trajectories_;
    found.slopes = slopes_;
    network_->backend().finish();
    return found;
  }

  /// Rows of the last run's query over parts of their domains (beta-CROWN), with the bounds inside the network that the
  /// run left; at most capacity.rows at a time. Throws ArgumentError before a run, and on parts that make no sense.
  PartBounds bound_parts(std::span<const PartRow> parts, const PartOptions& options,
                         const CancelToken* cancel = nullptr, Observer* observer = nullptr) {
    check_computed();
    check_dealt();
    const Turn turn = network_->turn();
    if (parts.empty()) return {};
    if (static_cast<index_t>(parts.size()) > method_.capacity().rows)
      throw ArgumentError(std::to_string(parts.size()) + " parts for a pass prepared for " +
                          std::to_string(method_.capacity().rows) + " rows. Fix: Capacity::rows");
    context_ = {&network_->backend(), &network_->exchange(), cancel, observer};
    return beta_crown().run(
        context_, parts, [this](std::int32_t row) { return query_.domain_of(row); }, options,
        query_);
  }

  /// What the numbers of PartSlopes are about, for rows over a domain of the last run.
  std::vector<PartColumn> part_columns(index_t domain) {
    check_computed();
    const Turn turn = network_->turn();
    return beta_crown().part_columns(domain);
  }

  /// Bounds of node v's neurons as the last run left them, one entry a domain. Throws ArgumentError before a run
  /// and for nodes that are not there.
  std::vector<OutputBounds<T>> node_bounds(int v) const {
    check_computed();
    network_->check_node(v);
    const Turn turn = network_->turn();
    std::vector<OutputBounds<T>> all;
    const auto view = state_.bounds(v);
    for (index_t d = 0; d < view.domains; ++d) {
      OutputBounds<T> one;
      const auto read = [&](std::vector<T>& to, const T* from) {
        to.resize(static_cast<std::size_t>(view.features));
        network_->backend().to_host(to.data(), from + d * view.leading, view.features);
      };
      read(one.lower, view.lower);
      read(one.upper, view.upper);
      read(one.slack, view.slack);
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  /// What a walk depends on besides numbers.
  struct Work {
    index_t domains = 0;
    expr::Norm norm = expr::Norm::infinity;
    index_t rows = 0;
    int start = 0;
    bool outputs = false, worst_points = false, keeps = false;
    Collect collect = Collect::everywhere;
    std::map<int, Given> given;
    int revision = 0;
    auto operator<=>(const Work&) const = default;
  };

  void check_computed() const {
    if (!computed_) throw ArgumentError("a pass has bounds after a run, and there was none yet");
  }

  BetaCrown<T, Backend>& beta_crown() {
    if (!beta_crown_)
      beta_crown_ = std::make_unique<BetaCrown<T, Backend>>(
          *network_, state_, rows_, query_.matrix(), query_.node(), method_.capacity().rows,
          [this](int activation) { return lists_.unstable(activation, state_); },
          coefficient_bytes());
    return *beta_crown_;
  }

  void walk() {
    for (int v = 1; v < plan_.size(); ++v) {
      context_.check();
      context_.report({.node = v});
      state_.interval(v);
      given_.meet(v, state_.bounds(v));
      // Before v's own rows: where activations follow each other, those begin in v's lines.
      if (plan_.has_lines(v) && method_.needs_lines()) state_.lines(v);
      if (plan_.is_pre_activation(v)) tighten(v);
    }
    if (work_.outputs) {
      lists_.list_all(plan_.output(), state_);
      outputs_.run(rows_, context_, state_, lists_);
    }
    if (work_.rows > 0) query_.run(rows_, context_, state_);
  }

  void tighten(int v) {
    if (!method_.gets_rows(v) || method_.interval_is_exact(v, work_.norm) || given_.replaces(v))
      return;
    auto& backend = network_->backend();
    const bool all = method_.method().intermediates == Intermediates::textbook;
    index_t count = method_.lists_all(v)
                        ? lists_.list_all(v, state_)
                        : lists_.list_unstable(method_.only_reader(v), state_, records_);
    expr::StoreCall<T> call;
    call.bounds = state_.bounds(v);
    call.meet = all ? expr::Meet::assign : expr::Meet::intersect;
    const std::vector<RegionalWave> waves = lists_.by_region(v, count);
    const RowList<T> list{
        lists_.first(count), {}, method_.lists_all(v) ? Listing::every : Listing::some, waves};
    rows_.run(context_, state_, list, v, 0, state_.set(0), {},
              [&](const RowsView<T>& rows, const expr::RowSums<T>& found) {
                call.rows = rows;
                call.result = found;
                backend.store(call);
              });
    if (all) given_.meet(v, state_.bounds(v));  // whose intersection was overwritten
  }

  Optimiser<T, Backend> optimiser() {
    std::vector<typename Optimiser<T, Backend>::Frozen> nodes;
    for (int v = 1; v < plan_.size(); ++v)
      if (method_.gets_rows(v) && !method_.interval_is_exact(v, work_.norm) && !given_.replaces(v))
        nodes.push_back({v, method_.lists_all(v) ? -1 : method_.only_reader(v)});
    return {*network_,
            method_.method().optimisation,
            state_,
            rows_,
            std::move(nodes),
            [this](int activation) { return lists_.unstable(activation, state_); },
            coefficient_bytes(),
            records_};
  }
  // At most: every evaluation lets rows go by once, every step twice, for either side of outputs and of a query.
  void add_traffic_of_slopes(Traffic& sum) const {
    const auto evaluations = static_cast<std::uint64_t>(method_.method().optimisation.iterations);
    const std::uint64_t objectives = method_.capacity().rows > 0 ? 4 : 2;
    const std::uint64_t goings = objectives * (3 * evaluations - 2);
    std::uint64_t chords = 0;
    for (int start = 1; start < plan_.size(); ++start)
      if (start == plan_.output() || method_.gets_rows(start))
        for (int v = 1; v <= start; ++v)
          if (plan_.is_activation(v))
            chords += static_cast<std::uint64_t>(4 * method_.capacity().domains *
                                                 padded_rows(plan_[v].features)) *
                      sizeof(double);
    const auto others = static_cast<std::uint64_t>(network_->layout().ranks() - 1);
    sum.waves += static_cast<index_t>(goings) * sum.waves;
    sum.bytes_received += goings * sum.bytes_received + objectives * evaluations * others * chords;
  }
  // Slopes belong to rows, and so have a rank only where rows have one.
  void check_dealt() const {
    const int v = plan_.joint_node();
    if (network_->layout().ranks() > 1 && v >= 0)
      throw ArgumentError("slopes are optimised where every rank works on rows of its own, and " +
                          network_->describe(v) +
                          " is split over ranks. Fix: Replicated or FullySharded layers");
  }
  // Books what slopes take at most: if every neuron is unstable.
  void book_slopes() {
    Objective<T> objective;
    objective.start = plan_.output();
    const index_t rows =
        std::max(method_.capacity().rows, method_.capacity().domains * network_->outputs());
    objective.entries.resize(static_cast<std::size_t>(rows));
    optimiser().begin(objective);
  }
  // Better lines for the rows that were asked for, one side at a time: both want different ones.
  void optimise() {
    auto optimiser = this->optimiser();
    const auto run = [&](const Objective<T>& objective) {
      auto outcome = optimiser.run(context_, objective, &begin_with_);
      trajectories_.push_back(std::move(outcome.trajectory));
      if (wants_slopes_)
        for (SlopeTable& table : optimiser.slopes()) slopes_.push_back(std::move(table));
      return outcome.best;
    };
    for (const int sign : {1, -1})
      if (work_.rows > 0 && (sign > 0 || query_.has_sides()))
        query_.take(sign, run(query_.objective(sign)));
    for (const int sign : {1, -1})
      if (work_.outputs) outputs_.take(sign, run(outputs_.objective(sign)));
  }
  std::size_t coefficient_bytes() const {
    const std::size_t asked = method_.capacity().coefficient_bytes;
    return asked > 0 ? asked : network_->backend().coefficient_bytes(network_->weight_bytes_read());
  }

  Turn turn_;  // for making this and for its end
  const Instance<T, Backend>* network_;
  PlanView plan_;
  MethodPlan method_;
  typename Rows::PassContext context_;
  DomainState<T, Backend> state_;
  Rows rows_;
  GivenPlanes<T, Backend> given_;
  QueryRows<T, Backend> query_;
  NeuronLists<T, Backend> lists_;
  OutputRows<T, Backend> outputs_;
  std::vector<Trajectory> trajectories_;
  Slopes begin_with_, slopes_;
  std::unique_ptr<BetaCrown<T, Backend>> beta_crown_;
  bool wants_slopes_ = false;
  Work work_;
  bool records_ = false, computed_ = false;
  std::map<Work, typename Backend::Recording> recordings_;
};

/// A pass of `method` over `network`, with room for `capacity`.
template <class T, class Backend, class M>
Pass<T, Backend> prepare(const Instance<T, Backend>& network, const M& method,
                         Capacity capacity = {}) {
  return {network, method, std::move(capacity)};
}

}  // namespace shardbound::inline v0
