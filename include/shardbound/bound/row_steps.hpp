// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The steps of a schedule, taken with one wave of rows: what happens to their tiles, constants and slacks, and
// what is kept of them.

#include <shardbound/bound/kept_rows.hpp>
#include <shardbound/bound/row_climb.hpp>
#include <shardbound/bound/slot_coefficients.hpp>
#include <shardbound/bound/tiles.hpp>
#include <shardbound/network/schedule.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class RowSteps {
 public:
  RowSteps() = default;
  /// What there must be room for.
  struct Room {
    std::vector<index_t> slots{};      // numbers in each
    index_t sent = 0, received = 0;    // in the buffers of the collectives
    index_t height = 0;                // rows of a wave
    index_t columns = 0, domains = 0;  // of a region, if rows have any
    std::vector<int> kept{};           // nodes whose coefficients are
  };
  RowSteps(const Instance<T, Backend>& network, const Room& room)
      : network_(&network),
        plan_(network.plan()),
        ranks_(network.layout().ranks()),
        most_(room.height) {
    auto& backend = network.backend();
    const index_t height = room.height;
    const index_t sums = ranks_ > 1 ? index_t{2} * ranks_ * height
                                    : 0;  // what is gathered and reduced of rows at least
    tiles_ = {network, room.slots, std::max(room.sent, sums), std::max(room.received, sums)};
    packed_ = {network, room.columns, room.domains};
    sums_ = {backend, (4 + 4 * ranks_) * height, Category::workspace};
    product_space_ = {backend, network.product_workspace(), Category::workspace};
    kept_ = {network, room.kept, height};
  }

  /// Sums of joint rows begin at zero; others are begun by `select`.
  void begin_joint(const Wave<T, Backend>& wave) const {
    const auto sums = constants(wave.height);
    network_->backend().fill(sums.full.constant, 2 * wave.height, T(0));
    network_->backend().fill(sums.partial.constant, 2 * ranks_ * wave.height, T(0));
  }
  // full += sum over P of partial (reduce_scatter, 2 P S numbers)
  void end_joint(const Wave<T, Backend>& wave) const {
    const auto sums = constants(wave.height);
    tiles_.reduce_sums(sums.partial.constant, sums.full.constant, wave.height);
  }
  /// The results of all rows, on every rank, and what else is collected. (all_gather of each)
  expr::RowSums<T> gather(const Wave<T, Backend>& wave) const {
    if (ranks_ == 1) return result(wave.height);
    const auto all = all_results(wave.height);  // (P S) each
    tiles_.gather_sums(result(wave.height).constant, all.constant, wave.height);
    const RowSinks<T>& sinks = wave.sinks;
    const auto gather = [&](T* data, index_t leading) {
      if (data)
        network_->exchange().all_gather(data + wave.first_own * leading,
                                        data + wave.first * leading, wave.height * leading);
    };
    gather(sinks.worst_points.data, sinks.worst_points.leading);
    gather(sinks.constants.constant, 1);
    gather(sinks.constants.slack, 1);
    if (sinks.collect == Collect::everywhere)
      for (const auto& kept : sinks.kept) gather(kept.numbers.data, kept.numbers.leading);
    for (const auto& kept : sinks.slots) gather(kept.numbers.data, kept.numbers.leading);
    return all;
  }

  void take(const Step& step, const Wave<T, Backend>& wave) {
    switch (step.kind) {
      case Step::Kind::select: return select(step, wave);
      case Step::Kind::sweep: return sweep(step, wave);
      case Step::Kind::product: return multiply(step, wave);
      case Step::Kind::copy: return copy(step, wave);
      case Step::Kind::pull: return pull(step, wave);
      case Step::Kind::charge: return charge(step, wave);
      case Step::Kind::keep: return kept_.keep(step, wave, tiles_);
      case Step::Kind::to_split: {
        const auto from = tiles_.full_tile(step.from, wave.height, step.from_width);
        return tiles_.to_split(step.node, {from.numbers.column_range(step.column, step.width)},
                               tiles_.split_tile(step.to, wave.height, step.node), step.write);
      }
      case Step::Kind::to_full:
        return tiles_.to_full(step.node, tiles_.split_tile(step.from, wave.height, step.node),
                              tiles_.full_tile(step.to, wave.height, step.width), step.write);
      case Step::Kind::concretize: return concretize(step, wave);
    }
  }

  /// Takes a step in the other direction, with points instead of coefficients.
  void climb(const Step& step, const Wave<T, Backend>& wave, const Ascent<T, Backend>& ascent) {
    RowClimb<T, Backend>(*network_, tiles_, packed_, product_space_.data())
        .take(step, wave, ascent);
  }
  /// This rank's results.
  expr::RowSums<T> own_results(index_t height) const { return result(height); }

 private:
  // Sums of `rows` rows, constants before slacks, `place` times two waves into their memory.
  expr::RowSums<T> sums_at(index_t place, index_t rows) const {
    T* const data = sums_.data() + 2 * place * most_;
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

  void select(const Step& step, const Wave<T, Backend>& wave) {
    auto& backend = network_->backend();
    expr::SelectCall<T> call;
    call.rows = wave.own;
    call.sums = constants(wave.height).full;
    const auto select_part = [&](int node, const WavePart& part) {
      call.rows = wave.own.range(part.first, part.height);
      call.sums = constants(wave.height).full.from(part.first);
      call.tile = tile(step.to, node, part, wave).numbers;
      call.map = map_of(plan_[node]).all;
      call.region = step.node < 0 ? part.region(node, call.map) : part.seen_by(plan_, step.node);
      backend.select(call);
    };
    if (step.node < 0) {
      call.matrix = wave.matrix;
      call.bounds = wave.state.bounds(wave.start);
      call.gamma = unit_rounding_of_rows;
      wave.for_each_part([&](const WavePart& part) { select_part(wave.start, part); });
      return;
    }
    call.bias = network_->parameters(step.node).bias.data();
    call.gamma = wave.state.gamma_of_constants();
    call.geometry = network_->parameters(step.node).weight.geometry();
    call.map = call.region = call.geometry.in_map();
    const auto from_panels = [&](const auto& select_from) {
      const auto wanted = [&](index_t p) {
        return wave.panels.empty() || wave.panels[static_cast<std::size_t>(p)];
      };
      network_->for_each_panel(step.node, wanted, [&](const auto& panel) {
        call.matrix = panel.rows;
        call.first = panel.first;
        select_from();
      });
    };
    const auto select_all = [&] {
      if (!wave.idle) backend.select(call);
    };
    if (is_cut(step.node, WeightCut::rows)) {
      // Everybody's rows, of which each is on one rank, with its constant
      const auto partial = tiles_.partial_tile(wave.height, step.width);  // (P S, N_in)
      backend.fill(partial.numbers.data, partial.numbers.rows * partial.numbers.leading, T(0));
      call.rows = wave.all;
      call.sums = constants(wave.height).partial;
      call.tile = partial.numbers;
      from_panels(select_all);
      tiles_.reduce(partial, tiles_.full_tile(step.to, wave.height, step.width), Write::assign);
    } else if (is_cut(step.node, WeightCut::columns)) {
      // Everybody's rows, of which each rank has some columns, and the constants of its own
      call.rows = wave.all;
      call.sums = all_results(wave.height);
      call.tile = tiles_.split_tile(step.to, wave.height, plan_.input_of(step.node))
                      .numbers;  // (P S, N_in / P)
      from_panels(select_all);
      const index_t first = network_->layout().rank() * wave.height;
      const auto full = constants(wave.height).full;
      copy_sums(call.sums.constant + first, full.constant, wave.height);
      copy_sums(call.sums.slack + first, full.slack, wave.height);
    } else {
      const int below = plan_.input_of(step.node);  // tiles (S, N_in)
      from_panels(
          [&] { wave.for_each_part([&](const WavePart& part) { select_part(below, part); }); });
    }
  }
  void copy_sums(const T* from, T* to, index_t count) const {
    network_->backend().copy_columns(MatrixView<const T>{from, 1, count, count},
                                     MatrixView<T>{to, 1, count, count}, Write::assign);
  }

  void sweep(const Step& step, const Wave<T, Backend>& wave) {
    const auto chain = static_cast<std::size_t>(plan_[step.node].segment.chain);
    over_runs(step, wave, [&](const WavePart& part, index_t column, expr::SweepCall<T>& call) {
      wave.state.fill(step.node, column, call.data);
      const bool own = fill_own_lines(plan_, step.node, wave, call.data);
      if (part.is_regional()) packed_.pack(plan_, step.node, part, wave.state.domains(), call.data);
      if (wave.trace) call.trace = wave.traced(step.node, part, call.tile.columns);
      keep_slots(*network_, step.node, wave, part, call);
      const auto& code = network_->kernels().chains[chain];
      auto& backend = network_->backend();
      auto splits = splits_in_chain(*network_, step.node, wave, call.tile, call.rows, call.data);
      if (splits) backend.take_splits(splits->of);
      (own ? code.free_sweep : code.sweep)(backend, call);
      if (!splits) return;
      splits->sums = call.sums;
      code.pull_splits(backend, *splits);
      backend.return_splits(splits->of);
    });
  }
  void charge(const Step& step, const Wave<T, Backend>& wave) {
    over_runs(step, wave, [&](const WavePart& part, index_t column, expr::SweepCall<T>& call) {
      wave.state.fill_charge(step.node, column, call);
      if (part.is_regional())
        packed_.pack_slack(plan_, step.node, part, wave.state.domains(), call.data[0]);
      network_->backend().template sweep<expr::Chain<expr::Charged>>(call);
    });
  }
  // Calls body(first feature, call) for what this rank holds of the tile at `step.node`: all columns of its own
  // rows, or its runs of everybody's.
  template <class Body>
  void over_runs(const Step& step, const Wave<T, Backend>& wave, const Body& body) {
    const auto one = [&](const auto& tile, const RowsView<T>& rows, const WavePart& part,
                         index_t column) {
      expr::SweepCall<T> call;
      call.tile = tile.numbers;
      call.rows = rows;
      call.sums = sums_of(tile, constants(wave.height)).from(part.first);
      body(part, column, call);
    };
    if (!step.joint) {
      wave.for_each_part([&](const WavePart& part) {
        one(tile(step.from, step.node, part, wave), wave.own.range(part.first, part.height), part,
            0);
      });
      return;
    }
    const auto tile = tiles_.split_tile(step.from, wave.height, step.node);  // (P S, N / P)
    for (const FeatureRun& run : network_->layout().runs(step.node))
      one(Tile<T, Split>{tile.numbers.column_range(run.at, run.count)}, wave.all, WavePart{},
          run.first);
  }

  // A_in := or += A_out W, panel by panel over W's rows in their order
  void multiply(const Step& step, const Wave<T, Backend>& wave) {
    const auto& weight = network_->parameters(step.node).weight;
    const auto with_panel = [&](const auto& panel, const WavePart& part,
                                const MatrixView<const T>& a, index_t first,
                                const MatrixView<T>& out, Write write) {
      if (weight.geometry().is_dense()) {
        // (S, N_in) += (S, panel) (panel, N_in)
        network_->backend().product(a.column_range(panel.first - first, panel.rows.rows),
                                    panel.rows, out, write, product_space_.data());
        return;
      }
      auto call =
          window_call<T>(plan_, step.node, weight.geometry(), panel, part, product_space_.data());
      call.from = channels_of(call, a, first);
      call.to = out;
      call.write = write;
      network_->backend().windows_back(call);
    };
    const auto over_panels = [&](const MatrixView<const T>& a, index_t first,
                                 const MatrixView<T>& out, Write write) {
      network_->for_each_panel(step.node, [&](const auto& panel) {
        if (panel.rows.columns == 0) return;
        with_panel(panel, WavePart{}, a, first, out, write);
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
    const int below = plan_.input_of(step.node);
    if (is_cut(step.node, WeightCut::columns)) {
      const auto a = tiles_.full_tile(step.from, wave.height, plan_[step.node].features);
      over_panels(tiles_.gather_rows(a), 0, tiles_.split_tile(step.to, wave.height, below).numbers,
                  step.write);  // (P S, N_out)
      return;
    }
    Write write = step.write;
    network_->for_each_panel(step.node, [&](const auto& panel) {
      if (panel.rows.columns == 0) return;
      wave.for_each_part([&](const WavePart& part) {
        with_panel(panel, part, tile(step.from, step.node, part, wave).numbers, 0,
                   tile(step.to, below, part, wave).numbers, write);
      });
      write = Write::add;
    });
  }

  void copy(const Step& step, const Wave<T, Backend>& wave) {
    auto& backend = network_->backend();
    if (step.joint) {
      const auto from = tiles_.split_tile(step.from, wave.height, step.above).numbers;
      const auto to = tiles_.split_tile(step.to, wave.height, step.node).numbers;
      backend.copy_columns(MatrixView<const T>(from.column_range(step.column, step.width)), to,
                           step.write);
      return;
    }
    wave.for_each_part([&](const WavePart& part) {
      const auto from = tile(step.from, step.above, part, wave).numbers;
      const auto to = tile(step.to, step.node, part, wave).numbers;
      const auto call = region_copy<T>(plan_, step, part, from, to);
      if (part.is_regional())
        backend.copy_region(call);
      else
        backend.copy_columns(call.from, call.to, step.write);
    });
  }

  // Nodes that mix features see all of their maps, and so do those that they read and that read them.
  void pull(const Step& step, const Wave<T, Backend>& wave) {
    auto& backend = network_->backend();
    const int below = plan_.inputs_of(step.node)[static_cast<std::size_t>(step.operand)];
    wave.for_each_part([&](const WavePart& part) {
      const auto from = tile(step.from, step.node, part, wave);  // (S, N)
      expr::PullCall<T> call;
      call.node = wave.state.mixing(step.node);
      call.operand = step.operand;
      call.from = from.numbers;
      call.to = tile(step.to, below, part, wave).numbers;  // (S, N_in)
      call.write = step.write;
      call.rows = wave.own.range(part.first, part.height);
      call.sums = sums_of(from, constants(wave.height)).from(part.first);
      backend.pull_mixed(call);
      if (!wave.trace || step.operand > 0) return;
      const auto trace = wave.traced(step.node, part, call.from.columns);
      if (trace.data) backend.copy_columns(call.from, trace, Write::assign);
    });
  }

  void concretize(const Step& step, const Wave<T, Backend>& wave) {
    if (wave.idle) return;
    const auto sums = constants(wave.height).full;
    if (T* const kept = wave.sinks.constants.constant) {
      copy_sums(sums.constant, kept + wave.first_own, wave.height);
      copy_sums(sums.slack, wave.sinks.constants.slack + wave.first_own, wave.height);
    }
    wave.for_each_part([&](const WavePart& part) {
      expr::ConcretizeCall<T> call;
      call.tile = tile(step.from, step.node, part, wave).numbers;
      call.rows = wave.own.range(part.first, part.height);
      call.sums = sums.from(part.first);
      call.set = wave.set;
      call.gamma = wave.state.gamma_of(step.node);
      call.inflation = wave.state.inflation();
      call.result = result(wave.height).from(part.first);
      if (part.is_regional()) packed_.pack(plan_, step.node, part, call.set.bounds);
      if (wave.sinks.worst_points.data)
        call.worst = wave.sinks.worst_points.row_range(wave.first_own + part.first, part.height);
      else if (wave.trace)
        call.worst = wave.traced_points(part, call.tile.columns);
      network_->backend().concretize(call);
    });
  }

  // The dealt tile of a part of a wave.
  Tile<T, Full> tile(int slot, int node, const WavePart& part, const Wave<T, Backend>& wave) const {
    return tile_of(tiles_, plan_, slot, node, part, wave);
  }

  bool is_cut(int product, WeightCut cut) const {
    return ranks_ > 1 && network_->parameters(product).weight.cut() == cut;
  }

  // What rounding a user's rows, which come in double, to T costs a coefficient.
  static constexpr T unit_rounding_of_rows =
      std::is_same_v<T, double> ? T(0) : gamma_of_additions<T>(2);

  const Instance<T, Backend>* network_ = nullptr;
  PlanView plan_;
  int ranks_ = 1;
  index_t most_ = 0;
  Tiles<T, Backend> tiles_;
  PackedRegions<T, Backend> packed_;
  Buffer<T, Backend> sums_, product_space_;
  KeptRows<T, Backend> kept_;
};

}  // namespace shardbound::inline v0
