// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows on their way down (CROWN's backward pass, 1811.00866; auto_LiRPA, 2002.12920): a list of rows is
// cut into waves, a wave is dealt out over the ranks, and what each rank was dealt is pulled through the
// plan step by step - one sweep and one product a segment - and concretized. No tile is larger than a
// wave. Which rows share a wave, and which rank works on them, never shows in a result.

#include <shardbound/bound/method_plan.hpp>
#include <shardbound/bound/regional_waves.hpp>
#include <shardbound/bound/row_steps.hpp>
#include <shardbound/bound/waves.hpp>
#include <shardbound/core/context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

namespace shardbound::inline v0 {

/// Rows, in the backend's memory: a list, and the matrix their indices mean (null: the identity). Every
/// rank has the whole list, and room_for(count) entries of it.
template <class T>
struct RowList {
  RowsView<T> rows;
  MatrixView<const T> matrix{};
  Listing listing = Listing::some;
  std::span<const RegionalWave> waves{};  ///< if there, those that it goes by in
};

template <class T, class Backend>
class RowPass {
 public:
  using PassContext = Context<Backend, const Exchange<Backend>>;

  /// Entries that a list of `rows` rows needs: the last wave is filled up with rows of sign 0.
  static index_t room_for(index_t rows, int ranks) { return rows + ranks * least_rows; }

  /// Tile memory for waves of `wave` rows a rank, or, if 0, of as many rows as `budget` bytes allow.
  RowPass(const Instance<T, Backend>& network, std::span<const Route> routes, index_t wave,
          std::size_t budget)
      : network_(&network), plan_(network.plan()), ranks_(network.layout().ranks()) {
    typename RowSteps<T, Backend>::Room room;
    std::vector<index_t> widths;
    index_t most_rows = 0, sent = 0, received = 0;
    for (const Route& route : routes) {
      if (const StartTiles& tiles = tiles_of(route); tiles.any()) {
        add_regional(route, tiles, wave, budget, room);
        continue;
      }
      const Schedule schedule(plan_, network.layout(), route.start, route.stop, route.begin,
                              route.kept);
      room.kept.insert(room.kept.end(), route.kept.begin(), route.kept.end());
      const auto& slots = schedule.slots();
      widths.resize(std::max(widths.size(), slots.size()));
      for (std::size_t s = 0; s < slots.size(); ++s) widths[s] = std::max(widths[s], slots[s]);
      sent = std::max(sent, schedule.sent());
      received = std::max(received, schedule.received());
      schedules_.try_emplace(key(route), schedule);
      most_rows = std::max(most_rows, route.most_rows);
      if (gathers_start(route.start, route.begin) && route.listing == Listing::some)
        listed_.resize(std::max(listed_.size(), static_cast<std::size_t>(route.most_rows)));
    }
    index_t numbers_per_row = sent + received;
    for (index_t width : widths) numbers_per_row += width;
    waves_ = {ranks_,
              std::min(height_of(numbers_per_row, wave, budget), Waves::dealt(most_rows, ranks_))};
    const index_t height = waves_.most();
    room.slots.resize(std::max(room.slots.size(), widths.size()));
    for (std::size_t s = 0; s < widths.size(); ++s)
      room.slots[s] = std::max(room.slots[s], height * widths[s]);
    room.sent = height * sent, room.received = height * received;
    room.height = std::max(room.height, height);
    steps_ = {network, room};
  }

  /// The tiling of rows that start at a node's neurons, if they see regions of maps, and how many of them a rank is
  /// dealt at most; null: they see everything.
  struct Regional {
    StartTiles tiles;
    index_t height = 0;
    std::optional<Schedule> schedule{};
  };
  const Regional* regional(int start) const {
    const auto found = regional_.find(start);
    return found == regional_.end() || !found->second.tiles.any() ? nullptr : &found->second;
  }
  bool has_regional() const {
    return std::any_of(regional_.begin(), regional_.end(),
                       [](const auto& one) { return one.second.tiles.any(); });
  }

