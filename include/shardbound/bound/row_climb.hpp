// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The steps of a schedule in the other direction: points, one for each row of a wave, are pushed up from where the rows
// are least, through the lines that these went by (push_forward). A tile's slot holds the point of the node whose
// coefficients it held on the way down. Every rank works on rows of its own.

#include <shardbound/bound/packed_regions.hpp>
#include <shardbound/bound/tiles.hpp>
#include <shardbound/bound/wave.hpp>
#include <shardbound/network/schedule.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <vector>

namespace shardbound::inline v0 {

/// What is done with rows on their way back up, besides moving their points: parameters make a step by their gradients,
/// and what rows gain from chords is added up.
template <class T, class Backend>
struct Ascent {
  const FreeActivations<T, Backend>& free;
  const T* weight = nullptr;           // of every entry of the list in the objective
  const T* largest = nullptr;          // of their magnitudes, by domain
  std::array<T*, 2> gradients{};       // (S, U) each, of a wave
  const T* step = nullptr;             // its size, see StepCall
  const T* multiplier_step = nullptr;  // of multipliers, where rows have splits
  std::vector<bool> chords_matter{};   // by node: whether rows bound its neurons
};

template <class T, class Backend>
class RowClimb {
 public:
  RowClimb(const Instance<T, Backend>& network, const Tiles<T, Backend>& tiles,
           const PackedRegions<T, Backend>& packed, T* product_space)
      : network_(&network),
        plan_(network.plan()),
        tiles_(&tiles),
        packed_(&packed),
        product_space_(product_space) {}

  void take(const Step& step, const Wave<T, Backend>& wave, const Ascent<T, Backend>& ascent) {
    switch (step.kind) {
      case Step::Kind::concretize: {
        return wave.for_each_part([&](const WavePart& part) {
          const auto to = tile(step.from, step.node, part, wave);
          network_->backend().copy_columns(
              MatrixView<const T>(wave.traced_points(part, to.columns)), to, Write::assign);
        });
      }
      case Step::Kind::product: return product(step, wave);
      case Step::Kind::sweep: return sweep(step, wave, ascent);
      case Step::Kind::pull: return pull(step, wave);
      case Step::Kind::copy: {
        return wave.for_each_part([&](const WavePart& part) { copy(step, part, wave); });
      }
      default: return;
    }
  }

