// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/threads.hpp>
#include <tests/support/collectives.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

using namespace shardbound;
using shardbound_test::expect;

namespace {

// What threads::run throws, as "CommError: <what>".
template <class Body>
std::string failure_of(int ranks, const Body& body) {
  try {
    threads::run(ranks, body);
  } catch (const detail::PeerStopped& error) {
    return std::string("PeerStopped: ") + error.what();
  } catch (const CommError& error) {
    return std::string("CommError: ") + error.what();
  } catch (const Cancelled& error) {
    return std::string("Cancelled: ") + error.what();
  } catch (const ArgumentError& error) {
    return std::string("ArgumentError: ") + error.what();
  } catch (const std::exception& error) {
    return std::string("another: ") + error.what();
  } catch (...) {
    return "not an exception";
  }
  return "nothing";
}

void a_while() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

constexpr std::array rank_counts{1, 2, 3, 4, 7, 8};

}  // namespace

TEST_CASE("every collective, every number of ranks") {
  for (const int P : rank_counts) {
    CAPTURE(P);
    std::atomic<int> ran = 0;
    threads::run(P, [&](Threads& comm) {
      expect(comm.size() == P, "the size");
      for (const std::size_t bytes : {0, 1, 3, 64, 100003})
        shardbound_test::check_collectives(comm, bytes);
      ++ran;
    });
    CHECK(ran == P);
  }
}

TEST_CASE("groups within groups") {
  for (const int P : rank_counts)
    for (const int colours : {1, 2, 3}) {
      CAPTURE(P);
      if (colours > P) continue;
      threads::run(P, [&](Threads& comm) { shardbound_test::check_subgroup(comm, colours); });
    }
}

TEST_CASE("ranks are threads, the first one the caller's") {
  const auto caller = std::this_thread::get_id();
  threads::run(3, [&](Threads& comm) {
    expect((std::this_thread::get_id() == caller) == (comm.rank() == 0), "who runs rank 0");
  });
}

TEST_CASE("nothing comes from nowhere") {
  threads::run(3, [](Threads& comm) {
    comm.all_gather(nullptr, nullptr, 0);
    comm.begin_all_gather(nullptr, nullptr, 0);
    comm.end_all_gather();
    comm.all_to_all(nullptr, nullptr, 0);
    comm.broadcast(nullptr, 0, 2);
  });
}

TEST_CASE("thousands of calls, buffers reused at once, copies of a handle alike") {
  for (const int P : {2, 4, 8})
    threads::run(P, [&](Threads& comm) {
      Threads copy = comm;
      std::vector<int> all(static_cast<std::size_t>(P));
      int mine = 0;
      for (int round = 0; round < 1500; ++round) {
        mine = comm.rank() + round;  // as early as it may change
        if (round % 3 == 0) {
          comm.all_gather(&mine, all.data(), sizeof mine);
        } else if (round % 3 == 1) {
          comm.begin_all_gather(&mine, all.data(), sizeof mine);
          copy.end_all_gather();
        } else {
          copy.barrier();
          comm.all_gather(&mine, all.data(), sizeof mine);
        }
        for (int p = 0; p < P; ++p)
          expect(all[static_cast<std::size_t>(p)] == p + round, "what peer has sent");
      }
    });
}

TEST_CASE("an exception in one rank ends the waiting of the others, whatever they wait in") {
  for (const int P : {2, 3, 8})
    for (int call = 0; call < 6; ++call)
      for (const bool late : {false, true}) {
        CAPTURE(P);
        CAPTURE(call);
        const auto body = [&](Threads& comm) {
          Threads part = comm.subgroup(comm.rank() < 2 ? 0 : 1);
          std::vector<char> from(800, 1), to(800, 2);
          if (comm.rank() == 1) {
            if (late) a_while();
            throw ShapeError("3 is not 4");
          }
          if (call == 0) comm.barrier();
          if (call == 1) comm.all_gather(from.data(), to.data(), 100);
          if (call == 2) comm.all_to_all(from.data(), to.data(), 100);
          if (call == 3) comm.broadcast(from.data(), 100, 1);
          if (call == 4) {
            comm.begin_all_gather(from.data(), to.data(), 100);
            comm.end_all_gather();
          }
          if (call == 5) {  // rank 0 waits in one group, the rest in another one
            if (comm.rank() > 0) part.subgroup(0).barrier();
            part.barrier();
            comm.barrier();
          }
        };
        CHECK(failure_of(P, body) == "CommError: rank 1 stopped: 3 is not 4");
      }
}

