// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// alpha-CROWN (2011.13824) without a tape. Rows that were bounded once are frozen into lists, one for each node with
// unstable neurons and one for the rows that are asked for, and get lines of their own. Then, again and again:
//
//   up     every list is pulled down, in the order of the plan, over the lines that the bounds before it allow; what it
//          finds is intersected with the best bounds so far
//   down   in the reverse order rows are pulled down once more, unless their trace was kept, and the points where they
//          are least pushed back up. Where a row meets a line, coefficient times point is its gradient in that line: free
//          lines make a step of Adam, chords pass it on to the bounds they were drawn from, and so to the rows that
//          bound those, whoever holds the bound at present: measured, that gains up to a third more.
//
// Rows count in the objective with weight 1 if they are asked for and not yet good enough, rows inside with what their
// bounds are worth to the rest. Nothing that is stored for a row ever leaves the rank whose row it is, and whatever is
// added up over rows is whole numbers: neither the number of ranks nor the height of waves shows in a result.

#include <shardbound/bound/optimised_list.hpp>
#include <shardbound/bound/row_pass.hpp>
#include <shardbound/bound/standing.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class Optimiser {
  using Rows = RowPass<T, Backend>;
  using PassContext = typename Rows::PassContext;

 public:
  /// Which neurons of the input of activation v are unstable as bounds are now, domain by domain.
  using Unstable = std::function<std::vector<Neuron>(int)>;
  /// Whether node v's neurons get rows, and whether all of them do.
  struct Frozen {
    int node = 0, reader = -1;  // the activation that says which neurons matter; -1: all of them
  };

  Optimiser(const Instance<T, Backend>& network, const Optimisation& options,
            DomainState<T, Backend>& state, Rows& rows, std::vector<Frozen> nodes,
            Unstable unstable, std::size_t trace_bytes, bool records = false)
      : network_(&network),
        plan_(network.plan()),
        options_(options),
        state_(&state),
        rows_(&rows),
        nodes_(std::move(nodes)),
        unstable_(std::move(unstable)),
        trace_bytes_(trace_bytes),
        records_(records) {}

  struct Outcome {
    RowBounds<T> best;
    Trajectory trajectory;
  };

  /// Optimises the lines of the objective's rows and, if the options say so, of those inside. The state's bounds get
  /// tighter, its lines are left as they were drawn last.
  Outcome run(const PassContext& context, const Objective<T>& objective,
              const Slopes* begin_with = nullptr) {
    begin(objective, begin_with);
    CountingObserver counter(context.observer, options_.iterations);
    PassContext own = context;
    if (context.observer) own.observer = &counter;
    own.check();
    evaluate(own);
    note_results();
    if (records_) own.observer = nullptr;  // what is recorded tells nobody
    for (int t = 0; t + 1 < options_.iterations && !is_over() && !last().slopes.empty(); ++t) {
      counter.iteration = t + 2;
      own.check();
      if (records_ && context.observer) counter.see(Progress{objective_.start});
      advance(own, t);
      note_results();
    }
    return outcome();
  }

  // The parts of run, and what it leaves behind, for tests and warm starts.

  void begin(const Objective<T>& objective, const Slopes* begin_with = nullptr) {
    objective_ = objective;
    domains_ = counts() ? state_->capacity() : state_->domains();
    standing_ = Standing<T>(objective, domains_, options_.patience);
    left_ = static_cast<std::ptrdiff_t>(objective.entries.size());
    domains_left_ = static_cast<std::ptrdiff_t>(domains_);
    freeze();
    if (begin_with)
      for (const List& list : lists_) set_slopes(list, free_, *begin_with);
  }
  /// Bounds of every list at its lines, from the input up; note_results reads those of the objective.
  void evaluate(const PassContext& context) {
    auto& backend = network_->backend();
    const auto run = [&](const List& list, auto done) {
      rows_->run(context, *state_, row_list(list), list.start, 0, state_->set(0), {},
                 [&](const RowsView<T>& all, const expr::RowSums<T>& found) mutable {
                   list.slopes.improve(rows_->own_rows(all), rows_->own_results(all));
                   done(all, found);
                 },
                 {&list.slopes, keeps_traces_ ? &list.trace : nullptr});
      list.slopes.keep();
    };
    for (int v = 1; v <= objective_.start && lists_.size() > 1; ++v) {
      if (plan_.is_activation(v) && list_of(plan_.input_of(v))) draw_again(v);
      const List* const list = list_of(v);
      if (!list) continue;
      expr::StoreCall<T> store;
      store.bounds = state_->bounds(v);
      store.meet = expr::Meet::intersect;
      run(*list, [&](const RowsView<T>& all, const expr::RowSums<T>& found) {
        store.rows = all;
        store.result = found;
        backend.store(store);
      });
    }
    run(last(), results_.keeper(backend, last().frozen.rows().count));
  }

  /// Reads what the last list found.
  void note_results() {
    standing_.note(results_.read(network_->backend(), last().frozen.rows().count),
                   last().frozen.arranged());
  }
  /// One step for all lines, after evaluation t.
  void climb(const PassContext& context, int t) {
    load_step(t);
    climb(context);
  }
  Outcome outcome() const { return {standing_.best(), standing_.trajectory()}; }
  using List = OptimisedList<T, Backend>;
  /// Those of nodes inside in the order of the plan, then that of the objective.
  const std::vector<List>& lists() const { return lists_; }
  std::vector<List>& lists() { return lists_; }
  const FreeActivations<T, Backend>& free() const { return free_; }
  /// The slopes of the best bounds. (all_gather of each list's)
  Slopes slopes() const {
    Slopes tables;
    for (const List& list : lists_) append_slopes(list, free_, tables);
    return tables;
  }

 private:
  // The lines of activation v over bounds that have moved, and within them whatever rows above have chosen.
  void draw_again(int v) {
    free_.draw(v, *state_);
    for (const List& list : lists_)
      if (list.start >= v && list.slopes.has(v))
        rows_->for_own_rows(list.frozen.rows().count, [&](index_t first, index_t count) {
          list.slopes.confine(v, list.frozen.rows().range(first, count));
        });
  }
  // A step and an evaluation, after evaluation t.
  void advance(const PassContext& context, int t) {
    load_step(t);
    const auto left = std::count(standing_.done().begin(), standing_.done().end(), false);
    const bool some_leave = std::exchange(left_, left) > left;
    constexpr int seldom = 4;  // bounds are read back for it
    const bool looks = t % seldom == seldom - 1 &&
                       std::any_of(lists_.begin(), lists_.end(),
                                   [this](const List& list) { return is_worth_a_look(list); });
    if (some_leave || looks) {  // between the two, where no trace is waiting
      climb(context);
      let_rows_leave(looks);
      recording_ = {};
      evaluate(context);
      return;
    }
    const auto both = [&] {
      climb(context);
      evaluate(context);
    };
    if (records_)
      network_->backend().replay(recording_, both);
    else
      both();
  }
  // What the next step depends on besides bounds: its size, and which rows count.
  void load_step(int t) {
    const auto size = step_size<T>(options_.learning_rate * std::pow(options_.decay, t), t + 1);
    network_->backend().upload(step_.data(), size.data(), expr::step_numbers);
    weigh_objective();
  }
  void climb(const PassContext& context) {
    auto& backend = network_->backend();
    Ascent<T, Backend> ascent{free_};
    ascent.weight = weight_.data();
    ascent.largest = largest_.data();
    ascent.gradients = {gradients_[0].data(), gradients_[1].data()};
    ascent.step = step_.data();
    ascent.chords_matter.assign(static_cast<std::size_t>(plan_.size()), false);
    for (const List& list : lists_)
      if (!is_last(list)) {
        ascent.chords_matter[static_cast<std::size_t>(list.start)] = true;
        backend.fill(list.cotangents.data(), list.cotangents.size(), T(0));
      }
    for (auto list = lists_.rbegin(); list != lists_.rend(); ++list) {
      if (list != lists_.rbegin())
        backend.weigh(expr::WeighCall<T>{list->frozen.rows(), cotangents(*list), weight_.data(),
                                         largest_.data(), domains_});
      rows_->climb(context, *state_, row_list(*list), list->start, state_->set(0),
                   {&list->slopes, keeps_traces_ ? &list->trace : &shared_trace_}, ascent);
      pass_on_chords(list->start);
    }
  }
  // Whether memory is only booked: nothing can be computed then.
  bool counts() const { return network_->backend().allocation() == Allocation::counted; }
  List& last() { return lists_.back(); }
  bool is_last(const List& list) const { return &list == &lists_.back(); }
  RowList<T> row_list(const List& list) const {
    return {list.frozen.rows(), list.matrix, Listing::some};
  }
  void freeze() {
    lists_.clear();
    free_ = FreeActivations<T, Backend>(*network_, domains_);
    const std::vector<bool> below = plan_.nodes_below(objective_.start);
    const auto is_below = [&](int v) { return below[static_cast<std::size_t>(v)]; };
    std::map<int, std::vector<Neuron>> unstable;
    for (int v = 1; v <= objective_.start; ++v)
      if (is_below(v) && plan_.is_activation(v)) {
        unstable[v] = unstable_(v);
        if (free_.can_be_free(v)) free_.deal(v, unstable[v]);
      }
    free_.begin();
    if (options_.of == Optimisation::Of::all_rows)
      for (const Frozen& one : nodes_) {
        if (!is_below(one.node) || one.node == objective_.start) continue;
        std::vector<ListEntry> entries;
        const auto list = [&](const Neuron& neuron) {
          for (const int sign : {1, -1}) entries.push_back({neuron.index, neuron.domain, sign});
        };
        if (one.reader >= 0) {
          for (const Neuron& neuron : unstable.at(one.reader)) list(neuron);
        } else {
          for (std::int32_t d = 0; d < static_cast<std::int32_t>(domains_); ++d)
            for (std::int32_t i = 0; i < static_cast<std::int32_t>(plan_[one.node].features); ++i)
              list({i, d});
        }
        add_list(one.node, one.reader, {}, std::move(entries));
      }
    add_list(objective_.start, -1, objective_.matrix, objective_.entries);
    make_room();
    if (counts()) return;
    for (int v = 1; v <= objective_.start; ++v)
      if (is_below(v) && plan_.is_activation(v)) free_.draw(v, *state_);
    for (const List& list : lists_)
      rows_->for_own_rows(list.frozen.rows().count, [&](index_t first, index_t count) {
        list.slopes.begin(list.frozen.rows().range(first, count));
      });
  }
  void add_list(int start, int reader, const MatrixView<const T>& matrix,
                std::vector<ListEntry> entries) {
    if (entries.empty()) return;
    auto& backend = network_->backend();
    List list;
    list.start = start;
    list.inside = start != objective_.start;
    list.rows_of = objective_.rows;
    list.reader = reader;
    list.matrix = matrix;
    list.frozen = FrozenList<T, Backend>(*network_, rows_->waves(), std::move(entries));
    list.slopes =
        RowSlopes<T, Backend>(*network_, free_, start, list.frozen.own_rows(), options_.storage);
    const index_t numbers = 2 * domains_ * padded(plan_[start].features);
    list.cotangents = {backend, numbers, Category::workspace};
    lists_.push_back(std::move(list));
  }
  // Traces, of whole lists if all of them fit, and what one wave needs.
  void make_room() {
    auto& backend = network_->backend();
    index_t numbers = 0, places = 0, slots = 0, height = 0;
    for (const List& list : lists_) {
      numbers += list.frozen.own_rows() * Trace<T, Backend>::numbers_per_row(plan_, list.start);
      places = std::max(places, list.frozen.room());
      slots = std::max(slots, list.slopes.most_slots());
      height = std::max(height, std::min(list.frozen.own_rows(), rows_->waves().most()));
    }
    const bool all = static_cast<std::size_t>(numbers) * sizeof(T) <= trace_bytes_;
    if (all) {
      for (List& list : lists_)
        list.trace = {*network_, list.start, list.frozen.own_rows(), Trace<T, Backend>::Of::list};
    } else {
      shared_trace_ = {*network_, objective_.start, height, Trace<T, Backend>::Of::wave};
    }
    keeps_traces_ = all;
    weight_ = {backend, places, Category::workspace};
    largest_ = {backend, domains_, Category::workspace};
    step_ = {backend, expr::step_numbers, Category::workspace};
    recording_ = {};
    for (auto& gradient : gradients_) gradient = {backend, height * slots, Category::coefficients};
    results_ = RowResults<T, Backend>(backend, last().frozen.room());
  }

  expr::Cotangents<T> cotangents(const List& list) const {
    return {list.cotangents.data(), list.cotangents.data() + list.cotangents.size() / 2,
            padded(plan_[list.start].features)};
  }
  const List* list_of(int node) const {
    for (const List& list : lists_)
      if (list.start == node && !is_last(list)) return &list;
    return nullptr;
  }

  bool is_over() const {
    if (standing_.is_over()) return true;
    return options_.seconds > 0 &&
           network_->exchange().agree(standing_.seconds() > options_.seconds);
  }
  void weigh_objective() {
    const auto& arranged = last().frozen.arranged();
    std::vector<T> weight(arranged.size());
    for (std::size_t place = 0; place < weight.size(); ++place)
      if (arranged[place] >= 0 && !standing_.done()[static_cast<std::size_t>(arranged[place])])
        weight[place] = T(1);
    network_->backend().upload(weight_.data(), weight.data(), static_cast<index_t>(weight.size()));
    std::vector<T> largest = objective_.largest;
    largest.resize(static_cast<std::size_t>(domains_), T(1));
    network_->backend().upload(largest_.data(), largest.data(), domains_);
  }
  // What rows from `start` gained from chords goes to the bounds that these were drawn from.
  void pass_on_chords(int start) {
    if (lists_.size() == 1) return;
    free_.sum_over_ranks(start);
    for (int v = 1; v <= start; ++v) {
      if (!plan_.is_activation(v) || !free_.has(v)) continue;
      if (const List* const below = list_of(plan_.input_of(v)))
        network_->backend().add_chords(expr::ChordCall<T>{free_.neurons(v), free_.chords(v),
                                                          largest_.data(), cotangents(*below)});
    }
  }

  // Rows that are good enough, and those of neurons that have become stable, need no more work.
  void let_rows_leave(bool looks) {
    last().frozen.arrange(standing_.done());
    const auto domains = std::count(standing_.over().begin(), standing_.over().end(), false);
    const bool domain_left = std::exchange(domains_left_, domains) > domains;
    for (List& list : lists_) {
      if (is_last(list) || (!domain_left && !(looks && is_worth_a_look(list)))) continue;
      std::vector<bool> gone(list.frozen.entries().size());
      const auto matters =
          is_worth_a_look(list) ? matter_now(list) : std::vector<std::vector<bool>>{};
      for (std::size_t e = 0; e < gone.size(); ++e) {
        const ListEntry& entry = list.frozen.entries()[e];
        const auto domain = static_cast<std::size_t>(entry.domain);
        gone[e] = standing_.over()[domain] ||
                  (!matters.empty() && !matters[domain][static_cast<std::size_t>(entry.index)]);
      }
      list.frozen.arrange(gone);
    }
  }
  // Whether rows of neurons that have become stable leave: where there are many. That is the node's own affair, so
  // that neither batch mates nor recordings, which are of smaller lists, show in its bounds.
  bool is_worth_a_look(const List& list) const {
    constexpr index_t many = 1024;
    return list.inside && list.reader >= 0 && plan_[list.start].features > many;
  }
  std::vector<std::vector<bool>> matter_now(const List& list) {
    std::vector<std::vector<bool>> matters(static_cast<std::size_t>(domains_));
    for (auto& domain : matters)
      domain.resize(static_cast<std::size_t>(plan_[list.start].features));
    for (const Neuron& one : unstable_(list.reader))
      matters[static_cast<std::size_t>(one.domain)][static_cast<std::size_t>(one.index)] = true;
    return matters;
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  Optimisation options_;
  DomainState<T, Backend>* state_;
  Rows* rows_;
  std::vector<Frozen> nodes_;
  Unstable unstable_;
  std::size_t trace_bytes_;
  bool records_;  // whether a step and an evaluation are recorded, and done again as one

  // Of the run.
  Objective<T> objective_;
  FreeActivations<T, Backend> free_;
  std::vector<List> lists_;
  Trace<T, Backend> shared_trace_;
  bool keeps_traces_ = false;
  index_t domains_ = 0;
  Buffer<T, Backend> weight_, largest_, step_, gradients_[2];
  typename Backend::Recording recording_;
  RowResults<T, Backend> results_;
  Standing<T> standing_;
  std::ptrdiff_t left_ = 0, domains_left_ = 0;  // rows and domains that are not over
};

}  // namespace shardbound::inline v0
