// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A method over a plan: which nodes get rows of their own, how far down rows are pulled, and so all routes that
// a pass may be asked for. Known from plan, method and capacity alone.

#include <shardbound/bound/method.hpp>
#include <shardbound/bound/request.hpp>
#include <shardbound/core/errors.hpp>
#include <shardbound/expr/calls.hpp>
#include <shardbound/network/schedule.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Which rows a list holds: some that nobody but the backend knows, or both sides of every neuron, domain by
/// domain.
enum class Listing { some, every };

/// Rows that may be asked for: from `start` to `stop`, at most `most_rows`. Lists of some neurons hold them
/// domain by domain, in their order, or more is received than is foretold.
struct Route {
  /// Whether rows also say where they are least.
  enum class Points { none, written };

  int start = 0, stop = 0;
  StartRows begin = StartRows::tile;
  index_t most_rows = 0;
  Listing listing = Listing::some;
  Points points = Points::none;
  std::vector<int> kept{};  ///< nodes whose coefficients are wanted
  bool neurons = false;  ///< whether rows are the start node's neurons, known when they are listed
};

class MethodPlan {
 public:
  /// Throws ArgumentError if the capacity names nodes that are not there, or wants what the method does not
  /// find.
  MethodPlan(const PlanView& plan, Method method, Capacity capacity)
      : plan_(plan), method_(method), capacity_(std::move(capacity)) {
    check_sizes();
    starts_ = {plan_.output()};
    for (int node : capacity_.starts) add(starts_, node, "rows may start");
    if (capacity_.linear_bounds) kept_.push_back(0);
    for (int node : capacity_.coefficients_at) add(kept_, node, "coefficients are wanted");
    for (int node : capacity_.given) {
      add(given_, node, "bounds may be given");
      if (node == 0)
        throw ArgumentError("bounds of node 0 are the input set itself. Fix: give the set");
    }
    if (method_.descent == Descent::input) return;
    if (method_.optimises())
      throw ArgumentError(
          "slopes are optimised of rows that are pulled down to the input, which this method does "
          "not "
          "do. Fix: AlphaCrown");
    const char* what = capacity_.worst_points    ? "worst points"
                       : capacity_.linear_bounds ? "linear bounds"
                       : !kept_.empty()          ? "coefficients"
                                                 : nullptr;
    if (what)
      throw ArgumentError(std::string(what) +
                          " come of rows that are pulled down to the input, which this method does "
                          "not do. Fix: CrownIbp or Crown");
  }

  const Method& method() const { return method_; }
  const Capacity& capacity() const { return capacity_; }
  /// Nodes that a query's rows may start at, the output first; on which coefficients are kept; whose bounds
  /// may be given.
  const std::vector<int>& starts() const { return starts_; }
  const std::vector<int>& kept() const { return kept_; }
  const std::vector<int>& given() const { return given_; }

  bool needs_lines() const {
    return method_.descent == Descent::input || method_.intermediates != Intermediates::interval;
  }
  /// Where rows from `start` are concretized; the better of all counts.
  std::vector<int> descents(int start) const {
    // IBP of rows folds them into the last affine layer.
    const bool folds = plan_[start].kind == NodeKind::product && plan_[start].geometry.is_dense();
    const int shallow = folds ? plan_.input_of(start) : start;
    std::vector<int> stops;
    if (method_.descent == Descent::input) stops.push_back(0);
    if (method_.descent == Descent::one_product ||
        (method_.intermediates == Intermediates::tightened && shallow > 0))
      stops.push_back(shallow);
    return stops;
  }
  /// Whether intervals are exact: an affine layer on a box (scaled or not), or on the input ball.
  bool interval_is_exact(int v, expr::Norm norm) const {
    if (plan_[v].kind != NodeKind::product) return false;
    int below = plan_.input_of(v);
    while (norm == expr::Norm::infinity && plan_[below].kind == NodeKind::pointwise &&
           plan_[below].operation == operation::scaled)
      below = plan_.input_of(below);
    return below == 0;
  }
  /// Whether a node's neurons get rows.
  bool gets_rows(int v) const {
    return method_.intermediates != Intermediates::interval && v > 0 && plan_.is_pre_activation(v);
  }
  /// Whether all neurons of a pre-activation do, not just those that one activation finds unstable.
  bool lists_all(int v) const {
    return method_.intermediates == Intermediates::textbook || only_reader(v) < 0;
  }
  /// The activation that alone reads node v nonlinearly, or -1.
  int only_reader(int v) const {
    int found = -1;
    for (int reader = v + 1; reader < plan_.size(); ++reader)
      if (plan_.draws_lines_over(reader, v)) {
        if (found >= 0 || !plan_.is_activation(reader)) return -1;
        found = reader;
      }
    return found;
  }

