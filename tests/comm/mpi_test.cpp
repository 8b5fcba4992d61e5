// SPDX-License-Identifier: BSD-3-Clause

// Run by mpirun on 1 to 4 ranks (tests/ranks.cmake). All ranks make the same calls, so a check must not
// end a test early in one of them: CHECK, not REQUIRE.

#include <doctest/doctest.h>

#include <shardbound/comm/any.hpp>
#include <shardbound/mpi.hpp>
#include <tests/support/collectives.hpp>

#include <array>
#include <cstdlib>
#include <vector>

using namespace shardbound;

TEST_CASE("as many ranks as mpirun was asked for") {
  Mpi world = mpi::world();
  const char* started = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (started) CHECK(world.size() == std::atoi(started));
  CHECK(world.rank() < world.size());
}

TEST_CASE("every collective") {
  Mpi world = mpi::world();
  for (const std::size_t bytes : {0, 1, 3, 64, 100003})
    shardbound_test::check_collectives(world, bytes);
}

TEST_CASE("groups within groups, freed with their last handle") {
  Mpi world = mpi::world();
  for (int round = 0; round < 100; ++round)
    for (int colours = 1; colours <= world.size(); ++colours)
      shardbound_test::check_subgroup(world, colours);
  CHECK_THROWS_WITH_AS(world.subgroup(-1), "subgroup: colour -1 is below 0", ArgumentError);
}

TEST_CASE("behind AnyCommunicator") {
  AnyCommunicator world = mpi::world();
  shardbound_test::check_collectives(world, 12);
  shardbound_test::check_subgroup(world, 2);
}

TEST_CASE("thousands of calls") {
  Mpi world = mpi::world(), copy = world;
  std::vector<int> all(static_cast<std::size_t>(world.size()));
  int wrong = 0;
  for (int round = 0; round < 2000; ++round) {
    const int mine = world.rank() + round;
    world.begin_all_gather(&mine, all.data(), sizeof mine);
    copy.end_all_gather();
    for (int p = 0; p < world.size(); ++p) wrong += all[static_cast<std::size_t>(p)] != p + round;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a block beyond an int's reach is one element of pieces") {
  // The same with small pieces: 23 bytes as 4 of 5 and a rest, 20 without one.
  Mpi world = mpi::world();
  for (const std::size_t bytes : {20, 23}) {
    const mpi::Message block(bytes, 5);
    CHECK(block.count == 1);
    MPI_Aint first = 0, extent = 0;
    MPI_Type_get_extent(block.type, &first, &extent);
    CHECK(static_cast<std::size_t>(extent) == bytes);
    std::vector<unsigned char> all(bytes * static_cast<std::size_t>(world.size())), want;
    for (int p = 0; p < world.size(); ++p)
      for (std::size_t i = 0; i < bytes; ++i) want.push_back(shardbound_test::byte_of(p, 0, i));
    std::vector<unsigned char> mine;
    for (std::size_t i = 0; i < bytes; ++i)
      mine.push_back(shardbound_test::byte_of(world.rank(), 0, i));
    MPI_Allgather(mine.data(), block.count, block.type, all.data(), block.count, block.type,
                  MPI_COMM_WORLD);
    CHECK(all == want);
  }
  CHECK(mpi::Message(5, 5).count == 5);
}

TEST_CASE("calls that MPI refuses are errors with its words") {
  Mpi world = mpi::world();
  int none = 0;
  std::string what;
  try {
    world.broadcast(&none, sizeof none, world.size());
  } catch (const CommError& error) {
    what = error.what();
  }
  CHECK(what.find("MPI_Bcast failed: MPI_ERR_ROOT") == 0);
  CHECK_THROWS_WITH_AS(world.end_all_gather(), "end_all_gather without begin_all_gather",
                       CommError);
  world.barrier();
}
