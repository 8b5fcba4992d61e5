// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/worker_pool.hpp>

#include <atomic>
#include <stdexcept>

using namespace shardbound;

TEST_CASE("blocks cover every row once and are as high as products need") {
  for (int threads = 1; threads <= 5; ++threads) {
    WorkerPool pool(threads);
    CHECK(pool.size() == threads);
    for (const index_t rows : {0, 1, 15, 16, 17, 24, 31, 32, 33, 40, 48, 100, 1000}) {
      CAPTURE(threads);
      CAPTURE(rows);
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(rows));
      std::atomic<bool> well_formed = true;
      pool.over_rows(rows, [&](int thread, index_t first, index_t count) {
        const bool whole = first == 0 && count == rows;
        if (thread < 0 || thread >= threads || count <= 0 || first % row_group != 0)
          well_formed = false;
        if (!whole && count < least_rows) well_formed = false;
        for (index_t r = first; r < first + count; ++r) ++seen[static_cast<std::size_t>(r)];
      });
      CHECK(well_formed);
      for (const auto& times : seen) REQUIRE(times == 1);
    }
  }
}

TEST_CASE("threads share the work") {
  WorkerPool pool(3);
  std::atomic<int> used = 0;
  pool.over_rows(3 * 16, [&](int thread, index_t, index_t) { used |= 1 << thread; });
  CHECK(used == 0b111);
}

TEST_CASE("a failure reaches the caller, and the pool goes on") {
  WorkerPool pool(3);
  for (int round = 0; round < 20; ++round) {
    CHECK_THROWS_AS(pool.over_rows(100,
                                   [&](int thread, index_t, index_t) {
                                     if (thread == round % 3) throw std::runtime_error("no");
                                   }),
                    std::runtime_error);
    std::atomic<index_t> rows = 0;
    pool.over_rows(100, [&](int, index_t, index_t count) { rows += count; });
    CHECK(rows == 100);
  }
}

TEST_CASE("blocks and single things are gone through once, with a pool and without") {
  WorkerPool pool(3);
  for (WorkerPool* const one : {&pool, static_cast<WorkerPool*>(nullptr)})
    for (const std::size_t count : {0, 1, 100}) {
      std::vector<std::atomic<int>> seen(count);
      over_each(one, count, [&](std::size_t i) { ++seen[i]; });
      for (const auto& times : seen) CHECK(times == 1);
      std::atomic<std::size_t> covered = 0;
      over_blocks(one, count, [&](std::size_t begin, std::size_t end) { covered += end - begin; });
      CHECK(covered == count);
    }
}
