// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/imagined.hpp>

#include <array>

using namespace shardbound;

TEST_CASE("a rank without peers moves its own part only") {
  Imagined comm(1, 3);
  CHECK(comm.rank() == 1);
  CHECK(comm.size() == 3);
  using Ints = std::array<int, 3>;
  const int mine = 7;

  Ints all{-1, -1, -1};
  comm.all_gather(&mine, all.data(), sizeof mine);
  CHECK(all == Ints{-1, 7, -1});
  comm.all_gather(&all[1], all.data(), sizeof mine);  // in place
  CHECK(all == Ints{-1, 7, -1});

  Ints begun{-1, -1, -1};
  comm.begin_all_gather(&mine, begun.data(), sizeof mine);
  comm.end_all_gather();
  CHECK(begun == Ints{-1, 7, -1});

  const Ints from{4, 5, 6};
  Ints to{-1, -1, -1};
  comm.all_to_all(from.data(), to.data(), sizeof mine);
  CHECK(to == Ints{-1, 5, -1});

  comm.broadcast(to.data(), sizeof to, 0);
  CHECK(to == Ints{-1, 5, -1});
  comm.barrier();
  comm.all_gather(nullptr, nullptr, 0);
  CHECK(comm.subgroup(0).size() == 3);
  CHECK(comm.subgroup(0).rank() == 1);
}

TEST_CASE("a rank is one of the size") {
  CHECK_THROWS_WITH_AS(Imagined(3, 3), "there is no rank 3 of 3", ArgumentError);
  CHECK_THROWS_AS(Imagined(-1, 3), ArgumentError);
  CHECK_THROWS_AS(Imagined(0, 0), ArgumentError);
  CHECK_THROWS_WITH_AS(Imagined(2, 3).abort("tired"), "rank 2 stopped: tired", CommError);
}
