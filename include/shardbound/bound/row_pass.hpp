// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows on their way down (CROWN's backward pass, 1811.00866; auto_LiRPA, 2002.12920): a list of rows is
// cut into waves, a wave is dealt out over the ranks, and what each rank was dealt is pulled through the
// plan step by step - one sweep and one product a segment - and concretized. No tile is larger than a
// wave. Which rows share a wave, and which rank works on them, never shows in a result.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/bound/tiles.hpp>
#include <shardbound/bound/waves.hpp>
#include <shardbound/core/context.hpp>
#include <shardbound/network/schedule.hpp>

#include <map>
#include <tuple>

namespace shardbound::inline v0 {

/// Which rows a list holds: some that nobody but the backend knows, or both sides of every neuron, domain by
/// domain.
enum class Listing { some, every };

/// Rows, in the backend's memory: a list, and the matrix their indices mean (null: the identity). Every
/// rank has the whole list, and room_for(count) entries of it.
template <class T>
struct RowList {
  RowsView<T> rows;
  MatrixView<const T> matrix{};
  Listing listing = Listing::some;
};

template <class T, class Backend>
class RowPass {
 public:
  using PassContext = Context<Backend, const Exchange<Backend>>;

  /// Whether rows also say where they are least.
  enum class Points { none, written };

  /// A pass that may be asked for: from `start` to `stop`, at most `most_rows` rows. Lists of some neurons
  /// hold them domain by domain, in their order, or more is received than bytes_received says.
  struct Route {
    int start = 0, stop = 0;
    StartRows begin = StartRows::tile;
    index_t most_rows = 0;
    Listing listing = Listing::some;
    Points points = Points::none;
  };

  /// Entries that a list of `rows` rows needs: the last wave is filled up with rows of sign 0.
  static index_t room_for(index_t rows, int ranks) { return rows + ranks * least_rows; }

  /// Tile memory for waves of `wave` rows a rank, or, if 0, of as many rows as `budget` bytes allow.
  RowPass(const Instance<T, Backend>& network, std::span<const Route> routes, index_t wave,
          std::size_t budget)
      : network_(&network), plan_(network.plan()), ranks_(network.layout().ranks()) {
    std::vector<index_t> widths;
    index_t most_rows = 0, sent = 0, received = 0;
    for (const Route& route : routes) {
      const Schedule schedule(plan_, network.layout(), route.start, route.stop, route.begin);
      const auto& slots = schedule.slots();
      widths.resize(std::max(widths.size(), slots.size()));
      for (std::size_t s = 0; s < slots.size(); ++s) widths[s] = std::max(widths[s], slots[s]);
      sent = std::max(sent, schedule.sent());
      received = std::max(received, schedule.received());
      schedules_.try_emplace(key(route.start, route.stop, route.begin), schedule);
      most_rows = std::max(most_rows, route.most_rows);
      if (gathers_start(route.start, route.begin) && route.listing == Listing::some)
        listed_.resize(std::max(listed_.size(), static_cast<std::size_t>(route.most_rows)));
    }
    index_t numbers_per_row = sent + received;
    for (index_t width : widths) numbers_per_row += width;
    const index_t affordable =
        static_cast<index_t>(budget / sizeof(T)) / std::max<index_t>(numbers_per_row, 1);
    const index_t height = wave > 0 ? padded_rows(wave) : Waves::height_within(affordable);
    waves_ = {ranks_, std::min(height, Waves::dealt(most_rows, ranks_))};
    const index_t sums =
        ranks_ > 1 ? 2 * ranks_ : 0;  // what is gathered and reduced of rows at least
    tiles_ = {network, widths, std::max(sent, sums), std::max(received, sums), waves_.most()};
    sums_ = {network.backend(), (4 + 4 * ranks_) * waves_.most(), Category::workspace};
  }