  const Waves& waves() const { return waves_; }
  /// Bytes that each rank receives while as many rows as may be are bounded: exact if every neuron is
  /// listed, at most so many otherwise.
  std::uint64_t bytes_received(const Route& route) const {
    if (const Regional* own = regional(route.start); own && route.neurons)
      return bytes_received(route, *own);
    const Schedule& schedule = schedules_.at(key(route));
    std::uint64_t panels = 0, numbers = 0;
    for (const Step& step : schedule.steps())
      if (step.kind == Step::Kind::product) panels += network_->gathered_bytes(step.node);
    index_t extra = route.points == Route::Points::written ? padded(network_->inputs()) : 0;
    if (!route.kept.empty()) extra += 2;
    for (int node : route.kept) extra += padded(plan_[node].features);
    const index_t results = ((schedule.is_joint() ? 4 : 2) + extra) * (ranks_ - 1);
    waves_.for_each(route.most_rows, [&](index_t, index_t height) {
      numbers += static_cast<std::uint64_t>(height * (schedule.traffic() + results));
    });
    return numbers * sizeof(T) +
           panels * static_cast<std::uint64_t>(waves_.count(route.most_rows)) +
           bytes_to_start(route);
  }

  /// What rows of a list have of their own: lines, a trace of where they went, and parts of their domains.
  struct Own {
    const RowSlopes<T, Backend>* slopes = nullptr;
    const Trace<T, Backend>* trace = nullptr;
    const RowSplits<T, Backend>* splits = nullptr;
  };

  /// Bounds every row of the list from below. After each wave calls done(rows of the wave, result) on
  /// every rank, with the rows of all. Looks at the context's token between waves, and where a rank is
  /// alone between steps. `set` names the domains at the stop node; sinks for coefficients are those of
  /// the route's nodes, all or none.
  template <class Done>
  void run(const PassContext& context, const DomainState<T, Backend>& state, const RowList<T>& list,
           int start, int stop, const expr::SetView<T>& set, const RowSinks<T>& sinks, Done done,
           const Own& own = {}) {
    for_each_wave(context, state, list, start, stop, set, sinks, own,
                  [&](const Schedule& schedule, const Wave<T, Backend>& wave) {
                    pull(context, schedule, wave);
                    done(wave.all, steps_.gather(wave));
                  });
  }
  /// Pulls every row of the list down to the input, unless the trace still has all of them, and pushes the points where
  /// they are least back up, through the lines that they went by: parameters of those lines make a step each. Throws
  /// ArgumentError where tiles are joint.
  void climb(const PassContext& context, const DomainState<T, Backend>& state,
             const RowList<T>& list, int start, const expr::SetView<T>& set, const Own& own,
             const Ascent<T, Backend>& ascent) {
    for_each_wave(context, state, list, start, 0, set, {}, own,
                  [&](const Schedule& schedule, const Wave<T, Backend>& wave) {
                    if (!own.trace->keeps_all()) pull(context, schedule, wave);
                    const auto& steps = schedule.steps();
                    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
                      if (ranks_ == 1) context.check();
                      steps_.climb(*step, wave, ascent);
                    }
                  });
  }
  /// The part of a wave's results that is this rank's.
  expr::RowSums<T> own_results(const RowsView<T>& all) const {
    return steps_.own_results(all.count / ranks_);
  }
  RowsView<T> own_rows(const RowsView<T>& all) const {
    const index_t height = all.count / ranks_;
    return all.range(network_->layout().rank() * height, height);
  }
  /// Calls body(first, count) for the entries of a list of `rows` rows that this rank is dealt.
  template <class Body>
  void for_own_rows(index_t rows, const Body& body) const {
    waves_.for_each(rows, [&](index_t first, index_t height) {
      const index_t own = first + network_->layout().rank() * height;
      if (own < rows) body(own, std::min(height, rows - own));
    });
  }

