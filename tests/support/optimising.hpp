// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// An optimiser with all that it needs around it, as a pass would make it, whose parameters, gradients and sums can be
// looked at and set.

#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace shardbound_test {

namespace sb = shardbound;

template <class T, class Backend>
class Optimising {
 public:
  using Optimiser = sb::Optimiser<T, Backend>;
  using List = typename Optimiser::List;

  /// Rows (S, N) of the output over all of `sets`, for waves of up to `wave` rows.
  Optimising(const sb::Instance<T, Backend>& network, sb::Method method,
             const std::vector<sb::InputSet>& sets, const std::vector<double>& rows,
             std::size_t trace_bytes = std::size_t{1} << 26, sb::index_t wave = 0)
      : network_(&network),
        plan_(network.plan()),
        method_(plan_, method,
                {.domains = static_cast<sb::index_t>(sets.size()),
                 .rows = static_cast<sb::index_t>(rows.size() * sets.size()),
                 .wave = wave}),
        state_(network, static_cast<sb::index_t>(sets.size())),
        rows_(network, method_.routes(), wave, std::size_t{1} << 26),
        optimiser_(
            network, method.optimisation, state_, rows_, frozen_nodes(sets[0].norm),
            [this](int activation) { return unstable(activation); }, trace_bytes) {
    // Bounds that CROWN finds, and what products' rounding costs.
    auto pass = sb::prepare(network, sb::Crown{method.intermediates},
                            sb::Capacity{.domains = static_cast<sb::index_t>(sets.size())});
    pass.run(sets);
    state_.set_domains(sets);
    for (int v = 1; v < plan_.size(); ++v) {
      state_.interval(v);
      bounds_.push_back(pass.node_bounds(v));
    }
    const auto outputs = static_cast<std::size_t>(network.outputs());
    const auto leading = static_cast<std::size_t>(sb::padded(network.outputs()));
    const std::size_t count = rows.size() / outputs;
    std::vector<T> padded(count * leading);
    for (std::size_t r = 0; r < count; ++r)
      for (std::size_t i = 0; i < outputs; ++i)
        padded[r * leading + i] = static_cast<T>(rows[r * outputs + i]);
    matrix_ = {network.backend(), static_cast<sb::index_t>(padded.size()), sb::Category::workspace};
    network.backend().upload(matrix_.data(), padded.data(), matrix_.size());
    objective_.start = plan_.output();
    objective_.matrix = {matrix_.data(), static_cast<sb::index_t>(count), network.outputs(),
                         static_cast<sb::index_t>(leading)};
    for (std::size_t d = 0; d < sets.size(); ++d)
      for (std::size_t r = 0; r < count; ++r)
        objective_.entries.push_back(
            {static_cast<std::int32_t>(r), static_cast<std::int32_t>(d), 1});
    objective_.known.lower.assign(objective_.entries.size(), -std::numeric_limits<T>::infinity());
    objective_.known.slack.assign(objective_.entries.size(), T(0));
  }

  Optimiser& optimiser() { return optimiser_; }
  std::vector<List>& lists() { return optimiser_.lists(); }
  const sb::DomainState<T, Backend>& state() const { return state_; }

  /// Begins anew, with what CROWN found of nodes that get rows loosened by so much.
  void begin(double loosened = 0, const sb::Slopes* begin_with = nullptr) {
    for (int v = 1; v < plan_.size(); ++v) {
      const auto view = state_.bounds(v);
      const auto& domains = bounds_[static_cast<std::size_t>(v - 1)];
      const T more = is_frozen(v) ? static_cast<T>(loosened) : T(0);
      for (std::size_t d = 0; d < domains.size(); ++d) {
        std::vector<T> lower = domains[d].lower, upper = domains[d].upper;
        for (T& x : lower) x -= more;
        for (T& x : upper) x += more;
        const sb::index_t at = static_cast<sb::index_t>(d) * view.leading;
        auto& backend = network_->backend();
        backend.upload(view.lower + at, lower.data(), view.features);
        backend.upload(view.upper + at, upper.data(), view.features);
        backend.upload(view.slack + at, domains[d].slack.data(), view.features);
      }
    }
    for (int v = 1; v < plan_.size(); ++v)  // those of activations are the optimiser's
      if (sb::mixes_by_lines(plan_[v].kind)) state_.lines(v);
    optimiser_.begin(objective_, begin_with);
  }
  /// The sum of the rows' bounds at the parameters as they are.
  double sum() {
    optimiser_.evaluate(context());
    optimiser_.note_results();
    return optimiser_.outcome().trajectory.mean.back() *
           static_cast<double>(objective_.entries.size());
  }
  /// A first step; gradients are what moments are made of.
  void climb() { optimiser_.climb(context(), 0); }

