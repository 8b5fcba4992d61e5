// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One rank of many whose peers do not exist: what memory a rank would take is found out without them.

#include <shardbound/comm/detail/copy_bytes.hpp>
#include <shardbound/core/concepts.hpp>

#include <cstddef>
#include <string>

namespace shardbound::inline v0 {

/// Rank `rank` of `size`, alone. Collectives return at once and move this rank's own part only; what
/// peers would have sent stays as it was, so that no number that comes out means anything. Throws
/// ArgumentError for a rank that is not one of `size`.
class Imagined {
 public:
  Imagined(int rank, int size) : rank_(rank), size_(size) {
    if (rank < 0 || rank >= size)
      throw ArgumentError("there is no rank " + std::to_string(rank) + " of " +
                          std::to_string(size));
  }

  int rank() const { return rank_; }
  int size() const { return size_; }
  void barrier() {}
  void broadcast(void*, std::size_t, int) {}
  void all_gather(const void* mine, void* all, std::size_t bytes_each) {
    detail::copy_bytes(mine, detail::part_of(all, rank_, bytes_each), bytes_each);
  }
  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each) {
    all_gather(mine, all, bytes_each);
  }
  void end_all_gather() {}
  void all_to_all(const void* from, void* to, std::size_t bytes_each) {
    detail::copy_bytes(detail::part_of(from, rank_, bytes_each),
                       detail::part_of(to, rank_, bytes_each), bytes_each);
  }
  /// As if all had given the same colour: the largest group there can be.
  Imagined subgroup(int) { return *this; }
  [[noreturn]] void abort(const char* why) {
    throw CommError("rank " + std::to_string(rank_) + " stopped: " + why);
  }

 private:
  int rank_, size_;
};

static_assert(Communicator<Imagined>);

}  // namespace shardbound::inline v0
