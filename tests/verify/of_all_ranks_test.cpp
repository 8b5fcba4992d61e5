// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/threads.hpp>
#include <shardbound/verify/of_all_ranks.hpp>
#include <tests/support/bumpy_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("every rank knows what each one wrote") {
  for (const int ranks : {1, 2, 3})
    threads::run(ranks, [&](auto& communicator) {
      const auto engine = bumpy_engine(1, AnyCommunicator(communicator));
      const auto all = of_all_ranks(*engine, [&](ByteWriter& writer) {
        for (int k = 0; k < engine->rank(); ++k) writer(10 * engine->rank() + k);
      });
      REQUIRE(all.size() == static_cast<std::size_t>(ranks));
      for (int rank = 0; rank < ranks; ++rank) {
        ByteReader reader(all[static_cast<std::size_t>(rank)]);
        for (int k = 0; k < rank; ++k) CHECK(reader.next<int>() == 10 * rank + k);
        CHECK(reader.is_at_end());
      }
    });
}

TEST_CASE("where one is stopped on its way all are") {
  for (const int stopped : {0, 2})
    threads::run(3, [&](auto& communicator) {
      const auto engine = bumpy_engine(1, AnyCommunicator(communicator));
      CHECK_THROWS_AS(of_all_ranks(*engine,
                                   [&](ByteWriter& writer) {
                                     writer(1.5);
                                     if (engine->rank() == stopped) throw Cancelled("enough");
                                   }),
                      Cancelled);
    });
}
