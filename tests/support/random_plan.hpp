// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Plans of random shapes in which every kind of node may follow every other, and networks of them: dense layers and
// activations, branches, and all that mixes features.

#include <shardbound/layer/activation.hpp>
#include <shardbound/network/planned_network.hpp>
#include <tests/support/random_network.hpp>

#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_test {

/// One of each kind: with lines through the origin, of curves both ways, fixed, and of what jumps; those behind the first
/// two stand alone or are fused, and a root is not defined everywhere.
using PlanFunctions =
    sb::Functions<sb::relax::ReLU, sb::relax::Tanh, sb::relax::Softplus, sb::relax::Exp,
                  sb::relax::Sqrt, sb::relax::Gelu, sb::relax::Sign>;
template <class F>
inline constexpr int number_in_plans = sb::detail::number_of<F>(PlanFunctions{});

template <class T, class Backend = sb::EigenBackend>
using MixedNetwork = sb::PlannedNetwork<T, Backend, PlanFunctions>;

/// A plan written node by node.
class PlanWriter {
 public:
  static constexpr std::size_t most = 64;

  explicit PlanWriter(sb::index_t inputs) : plan_(most, 3 * most) {
    plan_.begin(sb::Shape{inputs});
  }
  int add(sb::NodeKind kind, sb::index_t features, const std::vector<int>& from,
          sb::Node node = {}) {
    node.kind = kind;
    node.shape = sb::Shape{features};
    return plan_.push(node, from);
  }
  int linear(sb::index_t features, int from, sb::WeightCut cut = sb::WeightCut::whole) {
    sb::Node node;
    node.cut = cut;
    return add(sb::NodeKind::product, features, {from}, node);
  }
  int activation(int operation, int from) {
    return add(sb::NodeKind::pointwise, features(from), {from},
               sb::activation_node(PlanFunctions{}, operation));
  }
  int relu(int from) { return activation(0, from); }
  int gather(sb::index_t features, int from, sb::index_t repeats = 1) {
    sb::Node node;
    node.repeats = repeats;
    return add(sb::NodeKind::gather, features, {from}, node);
  }
  /// A sum, maximum or softmax.
  int runs(sb::NodeKind kind, sb::index_t run, int from) {
    sb::Node node;
    node.run = run;
    return add(kind, kind == sb::NodeKind::softmax ? features(from) : features(from) / run, {from},
               node);
  }
  int multiply(int a, int b) { return add(sb::NodeKind::multiply, features(a), {a, b}); }
  int sum_of(int a, int b) { return add(sb::NodeKind::add, features(a), {a, b}); }
  int concat(int a, int b) { return add(sb::NodeKind::concat, features(a) + features(b), {a, b}); }
  sb::index_t features(int node) const {
    return plan_.nodes[static_cast<std::size_t>(node)].features;
  }
  int size() const { return plan_.node_count; }

  /// What was written, to the last node that was added, which is the output.
  sb::RuntimePlan written() const {
    sb::RuntimePlan made(static_cast<std::size_t>(plan_.node_count), 3 * most);
    made.begin(plan_.nodes[0].shape);
    const auto view = plan_.view();
    for (int v = 1; v < view.size(); ++v) {
      sb::Node node = view[v];
      node.consumers = 0;
      made.push(node, view.inputs_of(v));
    }
    made.fold();
    return made;
  }

 private:
  sb::RuntimePlan plan_;
};

/// A network of a plan, over some backend.
template <class T, class Backend = sb::EigenBackend>
std::unique_ptr<MixedNetwork<T, Backend>> network_of(const sb::RuntimePlan& plan,
                                                     sb::AnyCommunicator communicator = {},
                                                     int threads = 1) {
  return std::make_unique<MixedNetwork<T, Backend>>(plan, std::move(communicator),
                                                    std::make_unique<Backend>(threads));
}

/// A random plan from `inputs` features; all nodes that nobody reads are joined at the end. Weights are cut at random
/// among `cuts`.
inline sb::RuntimePlan random_plan(unsigned seed, sb::index_t inputs = 4,
                                   const std::vector<sb::WeightCut>& cuts = {
                                       sb::WeightCut::whole}) {
  std::mt19937 random(seed);
  const auto below = [&](auto count) {
    return static_cast<sb::index_t>(random() % static_cast<unsigned>(count));
  };
  PlanWriter plan(inputs);
  std::vector<bool> read(PlanWriter::most);
  std::vector<int> all = {0};
  const auto any = [&] { return all[static_cast<std::size_t>(below(all.size()))]; };
  const auto use = [&](int v) {
    read[static_cast<std::size_t>(v)] = true;
    return v;
  };
  const auto linear = [&](sb::index_t features, int from) {
    return plan.linear(features, use(from), cuts[static_cast<std::size_t>(below(cuts.size()))]);
  };
  const auto gathered = [&](sb::index_t features, int from) {
    return plan.gather(features, use(from), 1 + below(3));
  };
  // What grows fast reads what a tanh leaves; a root what is left by a softplus, in most draws.
  const auto activated = [&](int from) {
    const auto features = 1 + below(9);
    const auto apply = [&](int operation, int to) {
      return plan.activation(operation, linear(features, to));
    };
    const int operation = static_cast<int>(below(PlanFunctions::size));
    if (operation == number_in_plans<sb::relax::Exp>)
      return apply(operation, apply(number_in_plans<sb::relax::Tanh>, from));
    if (operation == number_in_plans<sb::relax::Sqrt> && below(8) > 0)
      return apply(operation, apply(number_in_plans<sb::relax::Softplus>, from));
    return apply(operation, from);
  };
  const auto layers = 4 + below(8);
  for (sb::index_t layer = 0; layer < layers; ++layer) {
    const int from = any();
    int made = from;
    switch (below(9)) {
      case 0: made = linear(1 + below(9), from); break;
      case 1: made = activated(from); break;
      case 2: made = gathered(1 + below(10), from); break;
      case 3: {
        const auto run = 1 + below(4);
        made = plan.runs(sb::NodeKind::sum, run, use(gathered(run * (1 + below(4)), from)));
        break;
      }
      case 4: {
        const auto run = 1 + below(4);
        made = plan.runs(sb::NodeKind::maximum, run, use(gathered(run * (1 + below(4)), from)));
        break;
      }
      case 5: {
        const auto run = 1 + below(5);
        const auto features = run * (1 + below(2));
        made = plan.runs(sb::NodeKind::softmax, run, use(linear(features, from)));
        break;
      }
      case 6: made = plan.multiply(use(from), use(linear(plan.features(from), any()))); break;
      case 7: made = plan.multiply(use(from), use(from)); break;
      default: {
        const int other = any();
        if (other == from || plan.features(from) + plan.features(other) > 16) continue;
        made = plan.features(from) == plan.features(other) ? plan.sum_of(use(from), use(other))
                                                           : plan.concat(use(from), use(other));
      }
    }
    if (made != from) all.push_back(made);
  }
  for (const int v : std::vector<int>(all)) {
    if (read[static_cast<std::size_t>(v)] || v == all.back()) continue;
    all.push_back(plan.concat(use(v), use(all.back())));
    if (plan.features(all.back()) > 16) all.push_back(linear(3, all.back()));
  }
  if (all.back() == 0 || plan.features(all.back()) > 4) linear(3, all.back());
  return plan.written();
}

}  // namespace shardbound_test
