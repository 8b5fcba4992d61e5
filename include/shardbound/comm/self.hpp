// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The communicator of a single rank: every collective hands back what was put in.

#include <shardbound/comm/detail/copy_bytes.hpp>
#include <shardbound/core/concepts.hpp>

#include <cstddef>
#include <string>

namespace shardbound::inline v0 {

class Self {
 public:
  int rank() const { return 0; }
  int size() const { return 1; }
  void barrier() {}
  void broadcast(void*, std::size_t, int) {}
  void all_gather(const void* mine, void* all, std::size_t bytes_each) {
    detail::copy_bytes(mine, all, bytes_each);
  }
  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each) {
    all_gather(mine, all, bytes_each);
  }
  void end_all_gather() {}
  void all_to_all(const void* from, void* to, std::size_t bytes_each) {
    detail::copy_bytes(from, to, bytes_each);
  }
  Self subgroup(int) { return {}; }
  [[noreturn]] void abort(const char* why) {
    throw CommError(std::string("rank 0 stopped: ") + why);
  }
};

static_assert(Communicator<Self>);

namespace self {

/// Calls body(communicator), as threads::run does for several ranks.
template <class Body>
void run(const Body& body) {
  Self communicator;
  body(communicator);
}

}  // namespace self

}  // namespace shardbound::inline v0
