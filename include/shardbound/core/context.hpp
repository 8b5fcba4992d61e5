// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a call works with, handed down instead of kept in globals: the backend (device, stream and
// memory), the communicator, and a token by which the caller can end the work early.

#include <shardbound/core/errors.hpp>

#include <atomic>
#include <chrono>
#include <optional>

namespace shardbound::inline v0 {

/// The work was stopped on request or at its deadline.
class Cancelled : public Error {
 public:
  using Error::Error;
};

/// cancel() may be called from any thread, expire_at() before the work begins; looked at between the
/// products of a pass. Where several ranks work together each has a token, or none has, and rank 0's
/// decides for all.
class CancelToken {
 public:
  using Clock = std::chrono::steady_clock;

  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  void expire_at(Clock::time_point deadline) { deadline_ = deadline; }

  bool cancelled() const {
    return cancelled_.load(std::memory_order_relaxed) || (deadline_ && Clock::now() >= *deadline_);
  }

 private:
  std::atomic<bool> cancelled_ = false;
  std::optional<Clock::time_point> deadline_;
};

template <class Backend, class Communicator>
struct Context {
  Backend* backend = nullptr;
  Communicator* communicator = nullptr;
  const CancelToken* cancel = nullptr;

  /// Throws Cancelled, on all ranks alike, once rank 0's token says so. (broadcast, 1 byte)
  void check() const {
    if (cancel && communicator->agree(cancel->cancelled()))
      throw Cancelled("the computation was stopped before its end");
  }
};

}  // namespace shardbound::inline v0
