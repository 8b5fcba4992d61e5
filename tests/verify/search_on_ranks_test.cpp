// SPDX-License-Identifier: BSD-3-Clause

// Searches over neurons by several ranks, that have parts of their own or share their engines: the same domains, and one that
// is stopped stops all.

#include <doctest/doctest.h>

#include <shardbound/verify/search_neurons.hpp>
#include <tests/support/search_outcome.hpp>

#include <random>
#include <utility>
#include <vector>

using namespace shardbound_test;

TEST_CASE("the same on any number of ranks") {
  constexpr unsigned seed = 4;
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  const auto property = property_of(host, random, {1, 2, 1}, {-0.05, -0.2, -0.05});
  const auto engine = searched_engine(seed);
  const Outcome expected = search(*engine, *engine, property, 1, {0, 1, 2});
  CHECK(expected.counts.domains > 10);
  for (const int ranks : {2, 3})
    for (const sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded})
      sb::threads::run(ranks, [&](auto& comm) {
        const auto shared = searched_engine(seed, comm, store);
        const Outcome found = search(*shared, *shared, property, 1, {0, 1, 2}, request_of(24));
        CHECK(found.refuted == expected.refuted);
        CHECK(found.counts.domains == expected.counts.domains);
        // Ranks that hold the whole network have parts of their own.
        CHECK((found.counts.own < found.counts.domains) == (store == sb::Store::replicated));
        // Of two scalars too: what float32 guesses float64 proves, each on its rank.
        const auto guessing = searched_engine<float>(seed, comm, store);
        const Outcome proved = search(*guessing, *shared, property, 1, {0, 1, 2}, request_of(24));
        CHECK(proved.refuted == expected.refuted);
      });
}

TEST_CASE("an observer is told by rank 0 alone, also where ranks search by themselves") {
  struct Counting : sb::Observer {
    int calls = 0;
    void see(const sb::Progress&) override { ++calls; }
  };
  constexpr unsigned seed = 4;
  std::mt19937 random(seed);
  const auto property = property_of(searched_host(seed), random, {1, 2}, {-0.05, -0.2});
  sb::threads::run(2, [&](auto& comm) {
    const auto shared = searched_engine(seed, comm);
    Counting counting;
    auto request = request_of();
    request.observer = &counting;
    search(*shared, *shared, property, 1, {0, 1}, request);
    CHECK((counting.calls > 0) == (comm.rank() == 0));
  });
}

TEST_CASE("where one rank's time is over all are stopped") {
  constexpr unsigned seed = 4;
  std::mt19937 random(seed);
  const auto property = property_of(searched_host(seed), random, {1, 2, 1}, {-0.05, -0.2, -0.05});
  for (const int stopped : {0, 2})
    sb::threads::run(3, [&](auto& comm) {
      const auto shared = searched_engine(seed, comm);
      sb::CancelToken token;
      if (comm.rank() == stopped) token.cancel();
      auto request = request_of();
      request.cancel = &token;
      CHECK_THROWS_AS(search(*shared, *shared, property, 1, {0, 1, 2}, request), sb::Cancelled);
    });
}

TEST_CASE("a search is given up after the same parts for every batch and number of ranks") {
  int several = 0;
  for (const unsigned seed : {1u, 4u, 6u, 9u}) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const HostNetwork host = searched_host(seed);
    const auto property = property_of(host, random, {1, 2, 1}, {-0.01, -0.02, -0.01});
    const auto counts_of = [&](sb::Engine& engine, sb::index_t rows) {
      auto request = request_of(rows);
      request.options.patience = 8;
      const Outcome found = search(engine, engine, property, 1, {0, 1, 2}, std::move(request));
      CHECK_FALSE(found.hit);
      return found;
    };
    const auto engine = searched_engine(seed);
    const Outcome expected = counts_of(*engine, 64);
    several += expected.counts.domains > 20;
    for (const sb::index_t rows : {4, 12, 256}) {
      const Outcome found = counts_of(*engine, rows);
      CHECK(found.refuted == expected.refuted);
      CHECK(found.counts.domains == expected.counts.domains);
    }
    for (const int ranks : {2, 3})
      for (const sb::Store store : {sb::Store::replicated, sb::Store::fully_sharded})
        sb::threads::run(ranks, [&](auto& comm) {
          const auto shared = searched_engine(seed, comm, store);
          const Outcome found = counts_of(*shared, 24);
          CHECK(found.refuted == expected.refuted);
          CHECK(found.counts.domains == expected.counts.domains);
        });
  }
  CHECK(several > 1);
}
