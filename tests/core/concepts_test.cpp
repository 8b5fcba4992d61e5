// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/comm/any.hpp>
#include <shardbound/comm/imagined.hpp>
#include <shardbound/comm/self.hpp>
#include <shardbound/comm/threads.hpp>
#include <tests/support/checked_backend.hpp>

using namespace shardbound;

static_assert(Communicator<Self> && Communicator<Imagined> && Communicator<Threads>);
static_assert(Communicator<AnyCommunicator>);
static_assert(Backend<EigenBackend>);
static_assert(Backend<shardbound_test::CheckedBackend>);

static_assert(!Communicator<EigenBackend> && !Backend<Self> && !Backend<int>);

struct Deaf : Self {
  Deaf subgroup(int) { return {}; }
  void all_gather() {}  // hides the collective
};
static_assert(!Communicator<Deaf>);

struct Stranger : Self {};  // subgroup leads to another family
static_assert(!Communicator<Stranger>);

struct Tied : Self {  // a handle that cannot be copied
  explicit Tied(Self& other) : peers(other) {}
  Tied subgroup(int) { return *this; }
  Self& peers;
};
static_assert(!Communicator<Tied>);

struct Leaky : EigenBackend {
  void* allocate(std::size_t) { return nullptr; }  // memory that is not booked
};
static_assert(!Backend<Leaky>);

class Private : public EigenBackend {
  void lend() {}  // memory that no communicator may touch
};
static_assert(!Backend<Private>);

TEST_CASE("both backends have names to report") {
  CHECK(EigenBackend::name == "cpu");
  CHECK(shardbound_test::CheckedBackend::name == "checked");
}