  const Waves& waves() const { return waves_; }
  /// Bytes that each rank receives while as many rows as may be are bounded: exact if every neuron is
  /// listed, at most so many otherwise.
  std::uint64_t bytes_received(const Route& route) const {
    const Schedule& schedule = schedules_.at(key(route.start, route.stop, route.begin));
    std::uint64_t panels = 0, numbers = 0;
    for (const Step& step : schedule.steps())
      if (step.kind == Step::Kind::product) panels += network_->gathered_bytes(step.node);
    const index_t point = route.points == Points::written ? padded(network_->inputs()) : 0;
    const index_t results = ((schedule.is_joint() ? 4 : 2) + point) * (ranks_ - 1);
    waves_.for_each(route.most_rows, [&](index_t, index_t height) {
      numbers += static_cast<std::uint64_t>(height * (schedule.traffic() + results));
    });
    return numbers * sizeof(T) +
           panels * static_cast<std::uint64_t>(waves_.count(route.most_rows)) +
           bytes_to_start(route);
  }

  /// Bounds every row of the list from below. After each wave calls done(rows of the wave, result) on
  /// every rank, with the rows of all; with `worst`, a matrix of as many rows as the list has room for,
  /// also writes the points where the least values are taken. Looks at the context's token between
  /// waves, and where a rank is alone between steps. `set` names the domains at the stop node.
  template <class Done>
  void run(const PassContext& context, const DomainState<T, Backend>& state, const RowList<T>& list,
           int start, int stop, const expr::SetView<T>& set, MatrixView<T> worst,
           const Done& done) {
    const bool own = !list.matrix.data && plan_[start].kind == NodeKind::product && start > stop;
    const StartRows begin = own ? StartRows::matrix : StartRows::tile;
    const Schedule& schedule = schedules_.at(key(start, stop, begin));
    Wave wave{.state = state, .start = start, .matrix = list.matrix, .set = set};
    const bool few_panels = gathers_start(start, begin);
    if (few_panels && list.listing == Listing::some)
      network_->backend().to_host(listed_.data(), list.rows.index, list.rows.count);
    waves_.for_each(list.rows.count, [&](index_t first, index_t height) {
      context.check();
      wave.height = height;
      if (few_panels)
        mark_panels(start, list.listing, first, std::min(first + ranks_ * height, list.rows.count),
                    wave.panels);
      const index_t own = first + network_->layout().rank() * wave.height;
      wave.all = list.rows.range(first, ranks_ * wave.height);
      wave.own = list.rows.range(own, wave.height);
      wave.worst = worst.data ? worst.row_range(own, wave.height) : worst;
      wave.idle = own >= list.rows.count && !schedule.is_joint();
      if (schedule.is_joint()) {
        const auto sums = constants(wave.height);
        network_->backend().fill(sums.full.constant, 2 * wave.height, T(0));
        network_->backend().fill(sums.partial.constant, 2 * ranks_ * wave.height, T(0));
      }
      for (const Step& step : schedule.steps()) {
        if (ranks_ == 1) context.check();
        if (step.kind == Step::Kind::concretize && schedule.is_joint()) settle(wave);
        take(step, wave);
      }
      if (ranks_ > 1) gather(wave, worst.data ? worst.row_range(first, wave.height) : worst);
      done(wave.all, ranks_ > 1 ? all_results(wave.height) : result(wave.height));
    });
  }

 private:
  using Key = std::tuple<int, int, StartRows>;
  static Key key(int start, int stop, StartRows begin) { return {start, stop, begin}; }

  struct Wave {
    const DomainState<T, Backend>& state;
    int start;
    MatrixView<const T> matrix;
    const expr::SetView<T>& set;
    index_t height = 0;          // rows dealt to each rank
    RowsView<T> all{}, own{};    // of the wave
    MatrixView<T> worst{};       // of own
    bool idle = false;           // nothing was dealt to this rank
    std::vector<bool> panels{};  // of the start node's matrix that rows are in; none: not looked up
  };

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
      const index_t neuron =
          listing == Listing::every ? r / 2 % weight.out() : listed_[static_cast<std::size_t>(r)];
      found[static_cast<std::size_t>(weight.panel_of(neuron))] = true;
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

  // Sums of `rows` rows, constants before slacks, `place` times two waves into their memory.
  expr::RowSums<T> sums_at(index_t place, index_t rows) const {
    T* const data = sums_.data() + 2 * place * waves_.most();
    return {data, data + rows};
  }
  // `full` of this rank's rows; `partial`, of the rows of all ranks, to be summed.
  expr::RowConstants<T> constants(index_t height) const {
    return {sums_at(0, height), sums_at(2, ranks_ * height)};
  }
  expr::RowSums<T> result(index_t height) const { return sums_at(1, height); }
  expr::RowSums<T> all_results(index_t height) const {
    return sums_at(2 + ranks_, ranks_ * height);
  }

