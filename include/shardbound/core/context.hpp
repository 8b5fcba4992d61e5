// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a call works with, handed down instead of kept in globals: the backend (device, stream and
// memory), the communicator, a token by which the caller can end the work early, and an observer that is
// told how far it has come.

#include <shardbound/core/errors.hpp>
#include <shardbound/core/shape.hpp>

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
/// decides for all, or, where ranks search by themselves, any that is cancelled.
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

/// Where the work is: at a node, and there at which of its waves of rows. At a node whose intervals are
/// worked out there are no rows. Where slopes are optimised: in which
/// evaluation, or in the step after it.
struct Progress {
  int node = 0;
  index_t wave = 0, waves = 0;        ///< this one, from 1 on, of at most so many
  index_t done = 0, rows = 0;         ///< rows before this wave, of all
  int iteration = 0, iterations = 0;  ///< this one, from 1 on, of at most so many
};

/// Is told, on rank 0 alone and by the thread that runs the pass, before each node and each wave. It
/// should be quick, and must not throw: the other ranks would be left waiting. What a backend recorded and
/// does again as one has no middle to tell of.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void see(const Progress& progress) = 0;
};

/// Tells another in which evaluation the work is, besides where.
struct CountingObserver : Observer {
  CountingObserver(Observer* observer, int most) : inner(observer), iterations(most) {}
  void see(const Progress& progress) override {
    Progress counted = progress;
    counted.iteration = iteration;
    counted.iterations = iterations;
    inner->see(counted);
  }

  Observer* inner;
  int iteration = 1, iterations;
};

template <class Backend, class Communicator>
struct Context {
  Backend* backend = nullptr;
  Communicator* communicator = nullptr;
  const CancelToken* cancel = nullptr;
  Observer* observer = nullptr;

  /// Throws Cancelled, on all ranks alike, once rank 0's token says so. (broadcast, 1 byte)
  void check() const {
    if (cancel && communicator->agree(cancel->cancelled()))
      throw Cancelled("the computation was stopped before its end");
  }
  void report(const Progress& progress) const {
    if (observer && communicator->rank() == 0) observer->see(progress);
  }
};

}  // namespace shardbound::inline v0
