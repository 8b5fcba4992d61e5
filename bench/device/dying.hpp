// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A rank that fails while the others count on it.

#include <shardbound/core/errors.hpp>
#include <shardbound/nccl.hpp>

#include <csignal>
#include <string>
#include <utility>

namespace shardbound_bench {

namespace sb = shardbound;

/// NCCL's ranks, one of which fails in its n-th gather: by an exception, or by an end without a word.
class Dying : public sb::Nccl {
 public:
  Dying(const sb::Nccl& ranks, int who, int gathers, std::string how)
      : sb::Nccl(ranks), left_(ranks.rank() == who ? gathers : 0), how_(std::move(how)) {}

  void all_gather(const void* mine, void* all, std::size_t bytes_each, void* queue = nullptr) {
    count();
    sb::Nccl::all_gather(mine, all, bytes_each, queue);
  }
  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each,
                        void* queue = nullptr) {
    count();
    sb::Nccl::begin_all_gather(mine, all, bytes_each, queue);
  }
  Dying subgroup(int colour) { return Dying(sb::Nccl::subgroup(colour), -1, 0, how_); }

 private:
  void count() {
    if (left_ == 0 || --left_ > 0) return;
    if (how_ == "kill") std::raise(SIGKILL);
    throw sb::OutOfMemory("no memory for 8 bytes of coefficients");
  }

  int left_;
  std::string how_;
};

static_assert(sb::Communicator<Dying>);

}  // namespace shardbound_bench
