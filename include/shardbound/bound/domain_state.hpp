// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What is known of the neurons: for every node and each of D domains an interval, and for every
// activation the lines drawn over it. Methods fill this in from the input up; rows read it on their way
// down. Loops over neurons are the backend's. All of it is complete on every rank.
//
// Who pays for which rounding. Every coefficient that leaves a node is charged, in the slack of its row, for
// what is done with it until it has arrived at the next node, per unit of its size and of what that node's
// features can be:
//
//   through a product      sums over its outputs (fan_out terms; more over ranks and runs), and additions of
//                          what arrives below from others (meets: as many as a product there has terms)
//   through an activation  evaluating its line, and the same additions
//   through a scale        likewise
//   through a node that    the additions of what arrives below from others, and from the node itself: a gather reads a
//   mixes features         feature up to `repeats` times; evaluating its lines, if it has any (expr/mixed.hpp)
//   out of a sum or a      copies are exact: the additions alone (copies_meet, Step::Kind::charge)
//   concatenation
//
// and every term that goes into the row's constant for the sum it is part of - over a node's features - and for
// being added to the constant once a step. A row's own sums of slack are made up for by one factor
// (`inflation`). A start row is exact, but for a user's that was rounded to T.

#include <shardbound/bound/host_rows.hpp>
#include <shardbound/bound/shared_product.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/mixed_calls.hpp>
#include <shardbound/spec/input_set.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

template <class T, class Backend>
class DomainState {
 public:
  DomainState(const Instance<T, Backend>& network, index_t capacity)
      : network_(&network), plan_(network.plan()), capacity_(capacity) {
    auto& backend = network.backend();
    index_t affine = 0;
    for (int v = 0; v < plan_.size(); ++v) {
      const index_t numbers = capacity * padded(plan_[v].features);
      if (plan_[v].kind == NodeKind::product)
        affine = std::max(affine, backend.template affine_workspace<T>(
                                      network.parameters(v).weight.geometry(), capacity));
      Neurons own;
      // Padding stays zero: nobody writes it after this.
      own.bounds = Numbers::zeros(backend, 3 * numbers, Category::workspace);
      if (plan_.is_activation(v))
        own.lines = Numbers::zeros(backend, 4 * numbers, Category::workspace);
      if (mixes_by_lines(plan_[v].kind))
        own.lines = Numbers::zeros(backend, 2 * planes_of_side(v) * numbers, Category::workspace);
      if (plan_[v].kind == NodeKind::maximum)
        own.choice = Buffer<std::int32_t, Backend>::zeros(backend, numbers, Category::workspace);
      if (plan_[v].segment.chain >= 0 || plan_.copies_meet(v) || mixes_features(plan_[v].kind))
        own.slack = Numbers::zeros(backend, 2 * numbers, Category::workspace);
      neurons_.push_back(std::move(own));
    }
    affine_space_ = {backend, affine, Category::workspace};
    products_ = {network, capacity};
    radius_ = {backend, capacity, Category::workspace};
  }

  index_t capacity() const { return capacity_; }
  index_t domains() const { return domains_; }

  /// Makes `sets` the domains. One norm for all of them; boxes are rounded outwards to T.
  void set_domains(std::span<const InputSet> sets) {
    domains_ = static_cast<index_t>(sets.size());
    norm_ = sets.empty() ? expr::Norm::infinity : sets[0].norm;
    const index_t leading = padded(plan_[0].features);
    check_sets(sets, plan_[0].features);
    std::vector<T> lower, upper, radius;
    for (std::size_t d = 0; d < sets.size(); ++d) {
      append_padded(lower, sets[d].box.lower, round_down<T>);
      append_padded(upper, sets[d].box.upper, round_up<T>);
      radius.push_back(round_up<T>(sets[d].radius));
    }
    auto& backend = network_->backend();
    const auto input = bounds(0);
    backend.upload(input.lower, lower.data(), domains_ * leading);
    backend.upload(input.upper, upper.data(), domains_ * leading);
    backend.fill(input.slack, domains_ * leading, T(0));
    backend.upload(radius_.data(), radius.data(), domains_);
  }

  BoundsView<T> bounds(int node) const {
    const index_t leading = padded(plan_[node].features), numbers = capacity_ * leading;
    T* data = neurons(node).bounds.data();
    return {data, data + numbers, data + 2 * numbers, domains_, plan_[node].features, leading};
  }
  /// The set that a node's vector ranges over; the input's may be a ball.
  expr::SetView<T> set(int node) const {
    return {bounds(node), node == 0 ? norm_ : expr::Norm::infinity, radius_.data()};
  }

  /// Interval bounds of a node from those of its inputs (1810.12715). At points, where lower == upper,
  /// this is the forward pass.
  void interval(int v) { forward(v, Forward::intervals); }
  /// The forward pass: values at the lower bounds.
  void values(int v) { forward(v, Forward::points); }

