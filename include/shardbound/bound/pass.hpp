// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// prepare once, run often. A pass owns all the memory that bounding one network needs; run() walks the
// plan from the input up - intervals, rows for the pre-activations that want better, lines - and then
// pulls down the rows that were asked for. Every method is this one walk.

#include <shardbound/bound/method.hpp>
#include <shardbound/bound/row_pass.hpp>
#include <shardbound/core/rounding.hpp>

#include <limits>
#include <optional>

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
        rows_(network, routes(), capacity.wave, capacity.coefficient_bytes) {
    auto& backend = network.backend();
    const int ranks = network.layout().ranks();
    const index_t list = Rows::room_for(most_listed(), ranks);
    const index_t asked = Rows::room_for(capacity.rows, ranks);
    index_ = {backend, list, Category::workspace};
    domain_ = {backend, list, Category::workspace};
    sign_ = {backend, list, Category::workspace};
    count_ = {backend, 1, Category::workspace};
    matrix_ = {backend, capacity.rows * padded(network.outputs()), Category::workspace};
    if (capacity.worst_points)
      worst_ = {backend, asked * padded(network.inputs()), Category::workspace};
  }

  index_t wave_height() const { return rows_.wave_height(); }
  const Instance<T, Backend>& network() const { return *network_; }

  Traffic traffic() const {
    Traffic sum;
    for (int v = 1; v < plan_.size(); ++v) sum.bytes_received += state_.bytes_received(v);
    for (const Route& route : routes()) {
      const bool inside = route.start != plan_.output();
      if (inside && interval_is_exact(route.start, expr::Norm::infinity)) continue;
      sum.waves += rows_.waves(route.most_rows);
      sum.bytes_received += rows_.bytes_received(route);
    }
    return sum;
  }

  /// Bounds over every set; all share one norm, at most capacity.domains. Deterministic: a domain's
  /// bounds do not depend on its batch mates, the wave height or the number of threads. Throws
  /// ArgumentError on sets or rows that do not fit the network, Cancelled when `cancel` says so.
  Bounds<T> run(std::span<const InputSet> sets, const RowQuery& query = {}, Wanted wanted = {},
                const CancelToken* cancel = nullptr) {
    check(sets, query);
    context_ = {&network_->backend(), &network_->exchange(), cancel};
    state_.set_domains(sets);
    for (int v = 1; v < plan_.size(); ++v) {
      context_.check();
      state_.interval(v);
      // Before v's own rows: where activations follow each other, those begin in v's lines.
      if (plan_.is_activation(v) && needs_lines()) state_.lines(v);
      if (plan_.is_pre_activation(v)) tighten(v, sets);
    }
    Bounds<T> found;
    if (wanted.outputs) bound_outputs(found);
    bound_rows(query, wanted, found);
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
      read(one.slack, view.error);
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  using Route = typename Rows::Route;

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
        all.push_back({v, 0, is_product(v), 2 * capacity_.domains * plan_[v].features});
    const int out = plan_.output();
    const index_t outputs = 2 * capacity_.domains * plan_[out].features;
    for (int stop : descents()) {
      all.push_back({out, stop, is_product(out) && stop < out, outputs});
      const bool points = capacity_.worst_points && stop == 0;
      all.push_back(
          {out, stop, false, capacity_.rows, points ? Rows::Points::written : Rows::Points::none});
    }
    return all;
  }
  bool is_product(int v) const { return plan_[v].kind == NodeKind::product; }
  index_t most_listed() const {
    index_t most = std::max(capacity_.rows, 2 * capacity_.domains * network_->outputs());
    for (int v = 1; v < plan_.size(); ++v)
      if (gets_rows(v)) most = std::max(most, 2 * capacity_.domains * plan_[v].features);
    return most;
  }

  void check(std::span<const InputSet> sets, const RowQuery& query) const {
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
  }

  void tighten(int v, std::span<const InputSet> sets) {
    if (!gets_rows(v) || interval_is_exact(v, sets[0].norm)) return;
    auto& backend = network_->backend();
    const auto bounds = state_.bounds(v);
    const bool all = method_.intermediates == Intermediates::textbook;
    const index_t count = list(v, all);
    expr::StoreCall<T> call;
    call.bounds = bounds;
    call.meet = all ? expr::Meet::assign : expr::Meet::intersect;
    rows_.run(context_, state_, {listed(count), {}}, v, 0, state_.set(0), {},
              [&](const RowsView<T>& rows, const expr::RowSums<T>& result) {
                call.rows = rows;
                call.result = result;
                backend.store(call);
              });
  }

  // Lists rows for node v in the backend's memory; returns how many.
  index_t list(int v, bool all) {
    auto& backend = network_->backend();
    const BoundsView<const T> bounds = state_.bounds(v);
    const expr::RowsTarget<T> target{index_.data(), domain_.data(), sign_.data(), count_.data()};
    const int reader = all ? -1 : only_reader(v);
    if (reader < 0)
      backend.list_all(bounds, target);
    else
      network_->kernels()
          .functions[static_cast<std::size_t>(plan_[reader].operation)]
          .list_unstable(backend, network_->parameters(reader).state, bounds, target);
    std::int64_t count = 0;
    backend.to_host(&count, count_.data(), 1);
    pad(count);
    return count;
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
  void pad(index_t count) {
    auto& backend = network_->backend();
    const index_t rest = Rows::room_for(0, network_->layout().ranks());
    backend.fill(index_.data() + count, rest, std::int32_t{0});
    backend.fill(domain_.data() + count, rest, std::int32_t{0});
    backend.fill(sign_.data() + count, rest, T(0));
  }
  RowsView<T> listed(index_t count) const {
    return {index_.data(), domain_.data(), sign_.data(), count};
  }

  // Bounds of a list from the output, read back; with `worst`, points into worst_.
  RowBounds<T> from_output(const RowList<T>& list, int stop, bool worst) {
    RowBounds<T> found;
    const auto count = static_cast<std::size_t>(list.rows.count);
    found.lower.resize(count);
    found.slack.resize(count);
    const MatrixView<T> points{worst_.data(), list.rows.count, network_->inputs(),
                               padded(network_->inputs())};
    std::size_t done = 0;
    rows_.run(
        context_, state_, list, plan_.output(), stop, state_.set(stop),
        worst ? points : MatrixView<T>{},
        [&](const RowsView<T>& rows, const expr::RowSums<T>& result) {
          const auto real = std::min(static_cast<std::size_t>(rows.count), count - done);
          auto& backend = network_->backend();
          backend.to_host(found.lower.data() + done, result.constant, static_cast<index_t>(real));
          backend.to_host(found.slack.data() + done, result.slack, static_cast<index_t>(real));
          done += real;
        });
    return found;
  }
  // The better of both descents, row by row.
  RowBounds<T> best_from_output(const RowList<T>& list, bool worst) {
    RowBounds<T> best;
    if (method_.descent == Descent::input) best = from_output(list, 0, worst);
    if (!wants_shallow()) return best;
    auto shallow = from_output(list, shallow_stop(), false);
    if (best.lower.empty()) return shallow;
    for (std::size_t r = 0; r < best.lower.size(); ++r)
      if (proved(shallow.lower[r], shallow.slack[r]) > proved(best.lower[r], best.slack[r])) {
        best.lower[r] = shallow.lower[r];
        best.slack[r] = shallow.slack[r];
      }
    return best;
  }

  void bound_outputs(Bounds<T>& found) {
    const index_t count = list(plan_.output(), true);
    const auto sides = best_from_output({listed(count), {}}, false);
    const auto outputs = static_cast<std::size_t>(network_->outputs());
    found.outputs.resize(static_cast<std::size_t>(state_.domains()));
    std::size_t row = 0;
    for (auto& domain : found.outputs)  // rows come domain by domain, both sides of each output
      for (std::size_t i = 0; i < outputs; ++i, row += 2) {
        const T lower = sides.lower[row], upper = -sides.lower[row + 1];
        domain.lower.push_back(std::min(lower, upper));  // they may cross by rounding
        domain.upper.push_back(std::max(lower, upper));
        domain.slack.push_back(std::max(sides.slack[row], sides.slack[row + 1]));
      }
  }

  void bound_rows(const RowQuery& query, Wanted wanted, Bounds<T>& found) {
    const auto count = static_cast<index_t>(query.domain.size());
    if (count == 0) return;
    auto& backend = network_->backend();
    const index_t n = network_->outputs(), leading = padded(n);
    std::vector<T> matrix(static_cast<std::size_t>(count * leading));
    std::vector<std::int32_t> index(static_cast<std::size_t>(count));
    for (index_t r = 0; r < count; ++r) {
      index[static_cast<std::size_t>(r)] = static_cast<std::int32_t>(r);
      for (index_t i = 0; i < n; ++i)
        matrix[static_cast<std::size_t>(r * leading + i)] =
            static_cast<T>(query.matrix[static_cast<std::size_t>(r * n + i)]);
    }
    backend.upload(matrix_.data(), matrix.data(), count * leading);
    backend.upload(index_.data(), index.data(), count);
    backend.upload(domain_.data(), query.domain.data(), count);
    backend.fill(sign_.data(), count, T(1));
    pad(count);
    if (wanted.worst_points && !capacity_.worst_points)
      throw ArgumentError("worst points are asked for where Capacity has no room for them");
    const bool worst = wanted.worst_points && method_.descent == Descent::input;
    found.rows = best_from_output({listed(count), {matrix_.data(), count, n, leading}}, worst);
    if (!worst) return;
    const index_t inputs = network_->inputs();
    found.worst_points.resize(static_cast<std::size_t>(count * inputs));
    for (index_t r = 0; r < count; ++r)
      backend.to_host(found.worst_points.data() + r * inputs, worst_.data() + r * padded(inputs),
                      inputs);
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  Method method_;
  Capacity capacity_;
  typename Rows::PassContext context_;
  DomainState<T, Backend> state_;
  Rows rows_;
  Buffer<std::int32_t, Backend> index_, domain_;
  Buffer<T, Backend> sign_, matrix_, worst_;
  Buffer<std::int64_t, Backend> count_;
};

/// A pass of `method` over `network`, with room for `capacity`.
template <class T, class Backend, class M>
Pass<T, Backend> prepare(const Instance<T, Backend>& network, const M& method,
                         Capacity capacity = {}) {
  return {network, method, capacity};
}

}  // namespace shardbound::inline v0
