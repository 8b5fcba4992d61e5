// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/self.hpp>
#include <tests/support/collectives.hpp>

#include <array>

using namespace shardbound;

TEST_CASE("one rank hands back what was put in") {
  Self self;
  CHECK(self.rank() == 0);
  CHECK(self.size() == 1);
  for (const std::size_t bytes : {0, 1, 7, 4096}) shardbound_test::check_collectives(self, bytes);
  shardbound_test::check_subgroup(self, 1);
}

TEST_CASE("a block that is in its place stays there, and nothing comes from nowhere") {
  Self self;
  std::array<int, 3> all{1, 2, 3};
  self.all_gather(all.data(), all.data(), sizeof all);
  self.begin_all_gather(all.data(), all.data(), sizeof all);
  self.end_all_gather();
  CHECK(all == std::array<int, 3>{1, 2, 3});
  self.all_gather(nullptr, nullptr, 0);
  self.all_to_all(nullptr, nullptr, 0);
}

TEST_CASE("abort names the rank and the reason") {
  CHECK_THROWS_WITH_AS(Self{}.abort("out of luck"), "rank 0 stopped: out of luck", CommError);
}

TEST_CASE("what leaves the body reaches the caller as it is") {
  CHECK_THROWS_WITH_AS(self::run([](Self&) { throw ShapeError("3 is not 4"); }), "3 is not 4",
                       ShapeError);
}