  /// The lines of node v over its inputs' bounds.
  void lines(int v) {
    if (mixes_features(plan_[v].kind)) return network_->backend().mixed_lines(mixed_call(v));
    kernel(v).lines(network_->backend(), network_->parameters(v).state, pointwise_call(v));
  }

  /// The arguments of pointwise work on node v.
  expr::PointwiseCall<T> pointwise_call(int v) const {
    expr::PointwiseCall<T> call;
    call.in = bounds(plan_.input_of(v));
    call.out = bounds(v);
    call.scale = network_->parameters(v).scale.data();
    call.shift = network_->parameters(v).shift.data();
    call.scale_error = network_->parameters(v).scale_error.data();
    call.shift_error = network_->parameters(v).shift_error.data();
    if (plan_.is_activation(v)) {
      const auto planes = line_planes(v);
      call.lower_slope = planes[0];
      call.lower_intercept = planes[1];
      call.upper_slope = planes[2];
      call.upper_intercept = planes[3];
    }
    call.lower_slack = neurons(v).slack.data();
    call.upper_slack = call.lower_slack + capacity_ * padded(plan_[v].features);
    call.gamma = gamma_of(v);
    call.meets = meets(plan_.input_of(v), v);
    return call;
  }

  /// What node v, which mixes features, does, with its numbers and lines.
  expr::Mixing<T> mixing(int v) const {
    const Node& node = plan_[v];
    const index_t leading = padded(node.features), numbers = capacity_ * leading;
    const Neurons& own = neurons(v);
    expr::Mixing<T> mixing;
    mixing.kind = node.kind;
    mixing.run = node.run;
    mixing.leading = leading;
    // A maximum looks through the gather below it.
    const int input = plan_.input_of(v);
    const int gather = node.kind == NodeKind::gather ? v : input;
    if (plan_[gather].kind == NodeKind::gather) {
      const auto& table = network_->parameters(gather);
      mixing.indices = table.indices.data();
      mixing.first_reader = table.first_reader.data();
      mixing.readers = table.readers.data();
      mixing.fill = table.fill.data();
      mixing.fill_error = table.fill_error.data();
    }
    const auto side = [&](index_t first) {
      expr::MixedSide<T> planes;
      planes.slack = own.slack.data() + first * numbers;
      if (!mixes_by_lines(node.kind)) return planes;
      T* const data = own.lines.data() + first * planes_of_side(v) * numbers;
      planes.slope = data;
      planes.intercept = data + numbers;
      if (node.kind != NodeKind::maximum) planes.other = data + 2 * numbers;
      return planes;
    };
    mixing.lower = side(0);
    mixing.upper = side(1);
    if (node.kind == NodeKind::maximum) {
      mixing.lower.slope = mixing.lower.intercept = nullptr;  // 1 and 0
      mixing.choice = own.choice.data();
    }
    return mixing;
  }

  /// What operations read in a sweep that starts at node v, for rows of a tile whose first column is feature
  /// `column`; `all` from the top operation down.
  void fill(int v, index_t column, expr::OperationData<T>* all) const {
    const ChainCode& code = plan_.chain_of(v);
    int node = v;
    for (int i = 0; i < code.length; ++i, node = plan_.input_of(node)) {
      auto& data = all[i];
      const auto& own = network_->parameters(node);
      const index_t leading = padded(plan_[node].features);
      data.slack = neurons(node).slack.data() + column;
      data.slack_leading = leading;
      if (code.operations[i] == operation::biased) {
        data.shift = own.bias.data() + column;
      } else if (code.operations[i] == operation::scaled) {
        data.scale = own.scale.data() + column;
        data.shift = own.shift.data() + column;
      } else {
        const auto planes = line_planes(node);
        const auto of_domain = [&](const T* plane) {
          return expr::Strided<T>{plane + column, leading, 0};
        };
        data.lines = {of_domain(planes[0]),
                      of_domain(planes[1]),
                      of_domain(planes[2]),
                      of_domain(planes[3]),
                      {data.slack, leading, 0},
                      {data.slack + capacity_ * leading, leading, 0},
                      {},
                      {}};
      }
    }
  }

  /// The same for what a sum or a concatenation costs rows that are copied to its inputs.
  void fill_charge(int v, index_t column, expr::SweepCall<T>& call) const {
    call.data[0].slack = neurons(v).slack.data() + column;
    call.data[0].slack_leading = padded(plan_[v].features);
  }

  /// Bytes that each rank receives when the interval of node v is found, over as many domains as there is
  /// room for.
  std::uint64_t bytes_received(int v) const {
    return plan_[v].kind == NodeKind::product ? products_.bytes_received(v) : 0;
  }

  /// gamma for a row's sums over the features of a node, and for being added to its constant: at most twice
  /// a node.
  T gamma_of(int node) const { return gamma<T>(plan_[node].features + additions()); }
  /// gamma for what a row's constant begins with.
  T gamma_of_constants() const { return gamma_of_additions<T>(additions() + 1); }
  /// For the slack that a row has gathered: a node's is a sum over one layer, a row's is one of those over
  /// another.
  T inflation() const {
    index_t widest = 0;
    for (const Node& node : plan_.nodes) widest = std::max(widest, node.features);
    return shardbound::inflation<T>(2 * widest + additions());
  }

