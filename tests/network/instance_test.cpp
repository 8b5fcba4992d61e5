// SPDX-License-Identifier: BSD-3-Clause

// What passes use of a network: its panels, gathered where ranks keep shares, and room for its products.

#include <doctest/doctest.h>

#include <shardbound/comm/threads.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

// Passes point into it.
static_assert(!std::is_move_constructible_v<Instance<double, EigenBackend>>);
static_assert(!std::is_copy_constructible_v<Instance<double, EigenBackend>>);

TEST_CASE("panels come in order, gathered from all ranks, or those that are wanted") {
  using Net = Sequential<Input<1000>, Linear<3000, FullySharded>>;  // three panels
  std::vector<double> weight(3000 * 1000);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<double>(i % 8191);
  for (const int ranks : {1, 3})
    threads::run(ranks, [&](Threads& communicator) {
      Network<Net, float> network(communicator);
      network.set_linear(1, weight, std::vector<double>(3000, 0));
      index_t next = 0, wrong = 0;
      network.for_each_panel(1, [&](const auto& panel) {
        CHECK(panel.first == next);
        next += panel.rows.rows;
        for (index_t r = 0; r < panel.rows.rows; ++r)
          for (index_t c = 0; c < 1000; ++c)
            wrong += panel.rows.data[r * panel.rows.leading + c] !=
                     weight[static_cast<std::size_t>((panel.first + r) * 1000 + c)];
      });
      CHECK(next == 3000);
      CHECK(wrong == 0);
      int seen = 0;
      network.for_each_panel(
          1, [](index_t p) { return p == 1; }, [&](const auto& panel) { seen += panel.first > 0; });
      CHECK(seen == 1);
      CHECK(network.weight_bytes_read() == 3000 * 1000 * sizeof(float));
      CHECK((network.gathered_bytes(1) > 0) == (ranks > 1));
    });
}

TEST_CASE("room for products is that of the largest panel") {
  const Network<zoo::Mlp> network;
  const EigenBackend& backend = network.backend();
  CHECK(network.product_workspace() >= backend.product_workspace<double>(17, 16));
  CHECK(Network<zoo::Lone>{}.product_workspace() == 0);
}
