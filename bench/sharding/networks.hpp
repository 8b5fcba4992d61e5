// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the sharding benchmark runs: generated wide MLPs and MNIST-FC, each under every policy; and a
// backend that notes how many rows were bounded.

#include <bench/sharding/formula.hpp>
#include <bench/support/generated.hpp>
#include <bench/support/oracle.hpp>
#include <bench/support/policy.hpp>
#include <networks/mnist_fc.hpp>
#include <shardbound/io.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace shardbound_bench {

/// The CPU backend, noting the rows that each list of neurons to bound holds. Lists may be emptied: their
/// neurons then keep interval bounds.
class ListingBackend : public sb::EigenBackend {
 public:
  using EigenBackend::EigenBackend;

  std::vector<Neurons> lists;  // of one run, from the input up, outputs last
  std::vector<bool> emptied;   // for each list; none if it is shorter

  template <class F, class T>
  void list_unstable(const F& f, const sb::BoundsView<const T>& bounds,
                     const sb::expr::RowsTarget<T>& target) {
    EigenBackend::list_unstable(f, bounds, target);
    note(target);
  }
  template <class T>
  void list_all(const sb::BoundsView<const T>& bounds, const sb::expr::RowsTarget<T>& target) {
    EigenBackend::list_all(bounds, target);
    note(target);
  }

 private:
  template <class T>
  void note(const sb::expr::RowsTarget<T>& target) {
    if (lists.size() < emptied.size() && emptied[lists.size()]) *target.count = 0;
    lists.emplace_back(target.index, target.index + *target.count);
  }
};

template <class T>
using AnyNetwork = std::unique_ptr<sb::Instance<T, ListingBackend>>;

/// A network that can be made on any rank under any policy, and the box it is bounded over.
template <class T>
struct Subject {
  std::string name;
  double radius = 0;
  sb::InputSet set;
  int most_ranks = 8;  ///< with more it is not run, only counted
  bool warms_up = true;
  bool slow = false;  ///< run once
  std::function<AnyNetwork<T>(sb::AnyCommunicator, sb::Allocation, Policy)> make;
  std::function<void(sb::Instance<T, ListingBackend>&)> fill;
  /// The lists of a run whose neurons row-col keeps split, that is inside its zones.
  std::vector<bool> in_zones;
};

template <class Net, class T>
AnyNetwork<T> make_listing(sb::AnyCommunicator communicator, sb::Allocation allocation,
                           Policy policy) {
  return make_network<Net, T>(std::move(communicator),
                              std::make_unique<ListingBackend>(1, allocation), policy);
}

/// Lists follow the pre-activations; the first product's have none, as intervals of boxes are exact there.
template <class Net>
std::vector<bool> lists_in_zones() {
  const auto plan = sb::PlanOf<sb::RowCol<Net>>::view();
  std::vector<bool> found;
  for (int v = 2; v < plan.size() - 1; ++v)
    if (plan.is_pre_activation(v)) found.push_back(plan[v].split);
  return found;
}

/// Beyond 2048 neurons a layer, a run takes long even over a small box: those are run with one and two
/// ranks, and otherwise counted; `radius` 0: never run.
template <int W, int Depth, class T>
Subject<T> wide_mlp(double radius) {
  using Net = typename WideMlp<W, Depth>::type;
  Subject<T> subject;
  subject.name = wide_name(W, Depth);
  subject.radius = radius;
  subject.set = generated_box(784);
  if (radius != 0.01)  // the recipe's
    for (std::size_t i = 0; i < 784; ++i) {
      const double centre = (subject.set.box.lower[i] + subject.set.box.upper[i]) / 2;
      subject.set.box.lower[i] = centre - radius;
      subject.set.box.upper[i] = centre + radius;
    }
  subject.most_ranks = radius == 0 ? 0 : W > 2048 ? 2 : 8;
  subject.warms_up = W < 2048;
  subject.slow = W > 2048;
  subject.make = make_listing<Net, T>;
  subject.fill = [](auto& network) { generate_weights(network); };
  subject.in_zones = lists_in_zones<Net>();
  return subject;
}

/// The property's first box, as the oracles give it.
template <class Net, class T>
Subject<T> mnist_fc(const std::string& size) {
  Subject<T> subject;
  subject.name = "mnist_" + size;
  subject.radius = 0.05;
  subject.make = make_listing<Net, T>;
  subject.in_zones = lists_in_zones<Net>();
  const auto oracle = read_oracle("mnist_fc__mnist-net_" + size + "__prop_1_0.05.json.gz");
  if (oracle.is_null()) {
    subject.name += "_generated";
    subject.set = generated_box(784);
    subject.radius = 0.01;
    subject.fill = [](auto& network) { generate_weights(network); };
    return subject;
  }
  const auto& input = oracle.at("boxes").at(0).at("input");
  subject.set = sb::Box{input.at("lower"), input.at("upper")};
  const std::string file = shared("oracles/" + oracle.at("onnx").template get<std::string>());
  subject.fill = [file](auto& network) { sb::onnx::load(network, file); };
  return subject;
}

}  // namespace shardbound_bench
