// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The network at points: its values, and where its rows would be least if it were as linear as it is
// there. A point is a box without width, over which every activation's lines are its tangent, so the
// gradient is CROWN of that box: one code path for bounds, gradients and attacks.

#include <shardbound/bound/host_rows.hpp>
#include <shardbound/bound/pass.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Linearization {
 public:
  /// Room for `capacity` points at once. Throws ArgumentError if that is none.
  Linearization(const Instance<T, Backend>& network, index_t capacity)
      : turn_(network.turn()),
        network_(&network),
        plan_(network.plan()),
        state_(network, at_least_one(capacity)),
        rows_(network, routes(plan_, capacity), padded_rows(capacity), 0) {
    auto& backend = network.backend();
    const index_t list = entries();
    index_ = {backend, list, Category::workspace};
    sign_ = {backend, list, Category::workspace};
    matrix_ = {backend, list * padded(network.outputs()), Category::workspace};
    sets_ = {backend, 3 * capacity * padded(network.inputs()), Category::workspace};
    radius_ = {backend, capacity, Category::workspace};
    found_ = {backend, list * padded(network.inputs()), Category::workspace};
    turn_.give_back();
  }
  Linearization(const Linearization&) = delete;
  Linearization& operator=(const Linearization&) = delete;
  /// Its memory is given back in its turn: `turn_` is the last to go.
  ~Linearization() { turn_.take_to_end(); }

  /// Outputs (D, N_out) at points (D, N_in), D at most the capacity. Throws ArgumentError on other sizes and on what
  /// is not finite.
  std::vector<T> values(std::span<const double> points) {
    const Turn turn = network_->turn();
    network_->check_complete();
    const auto n = static_cast<std::size_t>(network_->inputs());
    if (points.empty() || points.size() % n != 0)
      throw ArgumentError(std::to_string(points.size()) + " numbers are no whole points of " +
                          std::to_string(n) + " inputs");
    std::vector<InputSet> sets;
    for (std::size_t d = 0; d < points.size() / n; ++d) {
      const std::vector<double> x(points.begin() + static_cast<std::ptrdiff_t>(d * n),
                                  points.begin() + static_cast<std::ptrdiff_t>((d + 1) * n));
      sets.emplace_back(Box{x, x});
    }
    if (static_cast<index_t>(sets.size()) > state_.capacity())
      throw ArgumentError(std::to_string(sets.size()) + " points where there is room for " +
                          std::to_string(state_.capacity()));
    state_.set_domains(sets);
    for (int v = 1; v < plan_.size(); ++v) state_.values(v);
    return download(state_.bounds(plan_.output()).lower, network_->outputs());
  }

  /// For each point of the last values(): the point of its set (D of them) where the network's
  /// linearization makes row . y least; rows (D, N_out), result (D, N_in). Throws ArgumentError on other sizes and on
  /// sets that are not of the network's inputs or not of one norm.
  std::vector<T> worst_points(std::span<const double> rows, std::span<const InputSet> sets) {
    const Turn turn = network_->turn();
    auto& backend = network_->backend();
    const index_t count = state_.domains(), n = network_->outputs(), m = network_->inputs();
    if (count == 0) throw ArgumentError("worst_points needs a call of values first");
    if (static_cast<index_t>(sets.size()) != count ||
        static_cast<index_t>(rows.size()) != count * n)
      throw ArgumentError("worst_points needs one row and one set for each of " +
                          std::to_string(count) + " points");
    check_sets(sets, m);
    std::vector<T> lower, upper, radius;
    for (const InputSet& set : sets) {
      append_padded(lower, set.box.lower, nearest);
      append_padded(upper, set.box.upper, nearest);
      radius.push_back(nearest(set.radius));
    }
    const index_t numbers = state_.capacity() * padded(m);
    T* const base = sets_.data();
    backend.upload(base, lower.data(), count * padded(m));  // (D, N_in)
    backend.upload(base + numbers, upper.data(), count * padded(m));
    backend.fill(base + 2 * numbers, count * padded(m), T(0));
    backend.upload(radius_.data(), radius.data(), count);
    const expr::SetView<T> set{
        BoundsView<const T>{base, base + numbers, base + 2 * numbers, count, m, padded(m)},
        sets[0].norm, radius_.data()};
    RowSinks<T> sinks;
    sinks.worst_points = {found_.data(), entries(), m, padded(m)};
    pull(rows, set, sinks);
    return download(found_.data(), m);
  }

  /// For each point of the last values(): the gradient of row . y, or, where an activation has a kink, one of those
  /// on either side; rows (D, N_out), result (D, N_in). What overflowed is not finite. Throws ArgumentError on other
  /// sizes.
  std::vector<T> gradients(std::span<const double> rows) {
    const Turn turn = network_->turn();
    const index_t count = state_.domains(), m = network_->inputs();
    if (count == 0) throw ArgumentError("gradients need a call of values first");
    if (static_cast<index_t>(rows.size()) != count * network_->outputs())
      throw ArgumentError("gradients need one row for each of " + std::to_string(count) +
                          " points");
    const KeptCoefficients<T> at_input{0, {found_.data(), entries(), m, padded(m)}};
    RowSinks<T> sinks;
    sinks.kept = {&at_input, 1};
    pull(rows, state_.set(0), sinks);
    return download(found_.data(), m);
  }

 private:
  static index_t at_least_one(index_t capacity) {
    if (capacity < 1)
      throw ArgumentError("a linearization with room for " + std::to_string(capacity) +
                          " points was asked for. Fix: 1 or more");
    return capacity;
  }
  static std::vector<Route> routes(const PlanView& plan, index_t capacity) {
    const Route route{plan.output(), 0, StartRows::tile, capacity};
    Route keeping = route;
    keeping.kept = {0};
    return {route, keeping};
  }
  static T nearest(double number) { return static_cast<T>(number); }

  // Of a list of as many rows as there are points at most.
  index_t entries() const {
    return RowPass<T, Backend>::room_for(state_.capacity(), network_->layout().ranks());
  }

  // Takes a row for each point down to the input, by tangents.
  void pull(std::span<const double> rows, const expr::SetView<T>& set, const RowSinks<T>& sinks) {
    auto& backend = network_->backend();
    const index_t count = state_.domains(), n = network_->outputs();
    for (int v = 1; v < plan_.size(); ++v)
      if (plan_.has_lines(v)) state_.lines(v);
    std::vector<T> matrix;
    std::vector<std::int32_t> index(static_cast<std::size_t>(entries()));
    std::vector<T> sign(index.size());
    for (index_t d = 0; d < count; ++d) {
      index[static_cast<std::size_t>(d)] = static_cast<std::int32_t>(d);
      sign[static_cast<std::size_t>(d)] = T(1);
      append_padded(matrix,
                    rows.subspan(static_cast<std::size_t>(d * n), static_cast<std::size_t>(n)),
                    nearest);
    }
    backend.upload(matrix_.data(), matrix.data(), count * padded(n));  // (D, N_out)
    const auto listed = static_cast<index_t>(index.size());
    backend.upload(index_.data(), index.data(), listed);
    backend.upload(sign_.data(), sign.data(), listed);
    // Point d is domain d and row d, so one list serves as both.
    const RowList<T> list{{index_.data(), index_.data(), sign_.data(), count},
                          {matrix_.data(), count, n, padded(n)}};
    rows_.run({&backend, &network_->exchange(), nullptr}, state_, list, plan_.output(), 0, set,
              sinks, [](const auto&, const auto&) {});
  }

  // (D, n) without the padding
  std::vector<T> download(const T* from, index_t n) const {
    std::vector<T> host(static_cast<std::size_t>(state_.domains() * n));
    for (index_t d = 0; d < state_.domains(); ++d)
      network_->backend().to_host(host.data() + d * n, from + d * padded(n), n);
    return host;
  }

  Turn turn_;  // for making this and for its end
  const Instance<T, Backend>* network_;
  PlanView plan_;
  DomainState<T, Backend> state_;
  RowPass<T, Backend> rows_;
  Buffer<std::int32_t, Backend> index_;
  Buffer<T, Backend> sign_, matrix_, sets_, radius_, found_;
};

}  // namespace shardbound::inline v0