TEST_CASE("a failure among thousands of calls: buffers go only when nobody reads them") {
  for (int round = 0; round < 60; ++round) {
    const auto body = [&](Threads& comm) {
      for (int call = 0;; ++call) {
        auto from = std::make_unique<std::array<char, 4096>>();
        auto to = std::make_unique<std::array<char, 4 * 4096>>();
        comm.all_gather(from->data(), to->data(), from->size());
        if (comm.rank() == round % 4 && call == round) throw ShapeError("no");
        comm.begin_all_gather(from->data(), to->data(), from->size());
        if (comm.rank() == (round + 1) % 4 && call == round + 5) throw ShapeError("later");
        comm.end_all_gather();
      }
    };
    CHECK(failure_of(4, body) == "CommError: rank " + std::to_string(round % 4) + " stopped: no");
  }
}

TEST_CASE("an exception between the halves of a gather") {
  const auto body = [](Threads& comm) {
    std::vector<char> from(64), to(256);
    comm.begin_all_gather(from.data(), to.data(), 64);
    if (comm.rank() == 3) throw ShapeError("no");
    comm.end_all_gather();
  };
  CHECK(failure_of(4, body) == "CommError: rank 3 stopped: no");
}

TEST_CASE("abort stops everyone, also out of a group and for good") {
  std::atomic<int> refused = 0;
  const auto body = [&](Threads& comm) {
    Threads part = comm.subgroup(comm.rank() % 2);
    if (comm.rank() == 3) part.abort("the disk is full");
    try {
      part.barrier();
      comm.barrier();
    } catch (const CommError& error) {
      expect(error.what() == std::string("rank 3 stopped: the disk is full"), error.what());
    }
    try {
      comm.barrier();
    } catch (const CommError&) {
      ++refused;
    }
  };
  CHECK(failure_of(4, body) == "CommError: rank 3 stopped: the disk is full");
  CHECK(refused == 3);
  // Even if the rank itself goes on as if nothing had happened.
  CHECK(failure_of(2, [](Threads& comm) {
          try {
            if (comm.rank() == 1) comm.abort("no");
          } catch (const CommError&) {}
        }) == "CommError: rank 1 stopped: no");
}

TEST_CASE("what is not an exception is named as such") {
  CHECK(failure_of(2, [](Threads& comm) {
          if (comm.rank() == 1) throw 5;
          comm.barrier();
        }) == "CommError: rank 1 stopped: an unknown error");
}

TEST_CASE("exceptions that callers must tell apart stay what they are") {
  CHECK(failure_of(1, [](Threads&) { throw ArgumentError("no"); }) == "ArgumentError: no");
  CHECK_THROWS_WITH_AS(threads::run(1, [](Threads& comm) { comm.abort("no"); }),
                       "rank 0 stopped: no", CommError);
  CHECK(failure_of(4, [](Threads& comm) {
          if (comm.rank() == 2) throw Cancelled("stopped before its end");
          comm.barrier();
        }) == "Cancelled: stopped before its end");
  CHECK(failure_of(4, [](Threads&) { throw ArgumentError("no such method"); }) ==
        "ArgumentError: no such method");
  // Alike also right after a call that all have made, however late one of them is woken.
  for (int round = 0; round < 50; ++round)
    CHECK(failure_of(4, [](Threads& comm) {
            comm.barrier();
            throw ArgumentError("no such method");
          }) == "ArgumentError: no such method");
  const auto differ = failure_of(
      2, [](Threads& comm) { throw ArgumentError(comm.rank() == 0 ? "no" : "neither"); });
  CHECK((differ == "CommError: rank 0 stopped: no" ||
         differ == "CommError: rank 1 stopped: neither"));
}

TEST_CASE("ranks that do not make the same calls are told so") {
  char buffer[4][256];
  CHECK(failure_of(2,
                   [&](Threads& comm) {
                     if (comm.rank() == 0) comm.all_gather(buffer[0], buffer[1], 64);
                     if (comm.rank() == 1) comm.barrier();
                   }) ==
        "CommError: the ranks do not make the same calls: rank 0 is in all_gather of 64 "
        "bytes, rank 1 in barrier");
  CHECK(failure_of(3,
                   [&](Threads& comm) {
                     const std::size_t bytes = comm.rank() == 2 ? 32 : 16;
                     comm.all_to_all(buffer[comm.rank()], buffer[3], bytes);
                   }) ==
        "CommError: the ranks do not make the same calls: rank 0 is in all_to_all of 16 "
        "bytes, rank 2 in all_to_all of 32 bytes");
  CHECK(
      failure_of(2, [&](Threads& comm) { comm.broadcast(buffer[comm.rank()], 8, comm.rank()); }) ==
      "CommError: the ranks do not make the same calls: rank 0 is in broadcast of 8 bytes "
      "from rank 0, rank 1 in broadcast of 8 bytes from rank 1");
  CHECK(failure_of(4, [&](Threads& comm) {
          Threads part = comm.subgroup(comm.rank() / 2);
          if (comm.rank() == 3) part.subgroup(0);
          part.barrier();
          comm.barrier();
        }).find("rank 2 is in barrier, rank 3 in subgroup") != std::string::npos);
}

