// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The steps of a schedule in the other direction: points, one for each row of a wave, are pushed up from where the rows
// are least, through the lines that these went by (push_forward). A tile's slot holds the point of the node whose
// coefficients it held on the way down. Every rank works on rows of its own.

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
  const T* weight = nullptr;          // of every entry of the list in the objective
  const T* largest = nullptr;         // of their magnitudes, by domain
  std::array<T*, 2> gradients{};      // (S, U) each, of a wave
  const T* step = nullptr;            // its size, see StepCall
  std::vector<bool> chords_matter{};  // by node: whether rows bound its neurons
};

template <class T, class Backend>
class RowClimb {
 public:
  RowClimb(const Instance<T, Backend>& network, const Tiles<T, Backend>& tiles, T* product_space)
      : network_(&network), plan_(network.plan()), tiles_(&tiles), product_space_(product_space) {}

  void take(const Step& step, const Wave<T, Backend>& wave, const Ascent<T, Backend>& ascent) {
    switch (step.kind) {
      case Step::Kind::concretize: {
        if (wave.idle) return;
        const MatrixView<const T> points = wave.trace->points(wave.first_traced, wave.height);
        return network_->backend().copy_columns(
            points, tiles_->full_tile(step.from, wave.height, step.width).numbers, Write::assign);
      }
      case Step::Kind::product: return product(step, wave);
      case Step::Kind::sweep: return sweep(step, wave, ascent);
      case Step::Kind::pull: return pull(step, wave);
      case Step::Kind::copy: {
        if (wave.idle) return;
        const auto to = tiles_->full_tile(step.from, wave.height, step.from_width).numbers;
        const MatrixView<const T> from =
            tiles_->full_tile(step.to, wave.height, step.width).numbers;
        if (step.climb == Write::assign)
          network_->backend().fill(to.data, to.rows * to.leading, T(0));
        return network_->backend().copy_columns(from, to.column_range(step.column, step.width),
                                                Write::add);
      }
      default: return;
    }
  }

 private:
  // z_out (S, N_out) := z_in (S, N_in) W^T, panel by panel over W's rows
  void product(const Step& step, const Wave<T, Backend>& wave) {
    auto& backend = network_->backend();
    const auto& weight = network_->parameters(step.node).weight;
    const auto out = tiles_->full_tile(step.from, wave.height, weight.out()).numbers;
    const MatrixView<const T> in = tiles_->full_tile(step.to, wave.height, step.width).numbers;
    if (!wave.idle && out.columns != out.leading)  // the padding
      backend.fill(out.data, out.rows * out.leading, T(0));
    network_->for_each_panel(step.node, [&](const auto& panel) {
      if (!wave.idle)
        backend.product_forward(in, panel.rows, out.column_range(panel.first, panel.rows.rows),
                                product_space_);
    });
  }
  void pull(const Step& step, const Wave<T, Backend>& wave) {
    if (wave.idle) return;
    expr::MixedPushCall<T> call;
    call.node = wave.state.mixing(step.node);
    call.operand = step.operand;
    call.from = tiles_->full_tile(step.to, wave.height, step.width).numbers;       // (S, N_in)
    call.to = tiles_->full_tile(step.from, wave.height, step.from_width).numbers;  // (S, N)
    call.write = step.climb;
    call.rows = wave.own;
    call.coefficients = wave.trace->coefficients(step.node, wave.first_traced, wave.height);
    if (!call.coefficients.data) call.coefficients = call.to;  // no line to choose
    network_->backend().push_mixed(call);
  }
  void sweep(const Step& step, const Wave<T, Backend>& wave, const Ascent<T, Backend>& ascent) {
    if (wave.idle) return;
    auto& backend = network_->backend();
    const auto& code =
        network_->kernels().chains[static_cast<std::size_t>(plan_[step.node].segment.chain)];
    expr::PushCall<T> push;
    push.points = tiles_->full_tile(step.from, wave.height, step.width).numbers;
    push.rows = wave.own;
    push.coefficients = wave.trace->coefficients(step.node, wave.first_traced, wave.height);
    if (!push.coefficients.data) push.coefficients = push.points;  // no line to choose
    wave.state.fill(step.node, 0, push.data);
    const bool own = fill_own_lines(plan_, step.node, wave, push.data);
    const int activation = own ? plan_.activation_in_chain(step.node) : -1;
    if (own) {
      expr::GradientCall<T> call;
      call.coefficients = push.coefficients;
      call.points = push.points;
      call.rows = push.rows;
      std::copy(std::begin(push.data), std::end(push.data), call.data);
      call.neurons = ascent.free.neurons(activation);
      call.weight = ascent.weight + wave.first_own;
      call.largest = ascent.largest;
      call.lower = ascent.gradients[0];
      call.upper = ascent.gradients[1];
      if (ascent.chords_matter[static_cast<std::size_t>(plan_.input_of(activation))])
        call.chords = ascent.free.chords(activation);
      wave.slopes->fill(activation, call);
      code.gradients(backend, call);
    }
    (own ? code.free_push : code.push)(backend, push);
    if (own) wave.slopes->step(activation, wave.own, ascent.gradients, ascent.step);
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  const Tiles<T, Backend>* tiles_;
  T* product_space_;
};

}  // namespace shardbound::inline v0
