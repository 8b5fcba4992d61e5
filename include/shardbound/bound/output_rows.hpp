// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Both sides of every output: rows that each run bounds unless it is told not to.

#include <shardbound/bound/neuron_lists.hpp>
#include <shardbound/bound/objective.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class OutputRows {
  using Rows = RowPass<T, Backend>;

 public:
  OutputRows(const Instance<T, Backend>& network, const MethodPlan& method)
      : network_(&network), stops_(method.descents(network.plan().output())) {
    while (results_.size() < stops_.size())
      results_.push_back(RowResults<T, Backend>(network.backend(),
                                                2 * method.capacity().domains * network.outputs()));
  }

  /// Over so many domains the next run will be.
  void load(index_t domains) {
    domains_ = domains;
    optimised_ = {};
  }
  /// Pulls them down, once a descent; `lists` has them listed.
  void run(Rows& rows, const typename Rows::PassContext& context,
           const DomainState<T, Backend>& state, const NeuronLists<T, Backend>& lists) const {
    const RowList<T> list{lists.first(count()), {}, Listing::every};
    for (std::size_t i = 0; i < stops_.size(); ++i)
      rows.run(context, state, list, network_->plan().output(), stops_[i], state.set(stops_[i]), {},
               results_[i].keeper(network_->backend(), count()));
  }

  /// The outputs from below, or from above, for an optimisation; what is known of them is what run found.
  Objective<T> objective(int sign) const {
    const RowBounds<T> known = bounds();
    const auto outputs = static_cast<std::int32_t>(network_->outputs());
    Objective<T> objective;
    objective.start = network_->plan().output();
    objective.rows = sign > 0 ? Trajectory::Rows::outputs : Trajectory::Rows::outputs_from_above;
    for (std::size_t e = first_of(sign); e < known.lower.size(); e += 2) {
      const auto output = static_cast<std::int32_t>(e / 2);
      objective.entries.push_back({output % outputs, output / outputs, sign});
      objective.known.lower.push_back(known.lower[e]);
      objective.known.slack.push_back(known.slack[e]);
    }
    return objective;
  }
  /// What an optimisation made of them.
  void take(int sign, const RowBounds<T>& better) {
    RowBounds<T> all = bounds();
    for (std::size_t e = first_of(sign), next = 0; e < all.lower.size(); e += 2, ++next) {
      all.lower[e] = better.lower[next];
      all.slack[e] = better.slack[next];
    }
    optimised_ = std::move(all);
  }

  void read(Bounds<T>& found) const {
    const RowBounds<T> sides = bounds();
    found.outputs.resize(static_cast<std::size_t>(domains_));
    std::size_t row = 0;
    for (auto& domain : found.outputs)
      for (index_t i = 0; i < network_->outputs(); ++i, row += 2) append_sides(sides, row, domain);
  }

 private:
  index_t count() const { return 2 * domains_ * network_->outputs(); }
  // Rows come domain by domain, the lower bound of an output before the upper.
  static std::size_t first_of(int sign) { return sign > 0 ? 0 : 1; }
  RowBounds<T> bounds() const {
    if (!optimised_.lower.empty()) return optimised_;
    return best_of(results_, results_.size(), count(), network_->backend());
  }

  const Instance<T, Backend>* network_;
  std::vector<int> stops_;
  std::vector<RowResults<T, Backend>> results_;  // one a descent
  RowBounds<T> optimised_;                       // if they were
  index_t domains_ = 0;
};

}  // namespace shardbound::inline v0
