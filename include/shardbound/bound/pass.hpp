// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// prepare once, run often. A pass owns all the memory that bounding one network needs: sets and rows are
// loaded, compute() walks the plan from the input up - intervals, rows for the pre-activations that want
// better, lines - and then pulls down the rows that were asked for, and what it found is read back.
// Every method is this one walk. Where calls cost more than the work they ask for, the backend records
// the walk and does it again as one; nothing may then be read in its middle, so that rows are pulled down
// for neurons that turn out not to need them.

#include <shardbound/bound/method.hpp>
#include <shardbound/bound/row_lists.hpp>
#include <shardbound/bound/row_pass.hpp>
#include <shardbound/core/rounding.hpp>

#include <compare>
#include <limits>
#include <map>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Pass {
  using Rows = RowPass<T, Backend>;

 public:
  /// Allocates everything. Throws OutOfMemory.
  Pass(const Instance<T, Backend>& network, Method method, Capacity capacity)
      : network_(&network),
        plan_(network.plan()),
        method_(method),
        capacity_(capacity),
        state_(network, capacity.domains),
        rows_(network, routes(), capacity.wave,
              capacity.coefficient_bytes > 0
                  ? capacity.coefficient_bytes
                  : network.backend().coefficient_bytes(network.weight_bytes())) {
    auto& backend = network.backend();
    const index_t outputs = 2 * capacity.domains * network.outputs();
    const index_t rest = Rows::room_for(0, network.layout().ranks());
    listed_ = List(backend, most_listed(), rest);
    asked_ = List(backend, capacity.rows, rest);
    count_ = {backend, 1, Category::workspace};
    matrix_ = {backend, capacity.rows * padded(network.outputs()), Category::workspace};
    for (std::size_t i = 0; i < descents().size(); ++i) {
      output_results_.push_back(Results(backend, outputs));
      row_results_.push_back(Results(backend, capacity.rows));
    }
    if (capacity.worst_points)
      worst_ = {backend, asked_.size() * padded(network.inputs()), Category::workspace};
    if (method.intermediates == Intermediates::tightened) backend.reserve_list(most_listed() / 2);
    records_ = network.layout().ranks() == 1 && backend.records(most_listed());
  }

  index_t wave_height() const { return rows_.waves().most(); }
  const Instance<T, Backend>& network() const { return *network_; }

  Traffic traffic() const {
    Traffic sum;
    for (int v = 1; v < plan_.size(); ++v) sum.bytes_received += state_.bytes_received(v);
    for (const Route& route : routes()) {
      const bool inside = route.start != plan_.output();
      if (inside && interval_is_exact(route.start, expr::Norm::infinity)) continue;
      sum.waves += rows_.waves().count(route.most_rows);
      sum.bytes_received += rows_.bytes_received(route);
    }
    return sum;
  }

  /// Bounds over every set; all share one norm, at most capacity.domains. Deterministic: a domain's
  /// bounds do not depend on its batch mates, the wave height or the number of threads. Throws
  /// ArgumentError on sets or rows that do not fit the network, Cancelled when `cancel` says so.
  Bounds<T> run(std::span<const InputSet> sets, const RowQuery& query = {}, Wanted wanted = {},
                const CancelToken* cancel = nullptr) {
    load(sets, query, wanted);
    compute(cancel);
    return result();
  }

  // The parts of run, for those who want to time them or have other work meanwhile.

  /// Brings sets and rows to where they are worked on.
  void load(std::span<const InputSet> sets, const RowQuery& query = {}, Wanted wanted = {}) {
    check(sets, query, wanted);
    state_.set_domains(sets);
    load_rows(query);
    work_ = {state_.domains(),
             sets[0].norm,
             static_cast<index_t>(query.domain.size()),
             wanted.outputs,
             wanted.worst_points && method_.descent == Descent::input,
             network_->revision()};
  }
  /// Bounds what was loaded; may return before the work is done.
  void compute(const CancelToken* cancel = nullptr) {
    context_ = {&network_->backend(), &network_->exchange(), cancel};
    if (records_)
      network_->backend().replay(recordings_[work_], [this] { walk(); });
    else
      walk();
  }
  /// What was found.
  Bounds<T> result() const {
    Bounds<T> found;
    if (work_.outputs) read_outputs(found);
    if (work_.rows > 0) {
      found.rows = best(row_results_, work_.rows);
      if (work_.worst_points) found.worst_points = read_worst_points();
    }
    network_->backend().finish();
    return found;
  }

  /// Bounds of node v's neurons as the last run left them, one entry a domain.
  std::vector<OutputBounds<T>> node_bounds(int v) const {
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
  using Route = typename Rows::Route;

  using List = ListedRows<T, Backend>;
  using Results = RowResults<T, Backend>;

  /// What a walk depends on besides numbers.
  struct Work {
    index_t domains = 0;
    expr::Norm norm = expr::Norm::infinity;
    index_t rows = 0;
    bool outputs = false, worst_points = false;
    int revision = 0;
    auto operator<=>(const Work&) const = default;
  };

  bool needs_lines() const {
    return method_.descent == Descent::input || method_.intermediates != Intermediates::interval;
  }
  // Where Descent::one_product ends: IBP of rows folds them into the last affine layer.
  int shallow_stop() const {
    const int out = plan_.output();
    return plan_[out].kind == NodeKind::product ? plan_.input_of(out) : out;
  }
  bool wants_shallow() const {
    return method_.descent == Descent::one_product ||
           (method_.intermediates == Intermediates::tightened && shallow_stop() > 0);
  }
  // Where rows from the output are concretized; the better of both counts.
  std::vector<int> descents() const {
    std::vector<int> stops;
    if (method_.descent == Descent::input) stops.push_back(0);
    if (wants_shallow()) stops.push_back(shallow_stop());
    return stops;
  }
  // Whether intervals are exact: an affine layer on a box (scaled or not), or on the input ball.
  bool interval_is_exact(int v, expr::Norm norm) const {
    if (plan_[v].kind != NodeKind::product) return false;
    int below = plan_.input_of(v);
    while (norm == expr::Norm::infinity && plan_[below].kind == NodeKind::pointwise &&
           plan_[below].operation == operation::scaled)
      below = plan_.input_of(below);
    return below == 0;
  }
  bool gets_rows(int v) const {
    return method_.intermediates != Intermediates::interval && v > 0 && plan_.is_pre_activation(v);
  }

  std::vector<Route> routes() const {
    std::vector<Route> all;
    for (int v = 1; v < plan_.size(); ++v)
      if (gets_rows(v))
        all.push_back({v, 0, own_rows(v), 2 * capacity_.domains * plan_[v].features,
                       lists_all(v) ? Listing::every : Listing::some});
    const int out = plan_.output();
    const index_t outputs = 2 * capacity_.domains * plan_[out].features;
    for (int stop : descents()) {
      all.push_back(
          {out, stop, stop < out ? own_rows(out) : StartRows::tile, outputs, Listing::every});
      const bool points = capacity_.worst_points && stop == 0;
      all.push_back({out, stop, StartRows::tile, capacity_.rows, Listing::some,
                     points ? Rows::Points::written : Rows::Points::none});
    }
    return all;
  }
  // How rows of single neurons begin.
  StartRows own_rows(int v) const {
    return plan_[v].kind == NodeKind::product ? StartRows::matrix : StartRows::tile;
  }
  index_t most_listed() const {
    index_t most = std::max(capacity_.rows, 2 * capacity_.domains * network_->outputs());
    for (int v = 1; v < plan_.size(); ++v)
      if (gets_rows(v)) most = std::max(most, 2 * capacity_.domains * plan_[v].features);
    return most;
  }

  void check(std::span<const InputSet> sets, const RowQuery& query, Wanted wanted) const {
    const auto count = [](auto n) { return std::to_string(n); };
    if (sets.empty() || static_cast<index_t>(sets.size()) > capacity_.domains)
      throw ArgumentError(count(sets.size()) + " input sets for a pass prepared for 1 to " +
                          count(capacity_.domains));
    const auto rows = static_cast<index_t>(query.domain.size());
    if (rows > capacity_.rows)
      throw ArgumentError(count(rows) + " rows for a pass prepared for " + count(capacity_.rows));
    if (static_cast<index_t>(query.matrix.size()) != rows * network_->outputs())
      throw ShapeError("the rows to bound hold " + count(query.matrix.size()) + " numbers where " +
                       count(rows) + " rows of " + count(network_->outputs()) + " outputs belong");
    for (std::size_t i = 0; i < query.matrix.size(); ++i)
      if (!std::isfinite(static_cast<T>(query.matrix[i])))
        throw ArgumentError("row " + count(i / static_cast<std::size_t>(network_->outputs())) +
                            " to bound is not finite at output " +
                            count(i % static_cast<std::size_t>(network_->outputs())));
    for (std::int32_t d : query.domain)
      if (d < 0 || d >= static_cast<std::int32_t>(sets.size()))
        throw ArgumentError("a row names domain " + count(d) + " of " + count(sets.size()));
    if (wanted.worst_points && !capacity_.worst_points)
      throw ArgumentError("worst points are asked for where Capacity has no room for them");
  }

  void load_rows(const RowQuery& query) {
    const auto count = static_cast<index_t>(query.domain.size());
    const index_t n = network_->outputs(), leading = padded(n);
    std::vector<T> matrix(static_cast<std::size_t>(count * leading));
    for (index_t r = 0; r < count; ++r)
      for (index_t i = 0; i < n; ++i)
        matrix[static_cast<std::size_t>(r * leading + i)] =
            static_cast<T>(query.matrix[static_cast<std::size_t>(r * n + i)]);
    auto& backend = network_->backend();
    backend.upload(matrix_.data(), matrix.data(), count * leading);
    asked_.upload(backend, query.domain);
  }

  void walk() {
    for (int v = 1; v < plan_.size(); ++v) {
      context_.check();
      state_.interval(v);
      // Before v's own rows: where activations follow each other, those begin in v's lines.
      if (plan_.is_activation(v) && needs_lines()) state_.lines(v);
      if (plan_.is_pre_activation(v)) tighten(v);
    }
    if (work_.outputs) {
      list_all(plan_.output());
      const index_t count = 2 * work_.domains * network_->outputs();
      from_output({listed_.first(count), {}, Listing::every}, output_results_, {});
    }
    if (work_.rows > 0) {
      const index_t n = network_->outputs();
      from_output(
          {asked_.first(work_.rows), {matrix_.data(), work_.rows, n, padded(n)}, Listing::some},
          row_results_, work_.worst_points ? worst_points() : MatrixView<T>{});
    }
  }

  void tighten(int v) {
    if (!gets_rows(v) || interval_is_exact(v, work_.norm)) return;
    auto& backend = network_->backend();
    const bool all = method_.intermediates == Intermediates::textbook;
    const index_t count = list_rows(v);
    expr::StoreCall<T> call;
    call.bounds = state_.bounds(v);
    call.meet = all ? expr::Meet::assign : expr::Meet::intersect;
    const RowList<T> list{listed_.first(count), {}, lists_all(v) ? Listing::every : Listing::some};
    rows_.run(context_, state_, list, v, 0, state_.set(0), {},
              [&](const RowsView<T>& rows, const expr::RowSums<T>& found) {
                call.rows = rows;
                call.result = found;
                backend.store(call);
              });
  }

  void list_all(int v) {
    network_->backend().list_all(BoundsView<const T>(state_.bounds(v)),
                                 listed_.target(count_.data()));
  }
  // Lists rows for node v in the backend's memory; returns how many. In a recording, which cannot know,
  // rows that do not matter keep their places.
  index_t list_rows(int v) {
    auto& backend = network_->backend();
    const index_t most = 2 * work_.domains * plan_[v].features;
    if (lists_all(v)) {
      list_all(v);
      return most;
    }
    const int reader = only_reader(v);
    const auto& function =
        network_->kernels().functions[static_cast<std::size_t>(plan_[reader].operation)];
    (records_ ? function.mark_unstable : function.list_unstable)(
        backend, network_->parameters(reader).state, state_.bounds(v),
        listed_.target(count_.data()));
    if (records_) return most;
    std::int64_t count = 0;
    backend.to_host(&count, count_.data(), 1);
    return count;
  }
  // Whether all neurons of a pre-activation get rows, not just those that one activation finds unstable.
  bool lists_all(int v) const {
    return method_.intermediates == Intermediates::textbook || only_reader(v) < 0;
  }
  // The activation that alone reads node v nonlinearly, or -1.
  int only_reader(int v) const {
    int found = -1;
    for (int reader = v + 1; reader < plan_.size(); ++reader)
      if (plan_.is_activation(reader) && plan_.input_of(reader) == v) {
        if (found >= 0) return -1;
        found = reader;
      }
    return found;
  }

  // Bounds of a list from the output, one result a descent; with `worst`, points of the deepest.
  void from_output(const RowList<T>& list, const std::vector<Results>& results,
                   const MatrixView<T>& worst) {
    auto& backend = network_->backend();
    const auto stops = descents();
    for (std::size_t i = 0; i < stops.size(); ++i) {
      index_t done = 0;
      rows_.run(context_, state_, list, plan_.output(), stops[i], state_.set(stops[i]),
                stops[i] == 0 ? worst : MatrixView<T>{},
                [&](const RowsView<T>& rows, const expr::RowSums<T>& found) {
                  const index_t real = std::min(rows.count, list.rows.count - done);
                  results[i].keep(backend, found, done, real);
                  done += real;
                });
    }
  }

  // The better of all descents, row by row.
  RowBounds<T> best(const std::vector<Results>& results, index_t count) const {
    RowBounds<T> best;
    for (const Results& descent : results) {
      const RowBounds<T> found = descent.read(network_->backend(), count);
      if (best.lower.empty()) best = found;
      for (std::size_t r = 0; r < found.lower.size(); ++r)
        if (proved(found.lower[r], found.slack[r]) > proved(best.lower[r], best.slack[r])) {
          best.lower[r] = found.lower[r];
          best.slack[r] = found.slack[r];
        }
    }
    return best;
  }
  void read_outputs(Bounds<T>& found) const {
    const auto outputs = static_cast<std::size_t>(network_->outputs());
    const auto sides = best(output_results_, 2 * work_.domains * network_->outputs());
    found.outputs.resize(static_cast<std::size_t>(work_.domains));
    std::size_t row = 0;
    for (auto& domain : found.outputs)  // rows come domain by domain, both sides of each output
      for (std::size_t i = 0; i < outputs; ++i, row += 2) {
        const T lower = sides.lower[row], upper = -sides.lower[row + 1];
        domain.lower.push_back(std::min(lower, upper));  // they may cross by rounding
        domain.upper.push_back(std::max(lower, upper));
        domain.slack.push_back(std::max(sides.slack[row], sides.slack[row + 1]));
      }
  }

  MatrixView<T> worst_points() const {
    return {worst_.data(), work_.rows, network_->inputs(), padded(network_->inputs())};
  }
  std::vector<T> read_worst_points() const {
    const MatrixView<T> points = worst_points();
    std::vector<T> all(static_cast<std::size_t>(points.rows * points.columns));
    for (index_t r = 0; r < points.rows; ++r)
      network_->backend().to_host(all.data() + r * points.columns, points.data + r * points.leading,
                                  points.columns);
    return all;
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  Method method_;
  Capacity capacity_;
  typename Rows::PassContext context_;
  DomainState<T, Backend> state_;
  Rows rows_;
  List listed_, asked_;
  Buffer<T, Backend> matrix_, worst_;
  Buffer<std::int64_t, Backend> count_;
  std::vector<Results> output_results_, row_results_;  // one a descent
  Work work_;
  bool records_ = false;
  std::map<Work, typename Backend::Recording> recordings_;
};

/// A pass of `method` over `network`, with room for `capacity`.
template <class T, class Backend, class M>
Pass<T, Backend> prepare(const Instance<T, Backend>& network, const M& method,
                         Capacity capacity = {}) {
  return {network, method, capacity};
}

}  // namespace shardbound::inline v0