  // full += sum over P of partial (reduce_scatter, 2 P S numbers)
  void settle(const Wave& wave) {
    const auto sums = constants(wave.height);
    tiles_.reduce_sums(sums.partial.constant, sums.full.constant, wave.height);
  }
  // results of all rows[*] := all_gather of those of own rows
  void gather(const Wave& wave, const MatrixView<T>& worst) {
    tiles_.gather_sums(result(wave.height).constant, all_results(wave.height).constant,
                       wave.height);
    if (worst.data)
      network_->exchange().all_gather(wave.worst.data, worst.data, wave.height * worst.leading);
  }

  void take(const Step& step, const Wave& wave) {
    switch (step.kind) {
      case Step::Kind::select: return select(step, wave);
      case Step::Kind::sweep: return sweep(step, wave);
      case Step::Kind::product: return multiply(step, wave);
      case Step::Kind::copy: return copy(step, wave);
      case Step::Kind::to_split: {
        const auto from = tiles_.full_tile(step.from, wave.height, step.from_width);
        return tiles_.to_split(step.node, {from.numbers.column_range(step.column, step.width)},
                               tiles_.split_tile(step.to, wave.height, step.node), step.write);
      }
      case Step::Kind::to_full:
        return tiles_.to_full(step.node, tiles_.split_tile(step.from, wave.height, step.node),
                              tiles_.full_tile(step.to, wave.height, step.width), step.write);
      case Step::Kind::concretize:
        return concretize(step, wave, tiles_.full_tile(step.from, wave.height, step.width));
    }
  }

  void select(const Step& step, const Wave& wave) {
    auto& backend = network_->backend();
    expr::SelectCall<T> call;
    call.rows = wave.own;
    call.sums = constants(wave.height).full;
    if (step.node < 0) {
      if (wave.idle) return;
      call.tile = tiles_.full_tile(step.to, wave.height, step.width).numbers;
      call.matrix = wave.matrix;
      call.bounds = wave.state.bounds(wave.start);
      call.gamma = wave.state.gamma_of(wave.start);
      backend.select(call);
      return;
    }
    call.bias = network_->parameters(step.node).bias.data();
    call.slack = wave.state.product_slack(step.node);
    call.slack_leading = padded(plan_[step.node].features);
    const auto from_panels = [&] {
      const auto wanted = [&](index_t p) {
        return wave.panels.empty() || wave.panels[static_cast<std::size_t>(p)];
      };
      network_->for_each_panel(step.node, wanted, [&](const auto& panel) {
        call.matrix = panel.rows;
        call.first = panel.first;
        if (!wave.idle) backend.select(call);
      });
    };
    if (is_cut(step.node, WeightCut::rows)) {
      // Everybody's rows, of which each is on one rank, with its constant
      const auto partial = tiles_.partial_tile(wave.height, step.width);
      backend.fill(partial.numbers.data, partial.numbers.rows * partial.numbers.leading, T(0));
      call.rows = wave.all;
      call.sums = constants(wave.height).partial;
      call.tile = partial.numbers;
      from_panels();
      tiles_.reduce(partial, tiles_.full_tile(step.to, wave.height, step.width), Write::assign);
    } else if (is_cut(step.node, WeightCut::columns)) {
      // Everybody's rows, of which each rank has some columns, and the constants of its own
      call.rows = wave.all;
      call.sums = all_results(wave.height);
      call.tile = tiles_.split_tile(step.to, wave.height, plan_.input_of(step.node)).numbers;
      from_panels();
      const index_t first = network_->layout().rank() * wave.height;
      const auto full = constants(wave.height).full;
      keep(call.sums.constant + first, full.constant, wave.height);
      keep(call.sums.slack + first, full.slack, wave.height);
    } else {
      call.tile = tiles_.full_tile(step.to, wave.height, step.width).numbers;
      from_panels();
    }
  }
  void keep(const T* from, T* to, index_t count) {
    network_->backend().copy_columns(MatrixView<const T>{from, 1, count, count},
                                     MatrixView<T>{to, 1, count, count}, Write::assign);
  }

