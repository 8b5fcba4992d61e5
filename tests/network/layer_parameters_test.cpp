// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/threads.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

#include <limits>

using namespace shardbound_test;
using namespace shardbound;

namespace {

template <class T, class B>
std::vector<T> read(B& backend, const Buffer<T, B>& buffer) {
  std::vector<T> host(static_cast<std::size_t>(buffer.size()));
  backend.to_host(host.data(), buffer.data(), buffer.size());
  return host;
}

/// The matrix of a product as its panels show it, rows in their order; zeros where a rank has none.
template <class T, class B>
std::vector<T> panels_of(const Instance<T, B>& network, int node) {
  const auto& weight = network.parameters(node).weight;
  std::vector<T> all(static_cast<std::size_t>(weight.out() * weight.in()));
  index_t seen = 0;
  network.for_each_panel(node, [&](const auto& panel) {
    CHECK(panel.first == weight.rows().first + seen);
    for (index_t r = 0; r < panel.rows.rows; ++r)
      network.backend().to_host(all.data() + (panel.first + r) * weight.in(),
                                panel.rows.data + r * panel.rows.leading, panel.rows.columns);
    seen += panel.rows.rows;
  });
  CHECK(seen == weight.rows().count);
  return all;
}

template <class P>
using Two = Sequential<Input<1000>, Linear<1200, P>, ReLU, Linear<9, P>>;
static_assert(panel_count(1200, 1000) == 2);

}  // namespace

TEST_CASE_TEMPLATE("a fresh network is zero, padding always", B, EigenBackend, CheckedBackend) {
  Network<zoo::Bare, float, B> scaled;
  CHECK(read(scaled.backend(), scaled.parameters(1).scale) == std::vector<float>(8));
  CHECK(read(scaled.backend(), scaled.parameters(1).shift) == std::vector<float>(8));
  Network<zoo::Mlp, float, B> mlp;
  CHECK(read(mlp.backend(), mlp.parameters(1).bias) == std::vector<float>(16));
}

TEST_CASE("a network describes its nodes") {
  Network<zoo::Nest> network;
  CHECK(network.inputs() == 4);
  CHECK(network.outputs() == 2);
  CHECK(network.input_shape() == Shape{4});
  CHECK(network.product_nodes() == std::vector<int>{1, 3, 6, 8, 13});
  CHECK(network.describe(3) == "node 3 (Linear<6>)");
  network.set_name(3, "fc1");
  CHECK(network.describe(3) == "node 3 (Linear<6>, 'fc1')");
  CHECK(network.kind_name(0) == "Input<4>");
  CHECK(network.kind_name(2) == "ReLU");
  CHECK(network.kind_name(9) == "Concat");
  CHECK(network.kind_name(10) == "Residual");
  CHECK(Network<zoo::Bare>{}.kind_name(1) == "ScaleShift");
  CHECK(Network<zoo::Bare>{}.kind_name(0) == "Input<1x2x2>");
}

TEST_CASE("weights are booked as such, and given back") {
  auto owned = std::make_unique<EigenBackend>();
  const EigenBackend& backend = *owned;
  const Network<zoo::Mlp, float> network(Self{}, std::move(owned));
  const std::size_t numbers = 9 * 8 + 17 * 16 + 3 * 24 + 16 + 24 + 8;
  CHECK(backend.memory().current(Category::weights) == numbers * sizeof(float));
  CHECK(backend.memory().current(Category::coefficients) == 0);
  CHECK(network.backend().threads() == 1);
}

TEST_CASE_TEMPLATE("every rank sees all of a matrix of which it keeps a share", B, EigenBackend,
                   CheckedBackend) {
  std::vector<float> weight(1200 * 1000), bias(1200, 1.0f);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(i + 1);
  for (int ranks : {1, 2, 3, 7})
    threads::run(ranks, [&](Threads& communicator) {
      Network<Two<FullySharded>, float, B> network(communicator);
      network.set_linear(1, weight, bias);
      auto& counted = network.exchange().communicator();
      const std::uint64_t before = counted.received();
      CHECK(panels_of(network, 1) == weight);
      CHECK(counted.received() - before == network.gathered_bytes(1));
      CHECK((network.gathered_bytes(1) > 0) == (ranks > 1));
      CHECK(panels_of(network, 1) == weight);  // both buffers have been used
    });
}

