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

TEST_CASE("numbers that do not belong are refused, naming the node") {
  Network<zoo::Mlp> network;
  CHECK_THROWS_WITH_AS(network.set_linear(1, all(many(44)), all(many(9))),
                       "node 1 (Linear<9>): its weight has 44 numbers where 45 belong", ShapeError);
  CHECK_THROWS_WITH_AS(network.set_linear(1, all(many(45)), all(many(8))),
                       "node 1 (Linear<9>): its bias has 8 numbers where 9 belong", ShapeError);
  CHECK_THROWS_WITH_AS(network.set_linear(2, all(many(45)), all(many(9))),
                       "node 2 of the network is not a Linear layer or a convolution",
                       ArgumentError);
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