TEST_CASE("a rank that has ended is not waited for") {
  for (const bool in_group : {false, true}) {
    const auto what = failure_of(2, [&](Threads& comm) {
      Threads part = comm.subgroup(0);
      if (comm.rank() == 1) return;
      (in_group ? part : comm).barrier();
    });
    CHECK(what == "CommError: rank 0 stopped: rank 1 ended while rank 0 waits for it in barrier");
  }
  // A handle that outlives the run does not hang either.
  std::optional<Threads> kept;
  threads::run(2, [&](Threads& comm) {
    if (comm.rank() == 0) kept = comm;
  });
  CHECK_THROWS_AS(kept->barrier(), CommError);
}

TEST_CASE("halves of a gather that do not fit") {
  char out[2][16];
  CHECK(failure_of(2, [&](Threads& comm) {
          comm.begin_all_gather(out[comm.rank()], out[comm.rank()], 0);
          if (comm.rank() == 1) a_while();
          comm.barrier();
        }).find("barrier between begin_all_gather and end_all_gather") != std::string::npos);
  CHECK(failure_of(1, [&](Threads& comm) { comm.end_all_gather(); }) ==
        "CommError: end_all_gather without begin_all_gather");
  CHECK(failure_of(1, [&](Threads& comm) {
          comm.begin_all_gather(nullptr, nullptr, 0);
          comm.begin_all_gather(nullptr, nullptr, 0);
        }) == "CommError: a second begin_all_gather before end_all_gather");
}

TEST_CASE("arguments that make no sense are refused in words") {
  CHECK(failure_of(0, [](Threads&) {}) ==
        "ArgumentError: threads::run: 0 ranks, where 1 is the least");
  CHECK(failure_of(-3, [](Threads&) {}).substr(0, 14) == "ArgumentError:");
  CHECK(failure_of(2, [](Threads& comm) { comm.broadcast(nullptr, 0, 2); }) ==
        "ArgumentError: broadcast: there is no rank 2 of 2");
  CHECK(failure_of(2, [](Threads& comm) { comm.subgroup(-1); }) ==
        "ArgumentError: subgroup: colour -1 is below 0");
}

namespace {
std::atomic<int> moves = 0;
void counting_move(const void* from, void* to, std::size_t bytes) {
  detail::copy_bytes(from, to, bytes);
  ++moves;
}
void failing_move(const void*, void*, std::size_t bytes) {
  if (bytes > 0) throw DeviceError("the bus is off");
}
}  // namespace

TEST_CASE("bytes are moved as the caller says") {
  moves = 0;
  threads::run(
      3,
      [](Threads& comm) {
        for (const std::size_t bytes : {0, 1, 4096})
          shardbound_test::check_collectives(comm, bytes);
        shardbound_test::check_subgroup(comm, 2);
      },
      counting_move);
  CHECK(moves > 0);
}

TEST_CASE("a move that fails is its rank's failure, and everybody's") {
  try {
    threads::run(
        3,
        [](Threads& comm) {
          int in = 1, out[3] = {};
          if (comm.rank() == 1) comm.all_gather(&in, out, sizeof in);
          comm.barrier();
        },
        failing_move);
    FAIL("nothing was thrown");
  } catch (const CommError&) {  // calls that do not match are found out as well
  }
  CHECK_THROWS_WITH_AS(threads::run(
                           2,
                           [](Threads& comm) {
                             int in = 1, out[2] = {};
                             comm.all_gather(&in, out, sizeof in);
                           },
                           failing_move),
                       doctest::Contains("the bus is off"), Error);
}

TEST_CASE("a failure can be seen without a meeting") {
  const auto told = failure_of(2, [](Threads& comm) {
    if (comm.rank() == 1) throw ShapeError("3 is not 4");
    for (;;) {
      comm.look();
      std::this_thread::yield();
    }
  });
  CHECK(told == "CommError: rank 1 stopped: 3 is not 4");
}