  std::vector<Route> routes() const {
    std::vector<Route> all = routes_of_neurons();
    for (const auto& more : {routes_of_outputs(), routes_of_query(std::vector<int>{}),
                             kept_.empty() ? std::vector<Route>{} : routes_of_query(kept_)})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Those that one run takes at most, over boxes.
  std::vector<Route> routes_of_a_run() const {
    std::vector<Route> all;
    for (const Route& route : routes_of_neurons())
      if (!interval_is_exact(route.start, expr::Norm::infinity)) all.push_back(route);
    const auto outputs = routes_of_outputs(), query = routes_of_query(kept_);
    all.insert(all.end(), outputs.begin(), outputs.end());
    // A query starts at one node only; which one is not known.
    for (const Route& route : query)
      if (route.start == plan_.output()) all.push_back(route);
    return all;
  }
  /// Of any list of neurons.
  index_t most_listed() const {
    index_t most = 2 * capacity_.domains * plan_[plan_.output()].features;
    for (int v = 0; v < plan_.size(); ++v)
      if (method_.optimises() ? plan_.is_pre_activation(v) : gets_rows(v))
        most = std::max(most, 2 * capacity_.domains * plan_[v].features);
    return most;
  }

 private:
  std::vector<Route> routes_of_neurons() const {
    std::vector<Route> all;
    for (int v = 1; v < plan_.size(); ++v)
      if (gets_rows(v))
        all.push_back({v,
                       0,
                       own_rows(v),
                       2 * capacity_.domains * plan_[v].features,
                       lists_all(v) ? Listing::every : Listing::some,
                       Route::Points::none,
                       {},
                       true});
    return all;
  }
  std::vector<Route> routes_of_outputs() const {
    std::vector<Route> all;
    const int out = plan_.output();
    const index_t outputs = 2 * capacity_.domains * plan_[out].features;
    for (int stop : descents(out))
      all.push_back(
          {out, stop, stop < out ? own_rows(out) : StartRows::tile, outputs, Listing::every});
    return all;
  }
  // Coefficients are kept, and points written, on the way to the input alone.
  std::vector<Route> routes_of_query(const std::vector<int>& kept) const {
    std::vector<Route> all;
    if (capacity_.rows == 0) return all;
    for (int start : starts_)
      for (int stop : descents(start)) {
        const bool points = capacity_.worst_points && stop == 0;
        all.push_back({start, stop, StartRows::tile, capacity_.rows, Listing::some,
                       points ? Route::Points::written : Route::Points::none,
                       stop == 0 ? kept : std::vector<int>{}});
      }
    return all;
  }
  // How rows of single neurons begin.
  StartRows own_rows(int v) const {
    return plan_[v].kind == NodeKind::product ? StartRows::matrix : StartRows::tile;
  }
  void check_sizes() const {
    const auto require = [](bool holds, const char* what, index_t given, const char* least) {
      if (!holds)
        throw ArgumentError(std::string("a pass with room for ") + std::to_string(given) + " " +
                            what + " was asked for. Fix: Capacity::" + least);
    };
    require(capacity_.domains >= 1, "input sets", capacity_.domains, "domains is at least 1");
    require(capacity_.rows >= 0, "rows", capacity_.rows, "rows is at least 0");
    require(capacity_.wave >= 0, "rows in a wave", capacity_.wave,
            "wave is at least 1, or 0 for what suits the backend");
  }
  // Notes a node once.
  void add(std::vector<int>& nodes, int node, const char* what) const {
    if (node == output_node) node = plan_.output();
    if (node < 0 || node >= plan_.size())
      throw ArgumentError(std::string("Capacity names node ") + std::to_string(node) +
                          " as one where " + what + "; the network's nodes are 0 (the input) to " +
                          std::to_string(plan_.output()) + " (the output)");
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  }

  PlanView plan_;
  Method method_;
  Capacity capacity_;
  std::vector<int> starts_, kept_, given_;
};

}  // namespace shardbound::inline v0
