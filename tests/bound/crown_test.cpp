// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <tests/support/by_hand.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

const sb::Crown textbook{sb::Intermediates::textbook};

double total_width(const std::vector<sb::OutputBounds<double>>& bounds) {
  double sum = 0;
  for (const auto& domain : bounds)
    for (std::size_t i = 0; i < domain.lower.size(); ++i) sum += domain.upper[i] - domain.lower[i];
  return sum;
}

}  // namespace

// h = relu(x), g = relu(h - 1) over x in [-1, 1]: rows know that h - 1 <= (x + 1) / 2 - 1 <= 0.
TEST_CASE_TEMPLATE("pre-activations are bounded by rows", B, sb::EigenBackend, CheckedBackend) {
  using Net =
      sb::Sequential<sb::Input<1>, sb::Linear<1>, sb::ReLU, sb::Linear<1>, sb::ReLU, sb::Linear<1>>;
  sb::Network<Net, double, B> network;
  shardbound_test::set(network, {{{1}, {0}}, {{1}, {-1}}, {{1}, {5}}});
  const auto box = cube_around({0}, 1);
  check_bounds(sb::crown(network, box), {5}, {5});
  check_bounds(sb::crown(network, box, textbook), {5}, {5});
}

// Neuron by neuron the default is never wider than intervals. Against textbook bounds that holds on the
// whole only: tighter intermediate bounds may turn a lower slope of 1 into 0, and a row may lose by it.
TEST_CASE("by default bounds are tighter than either of what they are made of") {
  double ours = 0, theirs = 0;
  const auto compare = [&]<class Net>(Net*, unsigned seed) {
    sb::Network<Net> network;
    HostNetwork::random(network, seed).copy_to(network);
    std::mt19937 random(seed);
    const std::vector<sb::InputSet> sets{random_box(random, network.inputs(), 0.7),
                                         random_box(random, network.inputs(), 0.2)};
    auto tight = sb::prepare(network, sb::Crown{}, {2});
    auto interval = sb::prepare(network, sb::CrownIbp{}, {2});
    auto loose = sb::prepare(network, textbook, {2});
    ours += total_width(tight.run(sets).outputs);
    theirs += total_width(loose.run(sets).outputs);
    interval.run(sets);
    for (int v = 1; v < network.plan().size(); ++v) {
      if (!network.plan().is_pre_activation(v)) continue;
      CAPTURE(v);
      CHECK(total_width(tight.node_bounds(v)) <= total_width(interval.node_bounds(v)) + 1e-9);
    }
  };
  for (unsigned seed = 1; seed < 20; ++seed) {
    CAPTURE(seed);
    compare(static_cast<zoo::Mlp*>(nullptr), seed);
    compare(static_cast<zoo::ResNet*>(nullptr), seed);
  }
  CHECK(ours < theirs);
}
