// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

#include <limits>

using namespace shardbound_test;
using namespace shardbound;

namespace {

std::vector<double> many(std::size_t count, double value = 1) {
  return std::vector<double>(count, value);
}
std::span<const double> all(const std::vector<double>& x) { return x; }

template <class T, class B>
std::vector<T> read(B& backend, const Buffer<T, B>& buffer) {
  std::vector<T> host(static_cast<std::size_t>(buffer.size()));
  backend.to_host(host.data(), buffer.data(), buffer.size());
  return host;
}

}  // namespace

TEST_CASE_TEMPLATE("a fresh network is zero, its scales one, padding always zero", B, EigenBackend,
                   CheckedBackend) {
  Network<zoo::Bare, float, B> scaled;
  const auto scale = read(scaled.backend(), scaled.parameters(1).scale);
  for (std::size_t i = 0; i < 8; ++i) CHECK(scale[i] == (i < 4 ? 1 : 0));
  CHECK(read(scaled.backend(), scaled.parameters(1).shift) == std::vector<float>(8));
  Network<zoo::Mlp, float, B> mlp;
  CHECK(read(mlp.backend(), mlp.parameters(1).bias) == std::vector<float>(16));
}

TEST_CASE_TEMPLATE("numbers arrive in the scalar of the network, padded with zeros", B,
                   EigenBackend, CheckedBackend) {
  Network<zoo::Mlp, float, B> network;
  std::vector<double> weight(9 * 5);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<double>(i) + 1;
  network.set_linear(1, all(weight), all(many(9, 0.1)));
  const auto rows = network.parameters(1).weight.panel(0).rows;
  std::vector<float> host(9 * 8);
  network.backend().to_host(host.data(), rows.data, 9 * 8);
  CHECK(host[0] == 1);
  CHECK(host[8 + 4] == 10);
  CHECK(host[5] == 0);
  CHECK(read(network.backend(), network.parameters(1).bias)[8] == 0.1f);
  CHECK(read(network.backend(), network.parameters(1).bias)[9] == 0);
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

TEST_CASE("numbers that do not belong are refused, naming the node") {
  Network<zoo::Mlp> network;
  CHECK_THROWS_WITH_AS(network.set_linear(1, all(many(44)), all(many(9))),
                       "node 1 (Linear<9>): its weight has 44 numbers where 45 belong", ShapeError);
  CHECK_THROWS_WITH_AS(network.set_linear(1, all(many(45)), all(many(8))),
                       "node 1 (Linear<9>): its bias has 8 numbers where 9 belong", ShapeError);
  CHECK_THROWS_WITH_AS(network.set_linear(2, all(many(45)), all(many(9))),
                       "node 2 of the network is not a Linear layer", ArgumentError);
  CHECK_THROWS_AS(network.set_linear(-1, all(many(45)), all(many(9))), ArgumentError);
  CHECK_THROWS_AS(network.set_linear(99, all(many(45)), all(many(9))), ArgumentError);
  auto weight = many(45);
  weight[5 * 2 + 3] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(network.set_linear(1, all(weight), all(many(9))),
                       "node 1 (Linear<9>): its weight is not finite at row 2, column 3",
                       ArgumentError);
  CHECK_THROWS_AS(network.set_linear(1, all(many(45)), all(many(9, INFINITY))), ArgumentError);
  CHECK_THROWS_AS(network.set_scale_shift(2, all(many(9)), all(many(9))), ArgumentError);

  Network<zoo::Mlp, float> narrow;  // what overflows float is as bad as infinity
  CHECK_THROWS_AS(narrow.set_linear(1, all(many(45, 1e300)), all(many(9))), ArgumentError);

  // The numbers of an activation: how many, and that they make sense for it.
  Network<zoo::Lone> lone;
  CHECK_NOTHROW(lone.set_activation(1, all(many(1, 0.5))));
  CHECK_THROWS_AS(lone.set_activation(1, all(many(2, 0.5))), ShapeError);
  CHECK_THROWS_AS(lone.set_activation(0, all(many(1, 0.5))), ArgumentError);
  for (const double slope : {-0.1, 1.5, double{INFINITY}, std::nan("")}) {
    CAPTURE(slope);
    CHECK_THROWS_AS(lone.set_activation(1, all(many(1, slope))), ArgumentError);
  }
}

TEST_CASE("weights are booked as such, and given back") {
  auto owned = std::make_unique<EigenBackend>();
  const EigenBackend& backend = *owned;
  const Network<zoo::Mlp, float> network(std::move(owned));
  const std::size_t numbers = 9 * 8 + 17 * 16 + 3 * 24 + 16 + 24 + 8;
  CHECK(backend.memory().current(Category::weights) == numbers * sizeof(float));
  CHECK(backend.memory().current(Category::coefficients) == 0);
  CHECK(network.backend().threads() == 1);
}

TEST_CASE("parameters of a node that has none are refused") {
  using Net = shardbound::Sequential<shardbound::Input<1>, shardbound::Linear<1>, shardbound::ReLU>;
  shardbound::Network<Net> net;
  const double one[] = {1};
  for (int node : {-1, 0, 2, 3}) {
    CHECK_THROWS_AS(net.template set_bias<double>(node, one), shardbound::ArgumentError);
    CHECK_THROWS_AS(net.template set_panel<double>(node, 0, one), shardbound::ArgumentError);
    CHECK_THROWS_AS(net.template set_scale_shift<double>(node, one, one),
                    shardbound::ArgumentError);
  }
  CHECK_THROWS_AS(net.set_activation(9, one), shardbound::ArgumentError);
}
