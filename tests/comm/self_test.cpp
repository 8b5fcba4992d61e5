// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/self.hpp>

#include <array>

using namespace shardbound;

TEST_CASE("one rank hands back what was put in") {
  Self self;
  CHECK(self.rank() == 0);
  CHECK(self.size() == 1);
  const std::array<int, 3> mine{1, 2, 3};
  std::array<int, 3> all{}, swapped{};
  self.all_gather(mine.data(), all.data(), sizeof mine);
  self.all_to_all(mine.data(), swapped.data(), sizeof mine);
  CHECK(all == mine);
  CHECK(swapped == mine);
  self.broadcast(all.data(), sizeof all, 0);
  CHECK(all == mine);
  CHECK(self.split(5).size() == 1);
}

TEST_CASE("abort names the rank and the reason") {
  CHECK_THROWS_WITH_AS(Self{}.abort("out of luck"), "rank 0 stopped: out of luck", CommError);
}
