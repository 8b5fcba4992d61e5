// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/domain_state.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <class T, class B>
std::vector<T> read(B& backend, const T* from, index_t count) {
  std::vector<T> host(static_cast<std::size_t>(count));
  backend.to_host(host.data(), from, count);
  return host;
}

}  // namespace

TEST_CASE_TEMPLATE("domains are rounded outwards, and their padding is zero", B, EigenBackend,
                   CheckedBackend) {
  Network<zoo::Fork, float, B> network;
  DomainState<float, B> state(network, 3);
  const std::vector<InputSet> sets{Box{{0.1, 0, -0.1}, {0.1, 1, 0.1}}, Box{{1, 2, 3}, {1, 2, 3}}};
  state.set_domains(sets);
  CHECK(state.domains() == 2);
  CHECK(state.capacity() == 3);
  const auto input = state.bounds(0);
  CHECK(input.domains == 2);
  CHECK(input.leading == 8);
  const auto lower = read(network.backend(), input.lower, 16);
  const auto upper = read(network.backend(), input.upper, 16);
  CHECK(double{lower[0]} <= 0.1);
  CHECK(double{upper[0]} >= 0.1);
  CHECK(lower[0] < upper[0]);
  CHECK(upper[1] == 1);
  CHECK(lower[8 + 2] == 3);
  for (std::size_t i : {3, 7, 11, 15}) CHECK((lower[i] == 0 && upper[i] == 0));
}

TEST_CASE("sets that do not belong are refused") {
  const Network<zoo::Fork> network;
  DomainState<double, EigenBackend> state(network, 2);
  const std::vector<InputSet> narrow{Box{{0, 0}, {1, 1}}};
  CHECK_THROWS_WITH_AS(state.set_domains(narrow),
                       "input set 0 has 2 lower and 2 upper bounds where the network has 3 inputs",
                       ArgumentError);
  const std::vector<InputSet> mixed{Box{{0, 0, 0}, {1, 1, 1}},
                                    InputSet::ball({0, 0, 0}, 1, expr::Norm::two)};
  CHECK_THROWS_WITH_AS(state.set_domains(mixed), "input sets of one batch must share their norm",
                       ArgumentError);
}

TEST_CASE("only the input ranges over a ball; everybody else over a box") {
  const Network<zoo::Fork> network;
  DomainState<double, EigenBackend> state(network, 1);
  const std::vector<InputSet> balls{InputSet::ball({1, 2, 3}, 0.5, expr::Norm::one)};
  state.set_domains(balls);
  CHECK(state.set(0).norm == expr::Norm::one);
  CHECK(state.set(0).radius[0] == 0.5);
  CHECK(state.set(1).norm == expr::Norm::infinity);
  CHECK(state.bounds(0).lower[2] == 2.5);
}

// Over points, intervals and the forward pass are the network's values.
TEST_CASE_TEMPLATE("points go through every kind of node", B, EigenBackend, CheckedBackend) {
  const auto go = []<class Net>(Net*) {
    Network<Net, double, B> network;
    const auto host = HostNetwork::random(network, 5);
    host.copy_to(network);
    DomainState<double, B> state(network, 2);
    std::mt19937 random(6);
    const InputSet first = random_box(random, network.inputs(), 0);
    const std::vector<double> x = first.box.lower;
    const std::vector<InputSet> sets{Box{x, x}, Box{x, x}};
    for (const bool points : {false, true}) {
      state.set_domains(sets);
      for (int v = 1; v < network.plan().size(); ++v) points ? state.values(v) : state.interval(v);
      const auto expected = host.values(x);
      for (int v = 1; v < network.plan().size(); ++v) {
        const auto bounds = state.bounds(v);
        const auto lower = read(network.backend(), bounds.lower + bounds.leading, bounds.features);
        const auto upper = read(network.backend(), bounds.upper + bounds.leading, bounds.features);
        for (std::size_t i = 0; i < lower.size(); ++i) {
          const auto y = static_cast<double>(expected[static_cast<std::size_t>(v)][i]);
          REQUIRE(lower[i] == doctest::Approx(y).epsilon(1e-12));
          REQUIRE(upper[i] == doctest::Approx(y).epsilon(1e-12));
        }
      }
    }
  };
  go(static_cast<zoo::Fork*>(nullptr));
  go(static_cast<zoo::Run*>(nullptr));
  go(static_cast<zoo::Nest*>(nullptr));
  go(static_cast<zoo::Bare*>(nullptr));
}

// Sums upwards run over a node's inputs, sums downwards over its outputs: neither may be forgotten.
TEST_CASE("gamma grows with a node's features, and not with what it does not add up") {
  const Network<Sequential<Input<2>, Linear<500>, ReLU, Linear<1>>, float> network;
  const DomainState<float, EigenBackend> state(network, 1);
  CHECK(state.gamma_of(1) > gamma<float>(500));
  CHECK(state.gamma_of(1) < gamma<float>(520));
  CHECK(state.gamma_of(0) > gamma<float>(2));
  CHECK(state.gamma_of(0) < gamma<float>(20));
  CHECK(state.gamma_of_constants() < gamma<float>(4));
  CHECK(state.inflation() > 1 + 2 * gamma<float>(1000));
  CHECK(state.inflation() < 1.001f);
}
