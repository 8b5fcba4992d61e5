// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows on their way down (CROWN's backward pass, 1811.00866; auto_LiRPA, 2002.12920): a list of rows is
// cut into waves, and each wave is pulled through the plan step by step - one sweep and one product a
// segment - and concretized. No tile is larger than a wave. Which rows share a wave never shows in a
// result.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/core/context.hpp>
#include <shardbound/network/schedule.hpp>

#include <map>
#include <tuple>

namespace shardbound::inline v0 {

/// Rows, in the backend's memory: a list, and the matrix their indices mean (null: the identity).
template <class T>
struct RowList {
  RowsView<T> rows;
  MatrixView<const T> matrix;
};

template <class T, class Backend>
class RowPass {
 public:
  /// A pass that may be asked for: from `start` to `stop`, at most `rows` rows.
  struct Route {
    int start = 0, stop = 0;
    bool from_matrix = false;
    index_t most_rows = 0;
  };

  /// Tile memory for waves of `wave` rows, or, if 0, of as many rows as `budget` bytes allow.
  RowPass(const Instance<T, Backend>& network, std::span<const Route> routes, index_t wave,
          std::size_t budget)
      : network_(&network), plan_(network.plan()) {
    std::vector<index_t> widths;
    index_t most_rows = 0;
    for (const Route& route : routes) {
      const Schedule schedule(plan_, route.start, route.stop, route.from_matrix);
      const auto& slots = schedule.slots();
      widths.resize(std::max(widths.size(), slots.size()));
      for (std::size_t s = 0; s < slots.size(); ++s) widths[s] = std::max(widths[s], slots[s]);
      schedules_.try_emplace(key(route.start, route.stop, route.from_matrix), schedule);
      most_rows = std::max(most_rows, route.most_rows);
    }
    index_t bytes_per_row = 0;
    for (index_t& width : widths)
      bytes_per_row += (width = padded(width)) * static_cast<index_t>(sizeof(T));
    const index_t affordable = static_cast<index_t>(budget) / std::max<index_t>(bytes_per_row, 1);
    wave_ = padded_rows(wave > 0 ? wave : std::max(least_rows, affordable / row_group * row_group));
    wave_ = std::min(wave_, padded_rows(most_rows));
    auto& backend = network.backend();
    for (index_t width : widths)
      tiles_.emplace_back(backend, wave_ * width, Category::coefficients);
    sums_ = {backend, 6 * wave_, Category::workspace};
  }

  index_t wave_height() const { return wave_; }

  /// Bounds every row of the list from below. After each wave calls done(rows of the wave, result);
  /// with `worst`, a matrix of as many rows as the list (padded), also writes the points where the
  /// least values are taken. Looks at the context's token between steps. `set` names the domains at the
  /// stop node.
  template <class Ctx, class Done>
  void run(const Ctx& context, const DomainState<T, Backend>& state, const RowList<T>& list,
           int start, int stop, const expr::SetView<T>& set, MatrixView<T> worst,
           const Done& done) {
    const bool from_matrix =
        !list.matrix.data && plan_[start].kind == NodeKind::product && start > stop;
    const Schedule& schedule = schedules_.at(key(start, stop, from_matrix));
    for (index_t first = 0; first < list.rows.count; first += wave_) {
      const index_t count = std::min(wave_, padded_rows(list.rows.count - first));
      const auto rows = list.rows.range(first, count);
      const auto part = worst.data ? worst.row_range(first, count) : worst;
      for (const Step& step : schedule.steps()) {
        context.check();
        take(step, start, state, rows, list.matrix, set, part);
      }
      done(rows, result());
    }
  }

 private:
  using Key = std::tuple<int, int, bool>;
  static Key key(int start, int stop, bool from_matrix) { return {start, stop, from_matrix}; }

  MatrixView<T> tile(int slot, index_t rows, index_t columns) const {
    return {tiles_[static_cast<std::size_t>(slot)].data(), rows, columns, padded(columns)};
  }
  expr::RowConstants<T> sums() const {
    T* data = sums_.data();
    return {{data, data + wave_}, {data + 2 * wave_, data + 3 * wave_}};
  }
  expr::RowSums<T> result() const { return {sums_.data() + 4 * wave_, sums_.data() + 5 * wave_}; }

  void take(const Step& step, int start, const DomainState<T, Backend>& state,
            const RowsView<T>& rows, const MatrixView<const T>& matrix, const expr::SetView<T>& set,
            MatrixView<T> worst) {
    auto& backend = network_->backend();
    const index_t height = rows.count;
    switch (step.kind) {
      case Step::Kind::select: {
        expr::SelectCall<T> call;
        call.rows = rows;
        call.tile = tile(step.to, height, step.width);
        call.sums = sums().whole;
        if (step.node < 0) {
          call.matrix = matrix;
          call.bounds = state.bounds(start);
          call.gamma = state.gamma_of(start);
          backend.select(call);
          return;
        }
        const auto& own = network_->parameters(step.node);
        call.bias = own.bias.data();
        call.slack = state.product_slack(step.node);
        call.slack_leading = padded(plan_[step.node].features);
        for (index_t p = 0; p < own.weight.panels(); ++p) {
          const auto panel = own.weight.panel(p);
          call.matrix = panel.rows;
          call.first = panel.first;
          backend.select(call);
        }
        return;
      }
      case Step::Kind::sweep: {
        expr::SweepCall<T> call;
        call.tile = tile(step.from, height, step.width);
        call.rows = rows;
        call.sums = sums().whole;
        state.fill(step.node, call);
        network_->kernels().sweeps[static_cast<std::size_t>(plan_[step.node].chain)](backend, call);
        return;
      }
      case Step::Kind::product: {
        // A_in[*] := A_out W, panel by panel over W's rows in their order
        const auto& weight = network_->parameters(step.node).weight;
        const auto a = tile(step.from, height, weight.out());
        for (index_t p = 0; p < weight.panels(); ++p) {
          const auto panel = weight.panel(p);
          backend.product(MatrixView<const T>(a.column_range(panel.first, panel.rows.rows)),
                          panel.rows, tile(step.to, height, step.width), step.accumulate || p > 0);
        }
        return;
      }
      case Step::Kind::copy: {
        const auto from = tile(step.from, height, step.from_width);
        backend.copy_columns(MatrixView<const T>(from.column_range(step.column, step.width)),
                             tile(step.to, height, step.width), step.accumulate);
        return;
      }
      case Step::Kind::concretize: {
        expr::ConcretizeCall<T> call;
        call.tile = tile(step.from, height, step.width);
        call.rows = rows;
        call.sums = sums().whole;
        call.set = set;
        call.gamma = state.gamma_of(step.node);
        call.result = result();
        call.worst = worst;
        backend.concretize(call);
        return;
      }
    }
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  std::map<Key, Schedule> schedules_;
  index_t wave_ = 0;
  std::vector<Buffer<T, Backend>> tiles_;
  Buffer<T, Backend> sums_;
};

}  // namespace shardbound::inline v0