  /// Calls body(list, activation, side, slots) for all that has parameters.
  template <class Body>
  void for_each_kind(const Body& body) {
    for (List& list : lists())
      for (int v : list.slopes.activations())
        for (std::size_t side = 0; side < (optimiser_.free().frees_upper(v) ? 2u : 1u); ++side)
          body(list, v, side, static_cast<std::size_t>(optimiser_.free().slots(v)));
  }
  /// The gradient of a list's parameters, (R, U).
  static std::vector<T> gradient(const List& list, int activation, std::size_t side) {
    auto moments = list.slopes.first_moments(activation, side);
    for (T& moment : moments) moment /= T(1) - T(0.9);
    return moments;
  }
  /// The slot of a neuron of an activation's input; -1: none.
  std::ptrdiff_t slot(int activation, int domain, int column) const {
    const auto neurons = optimiser_.free().neurons(activation);
    std::vector<std::int32_t> columns(static_cast<std::size_t>(neurons.slots));
    network_->backend().to_host(columns.data(), neurons.columns + domain * neurons.slots,
                                neurons.slots);
    const auto found = std::find(columns.begin(), columns.end(), column);
    return found == columns.end() ? -1 : found - columns.begin();
  }
  /// What a parameter may be.
  sb::Interval<T> limits(int activation, std::size_t side, int domain, std::size_t slot) const {
    using Neurons = sb::expr::FreeNeurons<T>;
    const auto neurons = optimiser_.free().neurons(activation);
    const sb::index_t at = domain * neurons.slots + static_cast<sb::index_t>(slot);
    sb::Interval<T> limits;
    network_->backend().to_host(
        &limits.lower, neurons.plane(side ? Neurons::upper_least : Neurons::least) + at, 1);
    network_->backend().to_host(&limits.upper,
                                neurons.plane(side ? Neurons::upper_most : Neurons::most) + at, 1);
    return limits;
  }

 private:
  typename sb::RowPass<T, Backend>::PassContext context() const {
    return {&network_->backend(), &network_->exchange(), nullptr, nullptr};
  }
  bool is_frozen(int v) const {
    return std::any_of(frozen_.begin(), frozen_.end(),
                       [&](const auto& one) { return one.node == v; });
  }
  std::vector<typename Optimiser::Frozen> frozen_nodes(sb::expr::Norm norm) {
    for (int v = 1; v < plan_.size(); ++v)
      if (method_.gets_rows(v) && !method_.interval_is_exact(v, norm))
        frozen_.push_back({v, method_.lists_all(v) ? -1 : method_.only_reader(v)});
    return frozen_;
  }
  std::vector<sb::Neuron> unstable(int activation) const {
    auto& backend = network_->backend();
    const auto view = state_.bounds(plan_.input_of(activation));
    const sb::ListedRows<T, Backend> listed(backend, 2 * view.domains * view.features, 0);
    sb::Buffer<std::int64_t, Backend> number(backend, 1, sb::Category::workspace);
    network_->kernels()
        .functions[static_cast<std::size_t>(plan_[activation].operation)]
        .list_unstable(backend, network_->parameters(activation).state, view,
                       listed.target(number.data()));
    std::int64_t count = 0;
    backend.to_host(&count, number.data(), 1);
    std::vector<std::int32_t> index(static_cast<std::size_t>(count)), domain(index);
    backend.to_host(index.data(), listed.first(count).index, count);
    backend.to_host(domain.data(), listed.first(count).domain, count);
    std::vector<sb::Neuron> neurons;
    for (std::size_t i = 0; i < index.size(); i += 2) neurons.push_back({index[i], domain[i]});
    return neurons;
  }

  const sb::Instance<T, Backend>* network_;
  sb::PlanView plan_;
  sb::MethodPlan method_;
  sb::DomainState<T, Backend> state_;
  sb::RowPass<T, Backend> rows_;
  std::vector<typename Optimiser::Frozen> frozen_;
  Optimiser optimiser_;
  std::vector<std::vector<sb::OutputBounds<T>>> bounds_;  // of node v at v - 1
  sb::Buffer<T, Backend> matrix_;
  sb::Objective<T> objective_;
};

}  // namespace shardbound_test
