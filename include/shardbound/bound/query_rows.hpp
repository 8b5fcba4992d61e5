// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The rows that a run is asked for besides the outputs: their matrix and list in the backend's memory, and what
// is found for them - bounds from every descent, and from the deepest one linear functions, coefficients
// and worst points.

#include <shardbound/bound/host_rows.hpp>
#include <shardbound/bound/objective.hpp>
#include <shardbound/bound/parts.hpp>
#include <shardbound/bound/row_pass.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class QueryRows {
  using Rows = RowPass<T, Backend>;

 public:
  QueryRows(const Instance<T, Backend>& network, const MethodPlan& method)
      : network_(&network), method_(&method) {
    const Capacity& capacity = method.capacity();
    auto& backend = network.backend();
    listed_ =
        ListedRows<T, Backend>(backend, capacity.rows, Rows::room_for(0, network.layout().ranks()));
    index_t widest = 0;
    for (int start : method.starts())
      widest = std::max(widest, padded(network.plan()[start].features));
    matrix_ = {backend, capacity.rows * widest, Category::workspace};
    for (int start : method.starts())
      while (results_.size() < method.descents(start).size())
        results_.push_back(RowResults<T, Backend>(backend, capacity.rows));
    const index_t entries = capacity.rows > 0 ? listed_.size() : 0;
    if (capacity.worst_points)
      worst_ = {backend, entries * padded(network.inputs()), Category::workspace};
    if (method.kept().empty()) return;
    constants_ = {backend, 2 * entries, Category::workspace};
    for (int node : method.kept()) {
      const index_t leading = padded(network.plan()[node].features);
      kept_memory_.push_back({backend, entries * leading, Category::workspace});
      kept_.push_back(
          {node, {kept_memory_.back().data(), entries, network.plan()[node].features, leading}});
    }
  }

  /// Throws ShapeError and ArgumentError on rows that do not fit the network or the capacity.
  void load(const RowQuery& query, const Wanted& wanted, index_t domains) {
    node_ = query.node == output_node ? network_->plan().output() : query.node;
    sides_ = query.sides;
    wanted_ = wanted;
    const index_t rows = check(query, domains);
    const auto n = static_cast<std::size_t>(network_->plan()[node_].features);
    std::vector<T> matrix;  // (S, N padded)
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
      append_padded(matrix, std::span(query.matrix).subspan(r * n, n),
                    [](double number) { return static_cast<T>(number); });
    network_->backend().upload(matrix_.data(), matrix.data(), static_cast<index_t>(matrix.size()));
    entries_ = entries_of(query, rows, domains);
    listed_.upload(network_->backend(), entries_);
    targets_ = query.targets;
    groups_ = query.groups;
    largest_.assign(static_cast<std::size_t>(domains), T(1));
    for (const ListEntry& entry : entries_) {
      T& largest = largest_[static_cast<std::size_t>(entry.domain)];
      for (std::size_t i = 0; i < n; ++i)
        largest = std::max(
            largest,
            std::abs(static_cast<T>(query.matrix[static_cast<std::size_t>(entry.index) * n + i])));
    }
    optimised_ = {};
  }

  /// Bounds that are looked for: rows, for each domain and side.
  index_t count() const { return count_; }
  int node() const { return node_; }
  /// Whether anything of the rows is wanted besides their bounds.
  bool keeps() const { return wanted_.linear_bounds || wanted_.coefficients; }
  bool wants_points() const { return wanted_.worst_points; }
  Collect collect() const { return wanted_.collect; }

  /// Pulls them down, once a descent.
  void run(Rows& rows, const typename Rows::PassContext& context,
           const DomainState<T, Backend>& state) const {
    // As high as there is room for, whatever was loaded: a recording must fit every later run.
    const RowList<T> list{listed_.first(count_), matrix()};
    const auto stops = method_->descents(node_);
    for (std::size_t i = 0; i < stops.size(); ++i) {
      const RowSinks<T> sinks =
          stops[i] == 0 ? sinks_of(wanted_.worst_points, keeps()) : RowSinks<T>{};
      rows.run(context, state, list, node_, stops[i], state.set(stops[i]), sinks,
               results_[i].keeper(network_->backend(), count_));
    }
  }

  /// For linear bounds, if there is room for them, of rows that are listed by someone else.
  RowSinks<T> sinks() const {
    const bool linear = method_->capacity().linear_bounds;
    RowSinks<T> sinks = sinks_of(false, linear);
    if (linear) sinks.kept = sinks.kept.first(1);
    sinks.collect = Collect::everywhere;  // whatever was wanted of the query's own rows
    return sinks;
  }
  /// What those rows left there, at some places of their list.
  void read_kept(const std::vector<index_t>& places, T inflation, PartBounds& to) const {
    if (!method_->capacity().linear_bounds) return;
    to.linear.coefficients = rows_at<double>(network_->backend(), kept_.front().numbers, places);
    const Constants constants = read_constants(inflation);
    for (const index_t place : places) append_constant(to.linear, constants, place, 1);
  }
  MatrixView<const T> matrix() const {
    const index_t n = network_->plan()[node_].features;
    return {matrix_.data(), method_->capacity().rows, n, padded(n)};
  }
  /// Over which domain a functional was bounded.
  std::int32_t domain_of(std::int32_t row) const {
    for (const ListEntry& entry : entries_)
      if (entry.index == row) return entry.domain;
    throw ArgumentError("row " + std::to_string(row) + " is none of the query's");
  }

  /// The rows that are bounded from below, or from above, for an optimisation; what is known of them is what run found.
  Objective<T> objective(int sign) const {
    const RowBounds<T> known = bounds();
    Objective<T> objective;
    objective.start = node_;
    objective.matrix = matrix();
    objective.largest = largest_;
    objective.rows = sign > 0 ? Trajectory::Rows::of_query : Trajectory::Rows::of_query_from_above;
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      if (entries_[e].sign != sign) continue;
      const auto row = static_cast<std::size_t>(entries_[e].index);
      objective.entries.push_back(entries_[e]);
      objective.known.lower.push_back(known.lower[e]);
      objective.known.slack.push_back(known.slack[e]);
      if (sign < 0 || targets_.empty()) continue;
      objective.targets.push_back(targets_[row]);
      if (groups_.empty()) continue;
      objective.groups.push_back(groups_[row]);
    }
    return objective;
  }
  /// What an optimisation made of them.
  void take(int sign, const RowBounds<T>& better) {
    RowBounds<T> all = bounds();
    for (std::size_t e = 0, next = 0; e < entries_.size(); ++e) {
      if (entries_[e].sign != sign) continue;
      all.lower[e] = better.lower[next];
      all.slack[e] = better.slack[next++];
    }
    optimised_ = std::move(all);
  }
  bool has_sides() const { return sides_ == Sides::both; }

  /// Reads what was found; `inflation` is that of slack that rows have gathered.
  void read(const Rows& rows, T inflation, Bounds<T>& found) const {
    const RowBounds<T> best = bounds();
    const index_t step = sides_ == Sides::both ? 2 : 1;
    for (std::size_t e = 0; e < best.lower.size(); e += static_cast<std::size_t>(step)) {
      if (sides_ == Sides::lower) {
        found.rows.lower.push_back(best.lower[e]);
        found.rows.slack.push_back(best.slack[e]);
        continue;
      }
      append_sides(best, e, found.rows);
    }
    if (wanted_.worst_points) {
      const index_t n = network_->inputs();
      for (index_t e = 0; e < count_; ++e) append(found.worst_points, worst_.data(), e, n);
    }
    if (!keeps()) return;
    const auto entries = entries_here(rows);
    for (index_t e : entries)
      if (e % step == 0) found.rows_here.push_back(e / step);
    if (wanted_.linear_bounds) read_linear(entries, inflation, found);
    if (!wanted_.coefficients) return;
    for (int node : method_->capacity().coefficients_at) {
      NodeCoefficients<T> one;
      one.node = node == output_node ? network_->plan().output() : node;
      for (const auto& kept : kept_)
        if (kept.node == one.node) read_sides(entries, kept.numbers, one.lower, one.upper);
      found.coefficients.push_back(std::move(one));
    }
  }

 private:
  RowSinks<T> sinks_of(bool points, bool keeps) const {
    RowSinks<T> sinks;
    const index_t width = network_->inputs();
    if (points) sinks.worst_points = {worst_.data(), listed_.size(), width, padded(width)};
    if (!keeps) return sinks;
    sinks.kept = kept_;
    sinks.constants = {constants_.data(), constants_.data() + listed_.size()};
    sinks.collect = wanted_.collect;
    return sinks;
  }
  RowBounds<T> bounds() const {
    if (!optimised_.lower.empty()) return optimised_;
    return best_of(results_, method_->descents(node_).size(), count_, network_->backend());
  }

  // Sets count_, and returns the number of the query's rows. Whoever throws leaves nothing to run.
  index_t check(const RowQuery& query, index_t domains) {
    const auto text = [](auto n) { return std::to_string(n); };
    network_->check_node(node_);
    const auto& starts = method_->starts();
    const bool known = std::find(starts.begin(), starts.end(), node_) != starts.end();
    if (!known && !query.matrix.empty())
      throw ArgumentError(
          "rows start at " + network_->describe(node_) +
          ", which the pass was not prepared for. Fix: name it in Capacity::starts");
    const index_t n = network_->plan()[node_].features;
    const auto numbers = static_cast<index_t>(query.matrix.size());
    const index_t rows =
        query.domain.empty() ? numbers / n : static_cast<index_t>(query.domain.size());
    if (numbers != rows * n)
      throw ShapeError("the rows to bound hold " + text(numbers) + " numbers where " + text(rows) +
                       " rows of " + text(n) + " " +
                       (node_ == network_->plan().output() ? "outputs" : "features") + " belong");
    count_ = rows * (query.domain.empty() ? domains : 1) * (query.sides == Sides::both ? 2 : 1);
    const index_t room = method_->capacity().rows;
    if (count_ > room)
      throw ArgumentError(text(count_) + " rows for a pass prepared for " + text(room) +
                          ", counting each for every domain and side. Fix: Capacity::rows");
    for (std::size_t i = 0; i < query.matrix.size(); ++i)
      if (!std::isfinite(static_cast<T>(query.matrix[i])))
        throw ArgumentError("row " + text(i / static_cast<std::size_t>(n)) +
                            " to bound is not finite at feature " +
                            text(i % static_cast<std::size_t>(n)));
    const auto fits = [&](std::size_t size, const char* what) {
      if (size != 0 && size != static_cast<std::size_t>(rows))
        throw ShapeError(text(size) + " " + what + " for " + text(rows) + " rows");
    };
    fits(query.targets.size(), "targets");
    fits(query.groups.size(), "groups");
    for (double target : query.targets)
      if (std::isnan(target)) throw ArgumentError("a row's target is not a number");
    for (std::int32_t d : query.domain)
      if (d < 0 || d >= domains)
        throw ArgumentError("a row names domain " + text(d) + " of " + text(domains));
    const auto has_room = [](bool asked, bool there, const char* what) {
      if (asked && !there)
        throw ArgumentError(std::string(what) +
                            " are asked for where Capacity has no room for them");
    };
    has_room(wanted_.worst_points, method_->capacity().worst_points, "worst points");
    has_room(wanted_.linear_bounds, method_->capacity().linear_bounds, "linear bounds");
    has_room(wanted_.coefficients, !method_->capacity().coefficients_at.empty(), "coefficients");
    return rows;
  }

  // List entries whose kept numbers are on this rank.
  std::vector<index_t> entries_here(const Rows& rows) const {
    std::vector<index_t> entries;
    const auto take = [&](index_t first, index_t count) {
      for (index_t e = first; e < first + count; ++e) entries.push_back(e);
    };
    if (wanted_.collect == Collect::everywhere)
      take(0, count_);
    else
      rows.for_own_rows(count_, take);
    return entries;
  }
  void append(std::vector<T>& to, const T* from, index_t entry, index_t n) const {
    const auto at = to.size();
    to.resize(at + static_cast<std::size_t>(n));
    network_->backend().to_host(to.data() + at, from + entry * padded(n), n);
  }
  bool is_upper(index_t entry) const { return sides_ == Sides::both && entry % 2 == 1; }
  // A row of sign -1 bounds minus the row from below: its negative bounds the row from above.
  void read_sides(const std::vector<index_t>& entries, const MatrixView<T>& from,
                  std::vector<T>& lower, std::vector<T>& upper) const {
    const std::vector<T> all = rows_at<T>(network_->backend(), from, entries);
    auto first = all.begin();
    for (const index_t e : entries) {
      auto& to = is_upper(e) ? upper : lower;
      to.insert(to.end(), first, first + from.columns);
      first += from.columns;
    }
    for (T& number : upper) number = -number;
  }
  void read_linear(const std::vector<index_t>& entries, T inflation, Bounds<T>& found) const {
    read_sides(entries, kept_.front().numbers, found.lower_linear.coefficients,
               found.upper_linear.coefficients);
    const Constants constants = read_constants(inflation);
    for (index_t e : entries)
      append_constant(is_upper(e) ? found.upper_linear : found.lower_linear, constants, e,
                      is_upper(e) ? -1 : 1);
  }
  // Of every entry.
  struct Constants {
    std::vector<T> at_zero, doubt;
  };
  Constants read_constants(T inflation) const {
    Constants found;
    for (auto* numbers : {&found.at_zero, &found.doubt})
      numbers->resize(static_cast<std::size_t>(listed_.size()));
    auto& backend = network_->backend();
    backend.to_host(found.at_zero.data(), constants_.data(), listed_.size());
    backend.to_host(found.doubt.data(), constants_.data() + listed_.size(), listed_.size());
    for (T& doubt : found.doubt) doubt *= inflation;
    return found;
  }
  // To the coefficients of its next row what else belongs to a linear bound.
  template <class Number>
  void append_constant(LinearBounds<Number>& to, const Constants& constants, index_t entry,
                       int sign) const {
    const auto n = static_cast<std::size_t>(network_->inputs());
    const auto coefficients = std::span(to.coefficients).subspan(to.constant.size() * n, n);
    T at_zero = constants.at_zero[static_cast<std::size_t>(entry)],
      doubt = constants.doubt[static_cast<std::size_t>(entry)];
    // What overflowed on the way is no function.
    if (!std::isfinite(at_zero) || !std::isfinite(doubt) ||
        !std::all_of(coefficients.begin(), coefficients.end(),
                     [](Number number) { return std::isfinite(number); })) {
      std::fill(coefficients.begin(), coefficients.end(), Number(0));
      at_zero = -std::numeric_limits<T>::infinity(), doubt = 0;
    }
    to.constant.push_back(static_cast<Number>(sign > 0 ? at_zero : -at_zero));
    to.slack.push_back(static_cast<Number>(doubt));
  }

  const Instance<T, Backend>* network_;
  const MethodPlan* method_;
  ListedRows<T, Backend> listed_;
  Buffer<T, Backend> matrix_, worst_, constants_;
  std::vector<RowResults<T, Backend>> results_;  // one a descent
  std::vector<Buffer<T, Backend>> kept_memory_;
  std::vector<KeptCoefficients<T>> kept_;  // the input first, if linear bounds may be wanted
  // Of the run that was loaded.
  int node_ = 0;
  Sides sides_ = Sides::lower;
  Wanted wanted_;
  index_t count_ = 0;
  std::vector<ListEntry> entries_;
  std::vector<double> targets_;
  std::vector<std::int32_t> groups_;
  std::vector<T> largest_;  // by domain
  RowBounds<T> optimised_;  // of every entry, if they were
};

}  // namespace shardbound::inline v0
