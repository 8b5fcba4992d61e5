// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/comm/threads.hpp>
#include <shardbound/verify/gathered_outcomes.hpp>
#include <tests/support/bumpy_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

OpenBox outcome(int number) {
  OpenBox box;
  box.share = number;
  if (number % 3 == 0) return box;  // refuted
  box.box = {{0.5, -1.0 * number}, {1, 2}};
  box.open.assign(static_cast<std::size_t>(number % 3), 7);
  box.margin = -number;
  box.point = {0.75, 0};
  box.excess = number;
  box.cuts = {1, 0};
  box.signs = {1, 0, -1};
  return box;
}

}  // namespace

TEST_CASE(
    "every rank has the outcomes of all, in the order of the ranks, or knows that one was "
    "stopped") {
  for (const int ranks : {1, 2, 3})
    for (const bool stopped : {false, true})
      threads::run(ranks, [&](auto& communicator) {
        const auto engine = bumpy_engine(1, AnyCommunicator(communicator));
        std::vector<OpenBox> mine;  // none on rank 0
        for (int k = 0; k < communicator.rank(); ++k)
          mine.push_back(outcome(10 * communicator.rank() + k));
        const bool stops = stopped && communicator.rank() == ranks - 1;
        const auto gather = [&] {
          return gathered_outcomes(*engine, [&] {
            if (stops) throw Cancelled("enough");
            return mine;
          });
        };
        if (stopped) {
          CHECK_THROWS_AS(gather(), Cancelled);
          return;
        }
        const auto all = gather();
        std::size_t next = 0;
        for (int rank = 0; rank < ranks; ++rank)
          for (int k = 0; k < rank; ++k, ++next) {
            const OpenBox expected = outcome(10 * rank + k), &found = all[next];
            REQUIRE(found.open == expected.open);
            CHECK(found.share == expected.share);
            if (found.open.empty()) continue;
            CHECK(found.box == expected.box);
            CHECK(found.margin == expected.margin);
            CHECK(found.point == expected.point);
            CHECK(found.excess == expected.excess);
            CHECK(found.cuts == expected.cuts);
            CHECK(found.signs == expected.signs);
          }
        CHECK(next == all.size());
      });
}