  void sweep(const Step& step, const Wave& wave) {
    if (!step.joint) {
      if (!wave.idle)
        sweep(step, wave, tiles_.full_tile(step.from, wave.height, step.width), wave.own, 0);
      return;
    }
    const auto tile = tiles_.split_tile(step.from, wave.height, step.node);
    for (const FeatureRun& run : network_->layout().runs(step.node))
      sweep(step, wave, Tile<T, Split>{tile.numbers.column_range(run.at, run.count)}, wave.all,
            run.first);
  }
  template <Usable P>
  void sweep(const Step& step, const Wave& wave, const Tile<T, P>& tile, const RowsView<T>& rows,
             index_t column) {
    expr::SweepCall<T> call;
    call.tile = tile.numbers;
    call.rows = rows;
    call.sums = sums_of(tile, constants(wave.height));
    wave.state.fill(step.node, column, call);
    const auto chain = static_cast<std::size_t>(plan_[step.node].chain);
    network_->kernels().sweeps[chain](network_->backend(), call);
  }

  // A_in := or += A_out W, panel by panel over W's rows in their order
  void multiply(const Step& step, const Wave& wave) {
    const auto& weight = network_->parameters(step.node).weight;
    const auto over_panels = [&](const MatrixView<const T>& a, index_t first,
                                 const MatrixView<T>& out, Write write) {
      network_->for_each_panel(step.node, [&](const auto& panel) {
        if (wave.idle || panel.rows.columns == 0) return;
        network_->backend().product(a.column_range(panel.first - first, panel.rows.rows),
                                    panel.rows, out, write);
        write = Write::add;
      });
    };
    if (is_cut(step.node, WeightCut::rows)) {
      const auto partial = tiles_.partial_tile(wave.height, step.width);
      if (weight.rows().count == 0)
        network_->backend().fill(partial.numbers.data,
                                 partial.numbers.rows * partial.numbers.leading, T(0));
      over_panels(tiles_.split_tile(step.from, wave.height, step.node).numbers, weight.rows().first,
                  partial.numbers, Write::assign);
      tiles_.reduce(partial, tiles_.full_tile(step.to, wave.height, step.width), step.write);
      return;
    }
    const auto a = tiles_.full_tile(step.from, wave.height, weight.out());
    if (is_cut(step.node, WeightCut::columns))
      over_panels(tiles_.gather_rows(a), 0,
                  tiles_.split_tile(step.to, wave.height, plan_.input_of(step.node)).numbers,
                  step.write);
    else
      over_panels(a.numbers, 0, tiles_.full_tile(step.to, wave.height, step.width).numbers,
                  step.write);
  }

  void copy(const Step& step, const Wave& wave) {
    if (wave.idle) return;
    MatrixView<T> from, to;
    if (step.joint) {
      from = tiles_.split_tile(step.from, wave.height, step.above).numbers;
      to = tiles_.split_tile(step.to, wave.height, step.node).numbers;
    } else {
      from = tiles_.full_tile(step.from, wave.height, step.from_width).numbers;
      to = tiles_.full_tile(step.to, wave.height, step.width).numbers;
    }
    network_->backend().copy_columns(
        MatrixView<const T>(from.column_range(step.column, step.width)), to, step.write);
  }

  void concretize(const Step& step, const Wave& wave, const Tile<T, Full>& tile) {
    if (wave.idle) return;
    expr::ConcretizeCall<T> call;
    call.tile = tile.numbers;
    call.rows = wave.own;
    call.sums = constants(wave.height).full;
    call.set = wave.set;
    call.gamma = wave.state.gamma_of(step.node);
    call.result = result(wave.height);
    call.worst = wave.worst;
    network_->backend().concretize(call);
  }

  bool is_cut(int product, WeightCut cut) const {
    return ranks_ > 1 && network_->parameters(product).weight.cut() == cut;
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  int ranks_;
  std::map<Key, Schedule> schedules_;
  Waves waves_;
  // The neurons of some rows, where panels depend on them. On the host whatever the backend, so not counted.
  std::vector<std::int32_t> listed_;
  Tiles<T, Backend> tiles_;
  Buffer<T, Backend> sums_;
};

}  // namespace shardbound::inline v0
