// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/comm/any.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/collectives.hpp>

#include <array>

using namespace shardbound;

static_assert(!std::constructible_from<AnyCommunicator, int>);

TEST_CASE("without a communicator it is one rank") {
  AnyCommunicator comm;
  CHECK(comm.rank() == 0);
  CHECK(comm.size() == 1);
  shardbound_test::check_collectives(comm, 9);
  shardbound_test::check_subgroup(comm, 1);
  CHECK(comm.received() == 0);
  CHECK_THROWS_WITH_AS(comm.abort("no"), "rank 0 stopped: no", CommError);
}

TEST_CASE("it does what the communicator inside does") {
  for (const int P : {1, 2, 3, 4, 7, 8})
    threads::run(P, [](AnyCommunicator comm) {
      for (const std::size_t bytes : {0, 1, 7, 4096})
        shardbound_test::check_collectives(comm, bytes);
      shardbound_test::check_subgroup(comm, 2);
    });
}

TEST_CASE("bytes are counted as peers send them, over all copies of a handle") {
  threads::run(3, [](AnyCommunicator comm) {
    AnyCommunicator copy = comm;
    std::array<char, 30> from{}, to{};
    comm.barrier();
    shardbound_test::expect(comm.received() == 0, "a barrier sends nothing");
    comm.all_gather(from.data(), to.data(), 10);
    shardbound_test::expect(comm.received() == 20, "all_gather: two peers");
    copy.begin_all_gather(from.data(), to.data(), 7);
    copy.end_all_gather();
    shardbound_test::expect(comm.received() == 34, "begin_all_gather, through a copy");
    comm.all_to_all(from.data(), to.data(), 3);
    shardbound_test::expect(copy.received() == 40, "all_to_all: two peers");
    comm.broadcast(from.data(), 5, 1);
    shardbound_test::expect(comm.received() == (comm.rank() == 1 ? 40u : 45u),
                            "broadcast: the root receives nothing");
    AnyCommunicator part = comm.subgroup(0);
    part.all_gather(from.data(), to.data(), 10);
    shardbound_test::expect(part.received() == 20, "a group counts for itself");
    shardbound_test::expect(copy.received() == (comm.rank() == 1 ? 40u : 45u), "and not here");
  });
}

TEST_CASE("a rank that is imagined counts what its peers would have sent") {
  AnyCommunicator comm = Imagined(2, 4);
  CHECK(comm.rank() == 2);
  std::array<char, 40> all{};
  comm.all_gather(all.data() + 20, all.data(), 10);
  CHECK(comm.received() == 30);
  CHECK(comm.subgroup(1).size() == 4);
}

namespace {

/// One rank that follows one queue, and notes what it was given.
class Following : public Self {
 public:
  struct Seen {
    void* queue = nullptr;
    int looks = 0;
  };
  explicit Following(Seen& seen) : seen_(&seen) {}

  bool follows(void* queue) const { return queue == seen_; }
  void all_gather(const void*, void*, std::size_t, void* queue) { seen_->queue = queue; }
  void begin_all_gather(const void*, void*, std::size_t, void* queue) { seen_->queue = queue; }
  void all_to_all(const void*, void*, std::size_t, void* queue) { seen_->queue = queue; }
  using Self::all_gather;
  using Self::all_to_all;
  using Self::begin_all_gather;
  Following subgroup(int) { return *this; }
  void look() { ++seen_->looks; }

 private:
  Seen* seen_;
};
static_assert(Communicator<Following>);

}  // namespace

TEST_CASE("queues are for those who follow them") {
  int other = 0;
  AnyCommunicator plain;
  CHECK_FALSE(plain.follows(&other));
  plain.look();  // there is nothing to see

  Following::Seen seen;
  AnyCommunicator comm = Following(seen);
  CHECK(comm.follows(&seen));
  CHECK_FALSE(comm.follows(&other));
  CHECK_FALSE(comm.follows(nullptr));
  comm.look();
  CHECK(seen.looks == 1);
  char from = 0, to = 0;
  const auto reaches = [&](const auto& call) {
    seen.queue = nullptr;
    call();
    return seen.queue == &seen;
  };
  CHECK(reaches([&] { comm.all_gather(&from, &to, 1, &seen); }));
  CHECK(reaches([&] { comm.begin_all_gather(&from, &to, 1, &seen); }));
  CHECK(reaches([&] { comm.all_to_all(&from, &to, 1, &seen); }));
}