 private:
  static index_t height_of(index_t numbers_per_row, index_t wave, std::size_t budget) {
    const index_t affordable =
        static_cast<index_t>(budget / sizeof(T)) / std::max<index_t>(numbers_per_row, 1);
    return wave > 0 ? padded_rows(wave) : Waves::height_within(affordable);
  }
  // Those of a route's neurons; none where it is not about neurons, and where features are split or matrices are cut
  // so that rows of all ranks go by together.
  const StartTiles& tiles_of(const Route& route) {
    static const StartTiles none;
    if (!route.neurons || route.stop != 0) return none;
    for (int v = 0; v <= route.start; ++v)
      if (ranks_ > 1 && plan_.is_joint(v)) return none;
    auto [place, fresh] = regional_.try_emplace(route.start);
    if (fresh) place->second.tiles = StartTiles(plan_, route.start, Backend::step_cost);
    return place->second.tiles;
  }
  void add_regional(const Route& route, const StartTiles& tiles, index_t wave, std::size_t budget,
                    typename RowSteps<T, Backend>::Room& room) {
    Regional& own = regional_.at(route.start);
    own.schedule.emplace(plan_, network_->layout(), route.start, route.stop, route.begin,
                         std::span<const int>{}, tiles.widths());
    const auto& slots = own.schedule->slots();
    index_t numbers = 0;
    for (const index_t width : slots) numbers += width;
    own.height = std::min(height_of(numbers, wave, budget), Waves::dealt(route.most_rows, ranks_));
    room.slots.resize(std::max(room.slots.size(), slots.size()));
    for (std::size_t s = 0; s < slots.size(); ++s)
      room.slots[s] = std::max(room.slots[s], own.height * slots[s]);
    room.height = std::max(room.height, own.height);
    room.domains = std::max(room.domains, route.most_rows / (2 * plan_[route.start].features));
    for (const index_t width : tiles.widths()) room.columns = std::max(room.columns, width);
  }
  // At most, if every neuron is listed: waves of parts that do not fill them.
  std::uint64_t bytes_received(const Route& route, const Regional& own) const {
    std::uint64_t panels = 0;
    for (const Step& step : own.schedule->steps())
      if (step.kind == Step::Kind::product || step.kind == Step::Kind::select)
        if (step.node >= 0) panels += network_->gathered_bytes(step.node);
    const index_t least = std::max<index_t>(own.height / 2, 1) * ranks_;
    const index_t waves = (route.most_rows + least - 1) / least;
    return static_cast<std::uint64_t>(waves) * panels +
           static_cast<std::uint64_t>(index_t{2} * (ranks_ - 1) * waves * own.height) * sizeof(T);
  }
  // Calls body(schedule, wave) for every wave of a list.
  template <class Body>
  void for_each_wave(const PassContext& context, const DomainState<T, Backend>& state,
                     const RowList<T>& list, int start, int stop, const expr::SetView<T>& set,
                     const RowSinks<T>& sinks, const Own& own, const Body& body) {
    if (list.rows.count == 0 && sinks.kept.empty()) return;
    if (!list.waves.empty())
      return for_each_regional_wave(context, state, list, start, set, own, body);
    const bool keeps = !sinks.kept.empty();
    const StartRows begin = begin_of(list, start, stop, keeps);
    const Schedule& schedule = schedules_.at({start, stop, begin, keeps});
    Wave<T, Backend> wave{state, start, list.matrix, set, sinks};
    wave.slopes = own.slopes;
    wave.trace = own.trace;
    wave.splits = own.splits;
    wave.slot_widths = schedule.slots();
    const bool few_panels = gathers_start(start, begin);
    if (few_panels && list.listing == Listing::some) {
      listed_.resize(std::max(listed_.size(), static_cast<std::size_t>(list.rows.count)));
      network_->backend().to_host(listed_.data(), list.rows.index, list.rows.count);
    }
    for (const auto& kept : sinks.kept)
      if (!schedule.keeps(kept.node))  // rows do not come by it
        network_->backend().fill(kept.numbers.data, kept.numbers.rows * kept.numbers.leading, T(0));
    const index_t waves = waves_.count(list.rows.count);
    waves_.for_each(list.rows.count, [&](index_t first, index_t height) {
      context.check();
      const index_t wave_number = waves - waves_.count(list.rows.count - first) + 1;
      context.report({start, wave_number, waves, first, list.rows.count});
      wave.first = first;
      wave.height = height;
      if (few_panels)
        mark_panels(start, list.listing, first, std::min(first + ranks_ * height, list.rows.count),
                    wave.panels);
      wave.first_own = first + network_->layout().rank() * height;
      wave.all = list.rows.range(first, ranks_ * height);
      wave.own = list.rows.range(wave.first_own, height);
      wave.idle = wave.first_own >= list.rows.count && !schedule.is_joint();
      body(schedule, wave);
      wave.first_traced += height;
    });
  }
  template <class Body>
  void for_each_regional_wave(const PassContext& context, const DomainState<T, Backend>& state,
                              const RowList<T>& list, int start, const expr::SetView<T>& set,
                              const Own& own, const Body& body) {
    const Regional& regional = regional_.at(start);
    const Schedule& schedule = *regional.schedule;
    const RowSinks<T> none;
    Wave<T, Backend> wave{state, start, list.matrix, set, none};
    wave.slopes = own.slopes;
    wave.trace = own.trace;
    wave.splits = own.splits;
    wave.slot_widths = schedule.slots();
    wave.widths = regional.tiles.widths();
    std::vector<WavePart> parts;
    index_t number = 0;
    for (const RegionalWave& one : list.waves) {
      context.check();
      context.report(
          {start, ++number, static_cast<index_t>(list.waves.size()), one.first, list.rows.count});
      wave.first = one.first;
      wave.height = one.height;
      const auto rank = network_->layout().rank();
      wave.first_own = one.first + rank * one.height;
      wave.all = list.rows.range(one.first, ranks_ * one.height);
      wave.own = list.rows.range(wave.first_own, one.height);
      parts.clear();
      for (const RegionalWave::Part& part : one.parts[static_cast<std::size_t>(rank)])
        parts.push_back({part.first, part.height, regional.tiles.regions(part.tile)});
      wave.parts = parts;
      wave.idle = parts.empty();
      body(schedule, wave);
      wave.first_traced += one.height;
    }
  }
  void pull(const PassContext& context, const Schedule& schedule, const Wave<T, Backend>& wave) {
    if (schedule.is_joint()) steps_.begin_joint(wave);
    for (const Step& step : schedule.steps()) {
      if (ranks_ == 1) context.check();
      if (step.kind == Step::Kind::concretize && schedule.is_joint()) steps_.end_joint(wave);
      steps_.take(step, wave);
    }
  }

