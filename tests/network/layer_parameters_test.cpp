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

TEST_CASE_TEMPLATE("a fresh network is zero, padding always", B, EigenBackend, CheckedBackend) {
  Network<zoo::Bare, float, B> scaled;
  CHECK(read(scaled.backend(), scaled.parameters(1).scale) == std::vector<float>(8));
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
  CHECK_THROWS_WITH_AS(
      lone.set_activation(1, all(many(1, -1))),
      "node 1 (LeakyReLU) cannot be used with negative_slope = -1; 0 to 1 are supported",
      ArgumentError);
  CHECK_THROWS_WITH_AS(
      lone.set_activation(1, all(many(1, std::nan("")))),
      "node 1 (LeakyReLU) cannot be used with negative_slope = nan, which is not finite",
      ArgumentError);
}

TEST_CASE_TEMPLATE("a scale and shift is off by what is said and by what T cannot hold", T, float,
                   double) {
  using Net = Sequential<Input<3>, ScaleShift>;
  Network<Net, T> network;
  const std::vector<double> scale{0.1, 2, -3}, shift{1, 1 + 1e-12, 0}, off{0, 1e-3, 0};
  const auto errors = [&](const Buffer<T, EigenBackend>& kept) {
    return read(network.backend(), kept);
  };
  network.set_scale_shift(1, all(scale), all(shift));
  const bool narrow = sizeof(T) < sizeof(double);
  const auto& own = network.parameters(1);
  CHECK((errors(own.scale_error)[0] > 0) == narrow);
  CHECK(double{errors(own.scale_error)[0]} >= std::abs(0.1 - double{static_cast<T>(0.1)}));
  CHECK(errors(own.scale_error)[1] == 0);
  CHECK((errors(own.shift_error)[1] > 0) == narrow);
  CHECK(errors(own.shift_error)[2] == 0);
  network.set_scale_shift(1, all(scale), all(shift), all(off), all(off));
  CHECK(double{errors(own.scale_error)[1]} >= 1e-3);
  CHECK(errors(own.shift_error)[1] < 1.001e-3);
  CHECK(errors(own.shift_error)[0] == 0);
  network.set_scale_shift(1, all(scale), all(shift));  // the last numbers count, errors included
  CHECK(errors(own.scale_error)[1] == 0);

  const auto refused = [&](std::vector<double> error) {
    network.set_scale_shift(1, all(scale), all(shift), all(off), all(error));
  };
  CHECK_THROWS_WITH_AS(refused({0, 0, -1}),
                       "node 1 (ScaleShift): its shift's error is not at least 0 at row 2",
                       ArgumentError);
  CHECK_THROWS_AS(refused({0, std::nan(""), 0}), ArgumentError);
  CHECK_THROWS_AS(refused({0, INFINITY, 0}), ArgumentError);
  CHECK_THROWS_AS(refused({0, 0}), ShapeError);
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

TEST_CASE("parameters of a node that has none are refused") {
  using Net = shardbound::Sequential<shardbound::Input<1>, shardbound::Linear<1>, shardbound::ReLU>;
  shardbound::Network<Net> net;
  const double one[] = {1};
  for (int node : {-1, 0, 2, 3}) {
    CHECK_THROWS_AS(net.set_bias(node, one), shardbound::ArgumentError);
    CHECK_THROWS_AS(net.template set_rows<double>(node, {0, 1}, one), shardbound::ArgumentError);
    CHECK_THROWS_AS(net.set_scale_shift(node, one, one), shardbound::ArgumentError);
  }
  CHECK_THROWS_AS(net.set_activation(9, one), shardbound::ArgumentError);
  CHECK_THROWS_WITH_AS(net.template set_rows<double>(1, {1, 1}, one),
                       "node 1 (Linear<1>): it has 1 rows; rows 1 to 2 were given",
                       shardbound::ShapeError);
}

namespace {

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

TEST_CASE("a rank says which rows it has a use for") {
  threads::run(2, [](Threads& communicator) {
    const bool second = communicator.rank() == 1;
    const Network<Two<RowSharded>, float> rows(communicator);  // 600 and 600, 8 and 1
    CHECK(rows.wants_rows(1, {590, 20}));
    CHECK(rows.wants_rows(1, {590, 10}) != second);
    CHECK(rows.wants_rows(1, {600, 100}) == second);
    CHECK(rows.wants_rows(3, {8, 1}) == second);
    CHECK_FALSE(rows.wants_rows(1, {600, 0}));
    CHECK(Network<Two<Replicated>, float>(communicator).wants_rows(1, {0, 1}));
    const Network<Two<FullySharded>, float> shares(communicator);  // a half of each panel
    CHECK(shares.wants_rows(1, {0, 1}) != second);
    CHECK(shares.wants_rows(1, {1047, 1}) == second);
    CHECK(shares.wants_rows(1, {1047, 2}));
    CHECK(shares.wants_rows(1, {1048, 1}) != second);
    CHECK(Network<Two<ColSharded>, float>(communicator).wants_rows(1, {0, 1}));
  });
}

TEST_CASE_TEMPLATE("rows may be given a few at a time, across panels", P, Replicated, FullySharded,
                   RowSharded) {
  std::vector<float> weight(1200 * 1000);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(i + 1);
  for (int ranks : {1, 3})
    threads::run(ranks, [&](Threads& communicator) {
      Network<Two<P>, float> at_once(communicator), bit_by_bit(communicator);
      at_once.set_rows(1, {0, 1200}, weight.data());
      for (index_t first = 0; first < 1200; first += 77) {
        const Block rows{first, std::min<index_t>(77, 1200 - first)};
        if (bit_by_bit.wants_rows(1, rows))
          bit_by_bit.set_rows(1, rows, weight.data() + first * 1000);
      }
      const auto all = panels_of(at_once, 1);
      CHECK(all == panels_of(bit_by_bit, 1));
      if (!std::same_as<P, RowSharded>) CHECK(all == weight);
      const Block own = block_of(1200, communicator.rank(), ranks);
      CHECK(std::equal(all.begin() + own.first * 1000, all.begin() + own.end() * 1000,
                       weight.begin() + own.first * 1000));
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

TEST_CASE("numbers come as any contiguous range") {
  using Net = Sequential<Input<2>, Linear<2>, ScaleShift, LeakyReLU>;
  Network<Net> network;
  const float weight[] = {1, 2, 3, 4};
  const std::array<double, 2> bias = {5, 6};
  network.set_linear(1, weight, bias);
  network.set_linear(1, std::span<const float>(weight), {5, 6});
  network.set_linear(1, {1, 2, 3, 4}, std::vector<float>{5, 6});
  network.set_scale_shift(2, {1, 1}, bias);
  CHECK(read(network.backend(), network.parameters(1).bias)[1] == 6);
  CHECK(read(network.backend(), network.parameters(2).shift)[1] == 6);
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

TEST_CASE("a setter that throws leaves what it began with as not set") {
  Network<Sequential<Input<2>, Linear<100>, ScaleShift, Linear<1>>> network;
  HostNetwork::random(network, 1).copy_to(network);
  REQUIRE(network.missing().empty());
  std::vector<double> weight(200, 1);
  weight[150] = std::nan("");
  CHECK_THROWS_AS(network.set_linear(1, weight, many(100)), ArgumentError);
  // The first 64 rows had arrived.
  CHECK(network.missing() ==
        std::vector<std::string>{"node 1 (Linear<100>) misses its 36 rows of weight"});
  weight[150] = 1;
  network.set_linear(1, weight, many(100));
  CHECK_THROWS_WITH_AS(network.set_bias(3, {std::nan("")}),
                       "node 3 (Linear<1>): its bias is not finite at row 0", ArgumentError);
  CHECK(network.missing() == std::vector<std::string>{"node 3 (Linear<1>) misses its bias"});
  network.set_bias(3, {0});
  CHECK_THROWS_AS(network.set_scale_shift(2, many(100, 2), many(99)), ShapeError);
  CHECK(network.missing() ==
        std::vector<std::string>{"node 2 (ScaleShift) misses its scale and shift"});
  network.set_scale_shift(2, many(100, 2), many(100), many(100, 0), std::vector<float>(100));
  CHECK(network.missing().empty());
  network.forget();
  CHECK(network.missing().size() == 3);
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
