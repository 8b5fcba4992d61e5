// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// beta-CROWN (2103.06624): rows over parts of the domains that a pass has bounded. Bounds inside the network stay those
// of the whole domains; a row's own lines and the multipliers of its splits are optimised together, from what its parent
// found, and every row keeps what its best bound had. Lines are drawn and room is made once, for as many parts at a
// time as the pass has room for rows. Rows that are good enough leave the list between evaluations.

#include <shardbound/bound/parts.hpp>
#include <shardbound/bound/query_rows.hpp>
#include <shardbound/bound/row_pass.hpp>
#include <shardbound/bound/slot_coefficients.hpp>
#include <shardbound/bound/standing.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class BetaCrown {
  using Rows = RowPass<T, Backend>;
  using PassContext = typename Rows::PassContext;
  using List = FrozenList<T, Backend>;

 public:
  /// Which neurons of the input of activation v are unstable, domain by domain.
  using Unstable = std::function<std::vector<Neuron>(int)>;

  /// Over the domains of `state`, whose bounds stay as they are; rows are those of a query's functionals of node `start`,
  /// `most` at a time. Traces of a whole list are kept if they take no more than so many bytes.
  BetaCrown(const Instance<T, Backend>& network, DomainState<T, Backend>& state, Rows& rows,
            const MatrixView<const T>& matrix, int start, index_t most, const Unstable& unstable,
            std::size_t trace_bytes)
      : network_(&network),
        plan_(network.plan()),
        start_(start),
        state_(&state),
        rows_(&rows),
        matrix_(matrix),
        free_(network, state.domains()),
        split_lines_(network, state,
                     [this](int v, std::int32_t domain, std::int32_t neuron, std::size_t side) {
                       return place_of(v, domain, neuron, side);
                     }) {
    auto& backend = network.backend();
    below_ = plan_.nodes_below(start_);
    for (int v = 1; v < plan_.size(); ++v) {
      if (!below_[static_cast<std::size_t>(v)] || !plan_.is_activation(v)) continue;
      if (free_.can_be_free(v)) free_.deal(v, unstable(v));
    }
    free_.begin();
    for (int v = 1; v < plan_.size(); ++v)
      if (plan_.is_activation(v)) free_.draw(v, state);
    const List longest(network, rows.waves(),
                       std::vector<ListEntry>(static_cast<std::size_t>(most)));
    const index_t own = longest.own_rows(), height = longest.most_height();
    slopes_ = {network, free_, start_, own, SlopeStorage::exact};
    const index_t each = Trace<T, Backend>::numbers_per_row(plan_, start_);
    const bool all = static_cast<std::size_t>(own * each) * sizeof(T) <= trace_bytes;
    trace_ = {network, start_, all ? own : height,
              all ? Trace<T, Backend>::Of::list : Trace<T, Backend>::Of::wave};
    weight_ = {backend, longest.room(), Category::workspace};
    largest_ = {backend, state.domains(), Category::workspace};
    backend.fill(largest_.data(), largest_.size(), T(1));
    for (auto* step : {&slope_step_, &multiplier_step_})
      *step = {backend, expr::step_numbers, Category::workspace};
    for (auto& gradient : gradients_)
      gradient = {backend, height * slopes_.most_slots(), Category::coefficients};
    results_ = {backend, longest.room()};
    coefficients_ = {network, free_, slopes_.activations(), longest.room()};
  }

  BetaCrown(const BetaCrown&) = delete;  // its lines ask it where slopes are
  BetaCrown& operator=(const BetaCrown&) = delete;

  /// What the numbers of PartSlopes are about, for rows over a domain.
  std::vector<PartColumn> part_columns(index_t domain) const {
    std::vector<PartColumn> all;
    slopes_.for_each_side([&](int v, std::size_t side) {
      for (const std::int32_t neuron : columns(v, domain))
        all.push_back({v, neuron, static_cast<std::int32_t>(side)});
    });
    return all;
  }

  /// Every row of `query` over its part, `domain_of` says over which domain. `query_rows` keeps what is wanted of rows
  /// that are left. Throws ArgumentError on splits of what is no neuron of an activation below the rows or does not bend
  /// within its bounds, at points that are not finite, and of neurons that a row names twice from one side.
  PartBounds run(const PassContext& context, std::span<const PartRow> parts,
                 const std::function<std::int32_t(std::int32_t)>& domain_of,
                 const PartOptions& options, const QueryRows<T, Backend>& query_rows) {
    Objective<T> objective = objective_of(parts, domain_of);
    check(parts, objective.entries);
    List list(*network_, rows_->waves(), objective.entries);
    using Splits = RowSplits<T, Backend>;
    const auto parameters =
        options.iterations > 1 ? Splits::Parameters::are_optimised : Splits::Parameters::stay;
    WorkerPool* const pool = pool_of(options.threads);
    const Splits splits(*network_, list, parts, split_lines_, parameters, pool);
    begin(parts, list, pool);
    Standing<T> standing(objective, state_->domains(), 0);
    const auto gone = [&] {
      return std::count(standing.done().begin(), standing.done().end(), true);
    };
    for (int t = 0;; ++t) {
      context.check();
      const auto before = gone();
      evaluate(context, list, splits);
      RowBounds<T> now = results_.read(network_->backend(), list.rows().count);
      if (options.guesses)
        for (T& slack : now.slack) slack *= T(guessed_share);
      standing.note(now, list.arranged());
      if (t + 1 >= options.iterations || standing.is_over()) break;
      climb(context, list, splits, standing, options, t);
      if (gone() > before) list.arrange(standing.done());
    }
    PartBounds found;
    const RowBounds<T>& best = standing.best();
    found.lower.assign(best.lower.begin(), best.lower.end());
    found.slack.assign(best.slack.begin(), best.slack.end());
    if (options.iterations > 1) {
      auto slopes = read_slopes(list, objective.entries);
      found.multipliers = splits.best(list, parts, split_lines_, slopes);
      for (auto& row : slopes)
        found.slopes.push_back(std::make_shared<const std::vector<float>>(std::move(row)));
    } else {
      for (const PartRow& part : parts) {
        found.multipliers.push_back(part.multipliers);
        found.multipliers.back().resize(part.splits.size());
        found.slopes.push_back(part.slopes);
      }
    }
    if (options.coefficients && !standing.is_over()) {
      list.arrange(standing.done());
      keep(context, list, splits, query_rows, found);
    }
    return found;
  }

 private:
  // Of the slack: errors are much smaller than what they may add up to, and a guess that is proved wrong costs time.
  static constexpr double guessed_share = 1.0 / 64;

  const std::vector<std::int32_t>& columns(int v, index_t domain) const {
    return free_.columns(v)[static_cast<std::size_t>(domain)];
  }
  // Where a row's slopes over a domain have the parameter of a line, as part_columns orders them; -1: it has none.
  std::ptrdiff_t place_of(int v, index_t domain, std::int32_t neuron, std::size_t side) {
    auto found = places_.find({v, domain});  // what is there already several threads may read
    if (found == places_.end()) {
      Places all(static_cast<std::size_t>(plan_[v].features), {-1, -1});
      std::ptrdiff_t next = 0;
      slopes_.for_each_side([&](int other, std::size_t other_side) {
        for (const std::int32_t one : columns(other, domain)) {
          if (other == v) all[static_cast<std::size_t>(one)][other_side] = next;
          ++next;
        }
      });
      found = places_.emplace(std::pair{v, domain}, std::move(all)).first;
    }
    return found->second[static_cast<std::size_t>(neuron)][side];
  }
  // Null: one thread does it.
  WorkerPool* pool_of(int threads) {
    if (threads <= 1) return nullptr;
    if (!pool_ || pool_->size() != threads) pool_ = std::make_unique<WorkerPool>(threads);
    return pool_.get();
  }
  // How many a row has over a domain.
  std::size_t slopes_over(index_t domain) const {
    std::size_t count = 0;
    slopes_.for_each_side([&](int v, std::size_t) { count += columns(v, domain).size(); });
    return count;
  }
  RowList<T> row_list(const List& list) const { return {list.rows(), matrix_, Listing::some, {}}; }
  static Objective<T> objective_of(std::span<const PartRow> parts,
                                   const std::function<std::int32_t(std::int32_t)>& domain_of) {
    Objective<T> objective;
    for (const PartRow& part : parts) {
      objective.entries.push_back({part.row, domain_of(part.row), 1});
      objective.known.lower.push_back(-std::numeric_limits<T>::infinity());
      objective.known.slack.push_back(T(0));
      objective.targets.push_back(part.target);
      objective.groups.push_back(part.group);
    }
    return objective;
  }
  // The last parts that named a neuron, from above and from below; 0 if it is stable.
  using Named = std::array<std::uint64_t, 2>;
  std::vector<Named>& named(int v, index_t domain) {
    auto& all = named_[{v, domain}];
    if (all.empty()) {
      const Named none{1, 1};
      // An activation that bends at 0 alone is a line elsewhere.
      const bool bends = functions(v).bends_at_zero;
      all.resize(static_cast<std::size_t>(plan_[v].features), bends ? Named{} : none);
      if (bends && free_.has(v))
        for (const std::int32_t neuron : columns(v, domain))
          all[static_cast<std::size_t>(neuron)] = none;
    }
    return all;
  }
  const FunctionKernels<T, Backend>& functions(int v) const {
    return network_->kernels().functions[static_cast<std::size_t>(plan_[v].operation)];
  }
  void check(std::span<const PartRow> parts, const std::vector<ListEntry>& entries) {
    for (std::size_t e = 0; e < parts.size(); ++e) {
      const std::size_t slopes = slopes_over(entries[e].domain);
      if (parts[e].slopes && parts[e].slopes->size() != slopes)
        throw ShapeError("row " + std::to_string(e) + " begins with " +
                         std::to_string(parts[e].slopes->size()) + " slopes where its domain has " +
                         std::to_string(slopes));
      ++checked_;
      for (const NeuronSplit& split : parts[e].splits) {
        const auto refuse = [&](const char* why) {
          throw ArgumentError("row " + std::to_string(e) + " is split at neuron " +
                              std::to_string(split.neuron) + " of node " +
                              std::to_string(split.activation) + ", " + why);
        };
        const bool is_known = split.activation > 0 && split.activation < plan_.size() &&
                              plan_.is_activation(split.activation) &&
                              below_[static_cast<std::size_t>(split.activation)];
        if (!is_known) refuse("which is no activation below the row");
        if (split.neuron < 0 || split.neuron >= plan_[split.activation].features)
          refuse("which is not there");
        if (!std::isfinite(split.point)) refuse("at a point that is no number");
        auto& last =
            named(split.activation,
                  entries[e].domain)[static_cast<std::size_t>(split.neuron)][split.side > 0];
        if (last == 0) refuse("which is stable");
        if (std::exchange(last, checked_) == checked_) refuse("and was so before");
      }
    }
  }

  // Where rows begin: where lines do, or where their parents were, within what is allowed.
  void begin(std::span<const PartRow> parts, const List& list, WorkerPool* pool) {
    slopes_.forget(list.own_rows());
    const auto count = std::count_if(parts.begin(), parts.end(),
                                     [](const PartRow& part) { return part.slopes != nullptr; });
    const bool none = count == 0, all = count == std::ssize(parts);
    if (!all) list.for_own_rows([&](const RowsView<T>& own) { slopes_.begin(own); });
    if (none) return;
    std::vector<std::size_t> first(parts.size());  // of this side's numbers among a row's
    slopes_.for_each_side([&](int v, std::size_t side) {
      const auto slots = static_cast<std::size_t>(free_.slots(v));
      std::vector<T> values =
          all ? std::vector<T>(static_cast<std::size_t>(list.own_rows()) * slots)
              : slopes_.values(v, side);
      over_each(pool, parts.size(), [&](std::size_t e) {
        const std::size_t numbers = columns(v, list.entries()[e].domain).size();
        if (!parts[e].slopes || !list.is_own(e)) return;
        const float* const from =
            parts[e].slopes->data() + std::exchange(first[e], first[e] + numbers);
        std::copy(from, from + numbers,
                  values.begin() +
                      static_cast<std::ptrdiff_t>(static_cast<std::size_t>(list.home(e)) * slots));
      });
      slopes_.set_values(v, side, values);
      list.for_own_rows([&](const RowsView<T>& own) { slopes_.confine(v, own); });
    });
  }
  // Slopes of the best bounds, on every rank. (all_gather)
  std::vector<std::vector<float>> read_slopes(const List& list,
                                              const std::vector<ListEntry>& entries) const {
    std::vector<std::vector<float>> rows(entries.size());
    slopes_.for_each_side([&](int v, std::size_t side) {
      const std::vector<T> all = slopes_.best_everywhere(v, side);
      const auto slots = static_cast<std::size_t>(free_.slots(v));
      for (std::size_t e = 0; e < rows.size(); ++e) {
        const auto row =
            static_cast<std::size_t>(list.owner(e)) * static_cast<std::size_t>(slopes_.rows()) +
            static_cast<std::size_t>(list.home(e));
        const auto from = all.begin() + static_cast<std::ptrdiff_t>(row * slots);
        const auto count = static_cast<std::ptrdiff_t>(columns(v, entries[e].domain).size());
        rows[e].insert(rows[e].end(), from, from + count);
      }
    });
    return rows;
  }

  typename Rows::Own own_of(const RowSplits<T, Backend>& splits, bool traces) const {
    return {&slopes_, traces ? &trace_ : nullptr, &splits};
  }
  void evaluate(const PassContext& context, const List& list, const RowSplits<T, Backend>& splits) {
    auto keep = results_.keeper(network_->backend(), list.rows().count);
    rows_->run(
        context, *state_, row_list(list), start_, 0, state_->set(0), {},
        [&](const RowsView<T>& all, const expr::RowSums<T>& found) {
          slopes_.improve(rows_->own_rows(all), rows_->own_results(all));
          keep(all, found);
        },
        own_of(splits, trace_.keeps_all()));
    splits.keep(slopes_.improved());
    slopes_.keep();
  }
  void climb(const PassContext& context, const List& list, const RowSplits<T, Backend>& splits,
             const Standing<T>& standing, const PartOptions& options, int t) {
    auto& backend = network_->backend();
    const auto load = [&](const Buffer<T, Backend>& to, double rate) {
      const auto size = step_size<T>(rate * std::pow(options.decay, t), t + 1);
      backend.upload(to.data(), size.data(), expr::step_numbers);
    };
    load(slope_step_, options.slope_rate);
    load(multiplier_step_, options.multiplier_rate);
    std::vector<T> weight(list.arranged().size());
    for (std::size_t place = 0; place < weight.size(); ++place) {
      const std::int64_t e = list.arranged()[place];
      if (e >= 0 && !standing.done()[static_cast<std::size_t>(e)]) weight[place] = T(1);
    }
    backend.upload(weight_.data(), weight.data(), static_cast<index_t>(weight.size()));
    Ascent<T, Backend> ascent{free_};
    ascent.weight = weight_.data();
    ascent.largest = largest_.data();
    ascent.gradients = {gradients_[0].data(), gradients_[1].data()};
    ascent.step = slope_step_.data();
    ascent.multiplier_step = multiplier_step_.data();
    ascent.chords_matter.assign(static_cast<std::size_t>(plan_.size()), false);
    rows_->climb(context, *state_, row_list(list), start_, state_->set(0), own_of(splits, true),
                 ascent);
  }
  // Rows go by once more, with their best parameters, and leave what is wanted of them.
  void keep(const PassContext& context, const List& list, const RowSplits<T, Backend>& splits,
            const QueryRows<T, Backend>& query_rows, PartBounds& found) {
    slopes_.take_up();
    // A row that never had a bound has kept nothing, and what it takes up may be no slope of a line that holds.
    for (const int v : slopes_.activations())
      list.for_own_rows([&](const RowsView<T>& own) { slopes_.confine(v, own); });
    splits.take_up();
    RowSinks<T> sinks = query_rows.sinks();
    sinks.slots = coefficients_.sinks();
    rows_->run(
        context, *state_, row_list(list), start_, 0, state_->set(0), sinks,
        [](const RowsView<T>&, const expr::RowSums<T>&) {}, own_of(splits, false));
    std::map<std::int64_t, index_t> place_of;
    for (std::size_t place = 0; place < list.arranged().size(); ++place)
      if (list.arranged()[place] >= 0)
        place_of[list.arranged()[place]] = static_cast<index_t>(place);
    std::vector<index_t> places;
    for (const auto& [entry, place] : place_of) {
      found.kept.push_back(static_cast<std::int32_t>(entry));
      places.push_back(place);
    }
    query_rows.read_kept(places, state_->inflation(), found);
    found.coefficients = coefficients_.read(places);
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  int start_;
  DomainState<T, Backend>* state_;
  Rows* rows_;
  MatrixView<const T> matrix_;
  FreeActivations<T, Backend> free_;
  SplitLines<T, Backend> split_lines_;
  RowSlopes<T, Backend> slopes_;
  Trace<T, Backend> trace_;
  Buffer<T, Backend> weight_, largest_, slope_step_, multiplier_step_, gradients_[2];
  RowResults<T, Backend> results_;
  std::vector<bool> below_;  // the start
  SlotCoefficients<T, Backend> coefficients_;
  std::map<std::pair<int, index_t>, std::vector<Named>> named_;
  using Places = std::vector<std::array<std::ptrdiff_t, 2>>;  // by neuron and side
  std::map<std::pair<int, index_t>, Places> places_;
  std::unique_ptr<WorkerPool> pool_;
  std::uint64_t checked_ = 1;  // the number of the last part, from 2 on
};

}  // namespace shardbound::inline v0