  using Key = std::tuple<int, int, StartRows, bool>;  // and whether coefficients are kept
  static Key key(const Route& route) {
    return {route.start, route.stop, route.begin, !route.kept.empty()};
  }
  // Rows of single neurons of a product begin in its matrix, unless the start node's own coefficients matter.
  StartRows begin_of(const RowList<T>& list, int start, int stop, bool keeps) const {
    const bool own = !list.matrix.data && plan_[start].kind == NodeKind::product && start > stop;
    return own && !keeps ? StartRows::matrix : StartRows::tile;
  }

  // Whether it pays to know which panels start rows are in: others need not be gathered.
  bool gathers_start(int start, StartRows begin) const {
    return begin == StartRows::matrix && network_->parameters(start).weight.is_gathered();
  }
  // found[p]: whether some of the list's rows [first, last) are in panel p of start's matrix.
  void mark_panels(int start, Listing listing, index_t first, index_t last,
                   std::vector<bool>& found) const {
    const auto& weight = network_->parameters(start).weight;
    found.assign(static_cast<std::size_t>(weight.panels()), false);
    for (index_t r = first; r < last; ++r) {
      const index_t neuron = listing == Listing::every ? r / 2 % plan_[start].features
                                                       : listed_[static_cast<std::size_t>(r)];
      const index_t positions = plan_[start].geometry.out_positions();
      found[static_cast<std::size_t>(weight.panel_of(neuron / positions))] = true;
    }
  }
  // What start rows receive of their node's own matrix: in each wave the panels that its rows are in. A
  // wave that ends within a panel makes the next one gather it again.
  std::uint64_t bytes_to_start(const Route& route) const {
    if (!gathers_start(route.start, route.begin)) return 0;
    const int start = route.start;
    const index_t neurons = plan_[start].features;
    std::uint64_t bytes = 0;
    if (route.listing == Listing::every) {
      std::vector<bool> wanted;
      waves_.for_each(route.most_rows, [&](index_t first, index_t height) {
        const index_t last = std::min(first + ranks_ * height, route.most_rows);
        mark_panels(start, route.listing, first, last, wanted);
        for (std::size_t p = 0; p < wanted.size(); ++p)
          if (wanted[p]) bytes += network_->gathered_bytes(start, static_cast<index_t>(p));
      });
      return bytes;
    }
    const auto all = static_cast<std::uint64_t>(waves_.count(route.most_rows));
    const auto domains =
        static_cast<std::uint64_t>((route.most_rows + 2 * neurons - 1) / (2 * neurons));
    const std::uint64_t whole = network_->gathered_bytes(start);
    return std::min(all * whole, domains * whole + (all - 1) * network_->gathered_bytes(start, 0));
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  int ranks_;
  std::map<Key, Schedule> schedules_;
  std::map<int, Regional> regional_;
  Waves waves_;
  // The neurons of some rows, where panels depend on them. On the host whatever the backend, so not counted.
  std::vector<std::int32_t> listed_;
  RowSteps<T, Backend> steps_;
};

}  // namespace shardbound::inline v0