 private:
  MatrixView<T> tile(int slot, int node, const WavePart& part, const Wave<T, Backend>& wave) const {
    return tile_of(*tiles_, plan_, slot, node, part, wave).numbers;
  }
  void copy(const Step& step, const WavePart& part, const Wave<T, Backend>& wave) {
    auto& backend = network_->backend();
    const auto top = tile(step.from, step.above, part, wave);
    const auto below = tile(step.to, step.node, part, wave);
    if (step.climb == Write::assign) backend.fill(top.data, top.rows * top.leading, T(0));
    const auto down = region_copy<T>(plan_, step, part, top, below);
    const MatrixView<T> to{top.data + (down.from.data - top.data), down.from.rows,
                           down.from.columns, down.from.leading};
    if (part.is_regional())
      backend.copy_region(
          expr::RegionCall<T>{down.channels, down.target, down.source, below, to, Write::add});
    else
      backend.copy_columns(MatrixView<const T>(below), to, Write::add);
  }
  // z_out (S, N_out) := z_in (S, N_in) W^T, panel by panel over W's rows
  void product(const Step& step, const Wave<T, Backend>& wave) {
    auto& backend = network_->backend();
    const auto& weight = network_->parameters(step.node).weight;
    const int below = plan_.input_of(step.node);
    wave.for_each_part([&](const WavePart& part) {
      const auto out = tile(step.from, step.node, part, wave);
      if (out.columns != out.leading)  // the padding
        backend.fill(out.data, out.rows * out.leading, T(0));
    });
    network_->for_each_panel(step.node, [&](const auto& panel) {
      wave.for_each_part([&](const WavePart& part) {
        const auto out = tile(step.from, step.node, part, wave);
        const MatrixView<const T> in = tile(step.to, below, part, wave);
        if (weight.geometry().is_dense()) {
          backend.product_forward(in, panel.rows, out.column_range(panel.first, panel.rows.rows),
                                  product_space_);
          return;
        }
        auto call =
            window_call<T>(plan_, step.node, weight.geometry(), panel, part, product_space_);
        call.from = in;
        call.to = channels_of(call, out, 0);
        backend.windows_forward(call);
      });
    });
  }
  void pull(const Step& step, const Wave<T, Backend>& wave) {
    const int below = plan_.inputs_of(step.node)[static_cast<std::size_t>(step.operand)];
    wave.for_each_part([&](const WavePart& part) {
      expr::MixedPushCall<T> call;
      call.node = wave.state.mixing(step.node);
      call.operand = step.operand;
      call.from = tile(step.to, below, part, wave);      // (S, N_in)
      call.to = tile(step.from, step.node, part, wave);  // (S, N)
      call.write = step.climb;
      call.rows = wave.own.range(part.first, part.height);
      call.coefficients = wave.traced(step.node, part, call.to.columns);
      if (!call.coefficients.data) call.coefficients = call.to;  // no line to choose
      network_->backend().push_mixed(call);
    });
  }
  void sweep(const Step& step, const Wave<T, Backend>& wave, const Ascent<T, Backend>& ascent) {
    wave.for_each_part([&](const WavePart& part) { sweep(step, part, wave, ascent); });
  }
  void sweep(const Step& step, const WavePart& part, const Wave<T, Backend>& wave,
             const Ascent<T, Backend>& ascent) {
    auto& backend = network_->backend();
    const auto& code =
        network_->kernels().chains[static_cast<std::size_t>(plan_[step.node].segment.chain)];
    expr::PushCall<T> push;
    push.points = tile(step.from, step.node, part, wave);
    push.rows = wave.own.range(part.first, part.height);
    push.coefficients = wave.traced(step.node, part, push.points.columns);
    if (!push.coefficients.data) push.coefficients = push.points;  // no line to choose
    wave.state.fill(step.node, 0, push.data);
    const bool own = fill_own_lines(plan_, step.node, wave, push.data);
    if (part.is_regional()) packed_->pack(plan_, step.node, part, wave.state.domains(), push.data);
    const int activation = own || wave.splits ? plan_.activation_in_chain(step.node) : -1;
    if (own) {
      expr::GradientCall<T> call;
      call.coefficients = push.coefficients;
      call.points = push.points;
      call.rows = push.rows;
      std::copy(std::begin(push.data), std::end(push.data), call.data);
      call.neurons = ascent.free.neurons(activation);
      call.map = map_of(plan_[step.node]).all;
      call.region = part.region(step.node, call.map);
      call.weight = ascent.weight + wave.first_own + part.first;
      call.largest = ascent.largest;
      call.lower = ascent.gradients[0];
      call.upper = ascent.gradients[1];
      if (ascent.chords_matter[static_cast<std::size_t>(plan_.input_of(activation))])
        call.chords = ascent.free.chords(activation);
      wave.slopes->fill(activation, call);
      code.gradients(backend, call);
    }
    auto splits = splits_in_chain(*network_, step.node, wave, push.points, push.rows, push.data);
    if (splits) {
      splits->weight = ascent.weight + wave.first_own + part.first;
      wave.splits->fill(activation, *splits);
      backend.take_splits(splits->of);
      code.push_splits(backend, *splits);
    }
    (own ? code.free_push : code.push)(backend, push);
    if (splits) {
      backend.return_splits(splits->of);
      wave.splits->step(activation, push.rows, ascent.multiplier_step, ascent.step);
    }
    if (own) wave.slopes->step(activation, push.rows, ascent.gradients, ascent.step);
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  const Tiles<T, Backend>* tiles_;
  const PackedRegions<T, Backend>* packed_;
  T* product_space_;
};

}  // namespace shardbound::inline v0
