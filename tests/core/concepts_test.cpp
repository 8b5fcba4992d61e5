// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/comm/self.hpp>
#include <tests/support/checked_backend.hpp>

using namespace shardbound;

static_assert(Communicator<Self>);
static_assert(Backend<EigenBackend>);
static_assert(Backend<shardbound_test::CheckedBackend>);

static_assert(!Communicator<EigenBackend> && !Backend<Self> && !Backend<int>);

struct Deaf : Self {
  void all_gather() {}  // hides the collective
};
static_assert(!Communicator<Deaf>);

struct Leaky : EigenBackend {
  void* allocate(std::size_t) { return nullptr; }  // memory that is not booked
};
static_assert(!Backend<Leaky>);

TEST_CASE("both backends have names to report") {
  CHECK(EigenBackend::name == "cpu");
  CHECK(shardbound_test::CheckedBackend::name == "checked");
}
