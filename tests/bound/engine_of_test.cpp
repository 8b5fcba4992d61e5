// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("an engine says what the pass says, in double") {
  for (const auto& engine : {small_engine<double>(), small_engine<float>()}) {
    CHECK(engine->inputs() == 2);
    CHECK(engine->outputs() == 2);
    CHECK(engine->kind_name(1) == "Linear<4>");
    const InputSet set(small_box());
    CHECK_THROWS_AS(engine->run({&set, 1}, {}, {}, nullptr), ArgumentError);
    engine->prepare(Method{}, {});
    const auto found = engine->run({&set, 1}, {}, {}, nullptr);
    REQUIRE(found.outputs.size() == 1);
    CHECK(found.outputs[0].lower[0] - found.outputs[0].slack[0] <= 0);
    CHECK(found.outputs[0].upper[0] + found.outputs[0].slack[0] >= 3);
    CHECK(engine->node_bounds(1)[0].upper[0] == 2);
    CHECK(engine->values(std::vector<double>{1, 2, 3, 4}) == std::vector<double>{3, -1, 7, -1});
    CHECK(engine->memory().current(Category::weights) > 0);
  }
}

TEST_CASE("an engine may stand over a network that stays its caller's") {
  Network<SmallNetwork> network;
  network.set_linear(1, small_first, std::vector<float>(4));
  network.set_linear(3, small_second, std::vector<float>(2));
  const std::vector<double> points = {1, 2};
  for (int i = 0; i < 2; ++i) {
    EngineOf<double, EigenBackend> engine(network);
    CHECK(&engine.network() == &network);
    CHECK(engine.values(points) == std::vector<double>{3, -1});
  }
  CHECK(crown(network, small_box()).upper[0] > 2.9);
}

TEST_CASE("a cancelled run throws") {
  const auto engine = small_engine();
  engine->prepare(Method{}, {});
  CancelToken token;
  token.cancel();
  const InputSet set(small_box());
  CHECK_THROWS_AS(engine->run({&set, 1}, {}, {}, &token), Cancelled);
}

TEST_CASE("what ranks say to each other may be of any length") {
  threads::run(3, [](auto& communicator) {
    EngineOf<double, EigenBackend> engine(
        std::make_unique<Network<SmallNetwork>>(AnyCommunicator(communicator)));
    std::vector<std::byte> mine(static_cast<std::size_t>(2 * communicator.rank()),
                                static_cast<std::byte>(communicator.rank()));
    const auto all = engine.all_gather(mine);
    REQUIRE(all.size() == 3);
    for (std::size_t rank = 0; rank < 3; ++rank)
      CHECK(all[rank] == std::vector<std::byte>(2 * rank, static_cast<std::byte>(rank)));
    CHECK(engine.all_gather({}) == std::vector<std::vector<std::byte>>(3));
  });
}

TEST_CASE("an engine without its rank's peers has the same numbers and finds the same") {
  const auto expected = [] {
    const auto engine = small_engine();
    engine->prepare(Method{}, {});
    const InputSet set(small_box());
    return engine->run({&set, 1}, {}, {}, nullptr).outputs[0];
  }();
  threads::run(2, [&](auto& communicator) {
    const auto engine_with = [&](Store store) {
      auto network =
          std::make_unique<Network<SmallNetwork>>(AnyCommunicator(communicator), 1, store);
      network->set_linear(1, small_first, std::vector<float>(4));
      network->set_linear(3, small_second, std::vector<float>(2));
      return std::make_unique<EngineOf<double, EigenBackend>>(std::move(network));
    };
    CHECK(engine_with(Store::fully_sharded)->alone() == nullptr);
    const auto shared = engine_with(Store::replicated);
    const std::size_t weights = shared->memory().current(Category::weights);
    const auto alone = shared->alone();
    REQUIRE(alone);
    CHECK(alone->ranks() == 1);
    CHECK(alone->rank() == 0);
    CHECK(alone->memory().current(Category::weights) == weights);
    if (shared->rank() == 1) return;  // nobody waits for it
    const InputSet set(small_box());
    alone->prepare(Method{}, {});
    const auto found = alone->run({&set, 1}, {}, {}, nullptr).outputs[0];
    CHECK(found.lower == expected.lower);
    CHECK(found.upper == expected.upper);
    CHECK(found.slack == expected.slack);
    CHECK(alone->values(std::vector<double>{1, 2}) == std::vector<double>{3, -1});
  });
  threads::run(2, [](auto& communicator) {
    using Split = Sequential<Input<2>, Linear<4, RowSharded>, ReLU, Linear<2, ColSharded>>;
    const EngineOf<double, EigenBackend> engine(
        std::make_unique<Network<Split>>(AnyCommunicator(communicator)));
    CHECK(engine.alone() == nullptr);
  });
}
