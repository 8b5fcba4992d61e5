// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/free_activations.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

using Net = sb::Sequential<sb::Input<2>, sb::Linear<20>, sb::ReLU, sb::Linear<9>, sb::Tanh,
                           sb::Linear<3>, sb::HardSigmoid, sb::Linear<1>>;
using Free = sb::FreeActivations<double, sb::EigenBackend>;

std::vector<std::int32_t> columns_of(const Free& free, int v) {
  const auto neurons = free.neurons(v);
  return {neurons.columns, neurons.columns + neurons.domains * neurons.slots};
}

}  // namespace

TEST_CASE("slots are dealt domain by domain, as many as the domain with most of them needs") {
  sb::Network<Net> network;
  Free free(network, 2);
  CHECK(free.can_be_free(2));
  CHECK(free.can_be_free(4));
  CHECK(!free.can_be_free(6));  // an activation with nothing to offer
  CHECK(!free.can_be_free(1));
  std::vector<sb::Neuron> unstable;
  for (std::int32_t i : {3, 5, 19}) unstable.push_back({i, 0});
  for (std::int32_t i = 1; i < 19; ++i) unstable.push_back({i, 1});
  free.deal(2, unstable);
  free.deal(4, {});
  free.begin();
  CHECK(free.has(2));
  CHECK(!free.has(4));
  CHECK(free.slots(2) == 24);
  CHECK(free.neurons(2).leading == 24);
  CHECK(!free.frees_upper(2));
  CHECK(free.frees_upper(4));
  CHECK(free.neurons(2).upper_slot == nullptr);
  const auto columns = columns_of(free, 2);
  std::vector<std::int32_t> expected(48, -1);
  expected[0] = 3, expected[1] = 5, expected[2] = 19;
  for (std::size_t s = 0; s < 18; ++s) expected[24 + s] = static_cast<std::int32_t>(s + 1);
  CHECK(columns == expected);
}

TEST_CASE("what is drawn is free where it has a slot and is unstable, in its own domain") {
  sb::Network<Net> network;
  HostNetwork::random(network, 1).copy_to(network);
  std::mt19937 random(2);
  const std::vector<sb::InputSet> sets{random_box(random, 2, 0.2), random_box(random, 2, 2)};
  sb::DomainState<double, sb::EigenBackend> state(network, 2);
  state.set_domains(sets);
  Free free(network, 2);
  std::vector<sb::Neuron> unstable;
  const sb::relax::ReLU relu;
  for (int v = 1; v <= 2; ++v) {
    state.interval(v);
    if (v == 2) continue;
    const auto bounds = state.bounds(1);
    for (std::int32_t d = 0; d < 2; ++d)
      for (std::int32_t i = 0; i < 20; ++i) {
        const auto at = d * bounds.leading + i;
        if (!relu.stable(bounds.lower[at], bounds.upper[at])) unstable.push_back({i, d});
      }
  }
  free.deal(2, unstable);
  free.begin();
  free.draw(2, state);
  const auto neurons = free.neurons(2);
  const auto bounds = state.bounds(1);
  int found = 0;
  for (sb::index_t d = 0; d < 2; ++d)
    for (sb::index_t i = 0; i < 20; ++i) {
      const auto at = d * neurons.leading + i;
      const bool is_unstable = !relu.stable(bounds.lower[at], bounds.upper[at]);
      CHECK((neurons.lower_slot[at] >= 0) == is_unstable);
      if (!is_unstable) continue;
      ++found;
      const auto slot = d * neurons.slots + neurons.lower_slot[at];
      CHECK(neurons.columns[slot] == i);
      CHECK(neurons.plane(sb::expr::FreeNeurons<double>::origin)[slot] == bounds.lower[at]);
    }
  CHECK(found == static_cast<int>(unstable.size()));
  CHECK(found > 4);
}

TEST_CASE("what all ranks' rows gained is the same on all of them") {
  for (const int ranks : {1, 2, 3})
    sb::threads::run(ranks, [&](sb::Threads& communicator) {
      sb::Network<Net> network{communicator};
      Free free(network, 1);
      const std::vector<sb::Neuron> some{{0, 0}, {4, 0}};
      free.deal(2, some);
      free.deal(4, some);
      free.begin();
      for (const int v : {2, 4}) {
        const auto chords = free.chords(v);
        REQUIRE(chords.plane == free.slots(v));
        for (sb::index_t i = 0; i < 4 * chords.plane; ++i) {
          REQUIRE(chords.numbers[i] == 0);
          chords.numbers[i] = 1000.0 * v + static_cast<double>(i + communicator.rank());
        }
      }
      free.sum_over_ranks(3);  // rows that start there do not come by activation 4
      for (const int v : {2, 4}) {
        const auto chords = free.chords(v);
        for (sb::index_t i = 0; i < 4 * chords.plane; ++i) {
          const double own = 1000.0 * v + static_cast<double>(i);
          const double all = ranks * own + ranks * (ranks - 1) / 2;
          REQUIRE(chords.numbers[i] == (v == 2 ? all : own + communicator.rank()));
        }
      }
    });
}