 private:
  // Of a row's constant - two a node, where neurons are split - and of sums over ranks and runs.
  index_t additions() const { return 2 * plan_.size() + network_->layout().additions(); }
  // Of adding what arrives at a node from others to what arrives from `reader`, some of it by products.
  T meets(int node, int reader, index_t within = 0) const {
    return gamma_of_additions<T>(plan_.meets(node, reader) + within,
                                 network_->backend().template product_roundoff<T>());
  }

  using Numbers = Buffer<T, Backend>;
  struct Neurons {
    Numbers bounds, lines, slack;
    Buffer<std::int32_t, Backend> choice;
  };
  const Neurons& neurons(int node) const { return neurons_[static_cast<std::size_t>(node)]; }
  const FunctionKernels<T, Backend>& kernel(int v) const {
    return network_->kernels().functions[static_cast<std::size_t>(plan_[v].operation)];
  }
  std::array<T*, 4> line_planes(int node) const {
    const index_t numbers = capacity_ * padded(plan_[node].features);
    T* data = neurons(node).lines.data();
    return {data, data + numbers, data + 2 * numbers, data + 3 * numbers};
  }
  // Slopes and intercepts, and, unless lines are of one feature, what goes to the others.
  index_t planes_of_side(int v) const { return plan_[v].kind == NodeKind::maximum ? 2 : 3; }
  expr::MixedCall<T> mixed_call(int v) const {
    const auto inputs = plan_.inputs_of(v);
    expr::MixedCall<T> call;
    call.node = mixing(v);
    call.in = bounds(inputs.front());
    call.out = bounds(v);
    call.gamma = gamma_of(v);
    call.run_gamma = gamma<T>(plan_[v].run);
    call.meets = meets(inputs.front(), v, additions_within(v));
    call.other = bounds(inputs.back());
    call.other_meets = meets(inputs.back(), v);
    return call;
  }
  // Of adding up what a node that mixes features sends to one of its input's.
  index_t additions_within(int v) const {
    const Node& node = plan_[v];
    if (node.kind == NodeKind::softmax) return node.run + 8;
    return node.kind == NodeKind::gather ? node.repeats - 1 : 0;
  }
  void forward(int v, Forward what) {
    const bool points = what == Forward::points;
    const Node& node = plan_[v];
    switch (node.kind) {
      case NodeKind::input: return;
      case NodeKind::product: return affine(v, what);
      case NodeKind::pointwise: {
        auto& backend = network_->backend();
        const auto& state = network_->parameters(v).state;
        if (!plan_.is_activation(v))
          return points ? backend.scaled_values(pointwise_call(v))
                        : backend.scaled_interval(pointwise_call(v));
        return (points ? kernel(v).values : kernel(v).interval)(backend, state, pointwise_call(v));
      }
      case NodeKind::add:
      case NodeKind::concat: return branches(v, what);
      case NodeKind::gather:
      case NodeKind::sum:
      case NodeKind::maximum:
      case NodeKind::softmax:
      case NodeKind::multiply:
        return points ? network_->backend().mixed_values(mixed_call(v))
                      : network_->backend().mixed_interval(mixed_call(v));
    }
  }
  void affine(int v, Forward what) {
    const auto& own = network_->parameters(v);
    const int from = plan_.input_of(v);
    expr::AffineCall<T> call;
    call.bias = own.bias.data();               // (N_out)
    call.in = set(from);                       // (D, N_in)
    call.out = bounds(v);                      // (D, N_out)
    call.row_slack = neurons(v).slack.data();  // (D, N_out)
    call.gamma = gamma<T>(plan_.fan_in(v) + network_->layout().additions());
    call.row_gamma = gamma<T>(plan_.fan_out(v) + plan_.meets(from, v) + additions(),
                              network_->backend().template product_roundoff<T>());
    call.inflation = inflation();
    call.workspace = affine_space_.data();
    products_.run(v, call, what);
  }
  void branches(int v, Forward what) {
    auto& backend = network_->backend();
    expr::BranchCall<T> call;
    call.out = bounds(v);
    T* const row_slack = neurons(v).slack.data();  // null unless copies of rows meet
    for (int from : plan_.inputs_of(v)) {
      call.in = bounds(from);
      call.row_slack = row_slack;
      call.meets = meets(from, v);
      if (plan_[v].kind == NodeKind::concat) {
        backend.place_bounds(call);
        call.column += plan_[from].features;
        continue;
      }
      what == Forward::points ? backend.add_values(call) : backend.add_bounds(call);
      call.write = Write::add;
    }
  }

  const Instance<T, Backend>* network_;
  PlanView plan_;
  index_t capacity_, domains_ = 0;
  expr::Norm norm_ = expr::Norm::infinity;
  std::vector<Neurons> neurons_;
  Buffer<T, Backend> affine_space_, radius_;
  SharedProduct<T, Backend> products_;
};

}  // namespace shardbound::inline v0