TEST_CASE("where weights are kept may be decided at run time, but for those that are cut") {
  threads::run(2, [](Threads& communicator) {
    const auto cut = [&](auto net, Store store) {
      const Network<decltype(net), float> network(communicator, 1, store);
      return network.parameters(1).weight.cut();
    };
    CHECK(cut(Two<Replicated>{}, Store::as_declared) == WeightCut::whole);
    CHECK(cut(Two<Replicated>{}, Store::fully_sharded) == WeightCut::panels);
    CHECK(cut(Two<FullySharded>{}, Store::as_declared) == WeightCut::panels);
    CHECK(cut(Two<FullySharded>{}, Store::replicated) == WeightCut::whole);
    CHECK(cut(Two<RowSharded>{}, Store::replicated) == WeightCut::rows);
    CHECK(cut(Two<ColSharded>{}, Store::fully_sharded) == WeightCut::columns);
  });
}

TEST_CASE("layers are found by ordinal and name") {
  Network<zoo::Curves>
      network;  // 0 - 1 linear - 2 sigmoid - 3 linear - 4 tanh - 5, 6 linear - 7 leaky - 8
  CHECK(network.linear(0) == 1);
  CHECK(network.linear(3) == 6);
  CHECK(network.activation(2) == 7);
  CHECK_THROWS_WITH_AS(network.linear(5),
                       "the network has 5 Linear layers, counted from 0; number 5 was asked for",
                       ArgumentError);
  CHECK_THROWS_AS(network.activation(-1), ArgumentError);
  CHECK_THROWS_AS(network.scale_shift(0), ArgumentError);
  CHECK(Network<zoo::Bare>{}.scale_shift(1) == 3);
  network.set_name(3, "fc2");
  CHECK(network.node("fc2") == 3);
  CHECK(network.describe(3) == "node 3 (Linear<8>, 'fc2')");
  CHECK_THROWS_WITH_AS(network.node("fc3"), "no layer of the network is called 'fc3'",
                       ArgumentError);
  CHECK_THROWS_AS(network.node(""), ArgumentError);
  CHECK_THROWS_AS(network.set_name(17, "x"), ArgumentError);
}

TEST_CASE("what nobody has set yet is said") {
  Network<Sequential<Input<2>, Linear<3>, ScaleShift, LeakyReLU, Linear<1>>> network;
  CHECK(network.missing() ==
        std::vector<std::string>{"node 1 (Linear<3>) misses its weight and bias",
                                 "node 2 (ScaleShift) misses its scale and shift",
                                 "node 4 (Linear<1>) misses its weight and bias"});
  const std::vector<double> ones(6, 1);
  network.set_rows(1, {0, 1}, ones.data());
  network.set_bias(1, {1, 1, 1});
  network.set_linear(4, {1, 1, 1}, {0});
  CHECK(network.missing() ==
        std::vector<std::string>{"node 1 (Linear<3>) misses its 2 rows of weight",
                                 "node 2 (ScaleShift) misses its scale and shift"});
  network.set_rows(1, {0, 1}, ones.data());  // again
  network.set_rows(1, {1, 2}, ones.data());
  CHECK_THROWS_WITH_AS(network.check_complete(),
                       "node 2 (ScaleShift) misses its scale and shift. Fix: set them, or load a "
                       "file, before bounding",
                       ArgumentError);
  network.set_scale_shift(2, {1, 1, 1}, {0, 0, 0});
  CHECK_NOTHROW(network.check_complete());
}

TEST_CASE("a rank misses only what it keeps something of") {
  threads::run(3, [](Threads& communicator) {
    Network<Sequential<Input<4>, Linear<24, RowSharded>>> network(communicator);
    const std::vector<double> rows(24 * 4, 1);
    network.set_bias(1, std::vector<double>(24, 0));
    for (index_t r = 0; r < 24; ++r)
      if (network.wants_rows(1, {r, 1})) network.set_rows(1, {r, 1}, rows.data());
    CHECK(network.missing().empty());
  });
}
