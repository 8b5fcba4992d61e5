// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the sharding benchmark runs: generated wide MLPs, filled a few rows at a time so that no rank
// ever holds a matrix that it does not keep, and MNIST-FC; each under every policy; and a backend that notes how
// many rows were bounded.

#include <bench/support/generated.hpp>
#include <bench/support/oracle.hpp>
#include <networks/mnist_fc.hpp>
#include <shardbound/io.hpp>
#include <shardbound/network/row_col.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace shardbound_bench {

enum class Policy { replicated, fully_sharded, row_col };
inline constexpr std::array policies = {Policy::replicated, Policy::fully_sharded, Policy::row_col};
inline const char* name_of(Policy policy) {
  constexpr const char* names[] = {"replicated", "fully-sharded", "row-col"};
  return names[static_cast<int>(policy)];
}

/// The CPU backend, noting how many rows each list of neurons to bound holds. Lists may be emptied:
/// their neurons then keep interval bounds.
class ListingBackend : public sb::EigenBackend {
 public:
  using EigenBackend::EigenBackend;

  std::vector<sb::index_t> lists;  // of one run, from the input up, outputs last
  std::vector<bool> emptied;       // for each list; none if it is shorter

  template <class F, class T>
  void list_unstable(const F& f, const sb::BoundsView<const T>& bounds,
                     const sb::expr::RowsTarget<T>& target) {
    EigenBackend::list_unstable(f, bounds, target);
    note(*target.count);
  }
  template <class T>
  void list_all(const sb::BoundsView<const T>& bounds, const sb::expr::RowsTarget<T>& target) {
    EigenBackend::list_all(bounds, target);
    note(*target.count);
  }

 private:
  void note(std::int64_t& count) {
    if (lists.size() < emptied.size() && emptied[lists.size()]) count = 0;
    lists.push_back(count);
  }
};

template <class T>
using AnyNetwork = std::shared_ptr<sb::Instance<T, ListingBackend>>;

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
AnyNetwork<T> make_network(sb::AnyCommunicator communicator, sb::Allocation allocation,
                           Policy policy) {
  auto backend = std::make_unique<ListingBackend>(1, allocation);
  if (policy == Policy::row_col)
    return std::make_shared<sb::Network<sb::RowCol<Net>, T, ListingBackend>>(
        std::move(communicator), std::move(backend), sb::Store::as_declared);
  return std::make_shared<sb::Network<Net, T, ListingBackend>>(
      std::move(communicator), std::move(backend),
      policy == Policy::replicated ? sb::Store::replicated : sb::Store::fully_sharded);
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

/// The weights of generate_weights (../support/generated.hpp), a few rows at a time.
template <class T, class Backend>
void generate_rows(sb::Instance<T, Backend>& network) {
  constexpr sb::index_t strip = 64;
  std::uint64_t layer = 0;
  for (const int node : network.product_nodes()) {
    const auto& tensor = network.parameters(node).weight;
    const sb::index_t out = tensor.out(), in = tensor.in();
    const Stream weights(2 * layer), biases(2 * layer + 1);
    const auto scale = static_cast<float>(std::sqrt(6.0 / static_cast<double>(in)));
    for (sb::index_t first = 0; first < out; first += strip) {
      const sb::Block rows{first, std::min(strip, out - first)};
      if (!network.wants_rows(node, rows)) continue;
      const auto before = static_cast<std::uint64_t>(first * in);
      std::vector<float> numbers(static_cast<std::size_t>(rows.count * in));
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = weights(before + i) * scale;
      network.set_rows(node, rows, numbers.data());
    }
    std::vector<float> bias(static_cast<std::size_t>(out));
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = biases(i) * 0.05f;
    network.template set_bias<float>(node, bias);
    ++layer;
  }
}

template <int W, int Depth>
struct WideMlp;
template <int W>
struct WideMlp<W, 4> {
  using type = sb::Sequential<sb::Input<784>, sb::Linear<W>, sb::ReLU, sb::Linear<W>, sb::ReLU,
                              sb::Linear<W>, sb::ReLU, sb::Linear<W>, sb::ReLU, sb::Linear<10>>;
};
template <int W>
struct WideMlp<W, 6> {
  using type = sb::Sequential<sb::Input<784>, sb::Linear<W>, sb::ReLU, sb::Linear<W>, sb::ReLU,
                              sb::Linear<W>, sb::ReLU, sb::Linear<W>, sb::ReLU, sb::Linear<W>,
                              sb::ReLU, sb::Linear<W>, sb::ReLU, sb::Linear<10>>;
};

/// Beyond 2048 neurons a layer, a run takes long even over a small box: those are run with one and two
/// ranks, and otherwise counted; `radius` 0: never run.
template <int W, int Depth, class T>
Subject<T> wide_mlp(double radius) {
  using Net = typename WideMlp<W, Depth>::type;
  Subject<T> subject;
  subject.name = std::to_string(W) + "x" + std::to_string(Depth);
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
  subject.make = make_network<Net, T>;
  subject.fill = [](auto& network) { generate_rows(network); };
  subject.in_zones = lists_in_zones<Net>();
  return subject;
}

/// The property's first box, as the oracles give it.
template <class Net, class T>
Subject<T> mnist_fc(const std::string& size) {
  Subject<T> subject;
  subject.name = "mnist_" + size;
  subject.radius = 0.05;
  subject.make = make_network<Net, T>;
  subject.in_zones = lists_in_zones<Net>();
  const auto oracle = read_oracle("mnist_fc__mnist-net_" + size + "__prop_1_0.05.json.gz");
  if (oracle.is_null()) {
    subject.name += "_generated";
    subject.set = generated_box(784);
    subject.radius = 0.01;
    subject.fill = [](auto& network) { generate_rows(network); };
    return subject;
  }
  const auto& input = oracle.at("boxes").at(0).at("input");
  subject.set = sb::Box{input.at("lower"), input.at("upper")};
  const std::string file = shared("oracles/" + oracle.at("onnx").template get<std::string>());
  subject.fill = [file](auto& network) { sb::onnx::load(network, file); };
  return subject;
}

}  // namespace shardbound_bench
