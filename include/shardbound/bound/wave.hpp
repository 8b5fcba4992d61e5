// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Rows that go by together: what a wave's steps, on the way down and on the way back up, have to know of it.

#include <shardbound/bound/domain_state.hpp>
#include <shardbound/bound/row_sinks.hpp>
#include <shardbound/bound/row_slopes.hpp>
#include <shardbound/bound/row_splits.hpp>
#include <shardbound/bound/trace.hpp>
#include <shardbound/network/regions.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

/// Rows [first, first + height) of a rank's, which see the same of every map.
struct WavePart {
  index_t first = 0, height = 0;
  std::span<const MapRegion> regions{};  ///< by node; none: all of every map

  bool is_regional() const { return !regions.empty(); }
  MapRegion region(int node, const MapRegion& map) const {
    return regions.empty() ? map : regions[static_cast<std::size_t>(node)];
  }
  /// What they hold of the map that a product reads: of features that are no such map to others, everything.
  MapRegion seen_by(const PlanView& plan, int product) const {
    const Geometry& geometry = plan[product].geometry;
    const int input = plan.input_of(product);
    return map_of(plan[input]).all == geometry.in_map() ? region(input, geometry.in_map())
                                                        : geometry.in_map();
  }
  /// Columns that their tiles have on a node.
  index_t columns(const PlanView& plan, int node) const {
    if (regions.empty()) return plan[node].features;
    return map_of(plan[node]).channels * regions[static_cast<std::size_t>(node)].positions();
  }
};

/// Rows that go by together, seen from one rank. All that is of own rows lies in their part of the whole.
template <class T, class Backend>
struct Wave {
  const DomainState<T, Backend>& state;
  int start;
  MatrixView<const T> matrix;     // that their indices mean; null: the identity
  const expr::SetView<T>& set;    // the domains at the stop node
  RowSinks<T> sinks{};            // of the whole list
  index_t first = 0, height = 0;  // their place in the list, and how many are dealt to each rank
  RowsView<T> all{}, own{};       // all of them, and this rank's
  index_t first_own = 0;          // where its own begin in the list
  bool idle = false;              // nothing was dealt to this rank
  std::vector<bool> panels{};  // of the start node's matrix that rows are in; none: not looked up
  const RowSlopes<T, Backend>* slopes = nullptr;  // rows' own lines, if they have any
  const RowSplits<T, Backend>* splits = nullptr;  // where rows are over parts of their domains
  const Trace<T, Backend>* trace = nullptr;       // what is kept for the way back up
  index_t first_traced = 0;                       // where this rank's rows of it begin there
  std::span<const WavePart> parts{};       // of its own rows; one of all, where none are named
  std::span<const index_t> slot_widths{};  // numbers that each slot has for a row
  std::span<const index_t> widths{};       // by node, the most columns of a part; none: all

  /// Where coefficients of a part's rows on node v are traced, and the points where they are least.
  MatrixView<T> traced(int v, const WavePart& part, index_t columns) const {
    auto view = trace->coefficients(v, first_traced, part.height, part.first, widths);
    view.columns = columns;
    return view;
  }
  MatrixView<T> traced_points(const WavePart& part, index_t columns) const {
    auto view = trace->points(first_traced, part.height, part.first, widths);
    view.columns = columns;
    return view;
  }

  /// Calls body(part) for this rank's rows, those first that see the same.
  template <class Body>
  void for_each_part(const Body& body) const {
    if (idle) return;
    if (parts.empty()) body(WavePart{0, height, {}});
    for (const WavePart& part : parts) body(part);
  }
};

/// The arguments of a panel's product through windows, tiles left out.
template <class T, class Panel>
expr::WindowCall<T> window_call(const PlanView& plan, int product, const Geometry& geometry,
                                const Panel& panel, const WavePart& part, T* workspace) {
  expr::WindowCall<T> call;
  call.geometry = geometry;
  call.below = part.seen_by(plan, product);
  call.above = part.region(product, geometry.out_map());
  call.channels = {panel.first, panel.rows.rows};
  call.weight = panel.rows;
  call.workspace = workspace;
  return call;
}
/// Those of a tile above the product, whose first channel is `first`, that a call is about.
template <class T, class U>
MatrixView<U> channels_of(const expr::WindowCall<T>& call, const MatrixView<U>& tile,
                          index_t first) {
  const index_t each = call.above.positions();
  return tile.column_range((call.channels.first - first) * each, call.channels.count * each);
}

/// Where rows of the wave have lines of their own, the sweep that starts at node v finds them in `all` as well; whether
/// they do.
template <class T, class Backend>
bool fill_own_lines(const PlanView& plan, int v, const Wave<T, Backend>& wave,
                    expr::OperationData<T>* all) {
  const int activation = wave.slopes ? plan.activation_in_chain(v) : -1;
  if (activation < 0) return false;
  int place = 0;
  for (int node = v; node != activation; node = plan.input_of(node)) ++place;
  return wave.slopes->fill(activation, all[place].lines);
}

/// Where rows of the wave are over parts of their domains, what the sweep that starts at node v, which reads `data`, does
/// with the neurons that are split; nothing if none are.
template <class T, class Backend>
std::optional<expr::SplitChainCall<T>> splits_in_chain(const Instance<T, Backend>& network, int v,
                                                       const Wave<T, Backend>& wave,
                                                       const MatrixView<T>& tile,
                                                       const RowsView<T>& rows,
                                                       const expr::OperationData<T>* data) {
  const int activation = wave.splits ? network.plan().activation_in_chain(v) : -1;
  if (activation < 0 || !wave.splits->has(activation)) return {};
  const auto pointwise = wave.state.pointwise_call(activation);
  expr::SplitChainCall<T> call;
  call.of = wave.splits->call(activation, tile, rows);
  std::copy(data, data + expr::longest_chain, std::begin(call.data));
  call.in = pointwise.in;
  call.meets = pointwise.meets;
  call.gamma = pointwise.gamma;
  return call;
}

}  // namespace shardbound::inline v0
