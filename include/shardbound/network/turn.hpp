// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Who may work on a network. What passes write is their own, so on a backend that works for several threads
// at once there is nothing to ask for. A queue of work that is one for all (a GPU's stream) is used in turns.
// Ranks that share a network must meet in the same order in every collective, which two threads of a rank cannot
// promise each other even if they never overlap: there a network belongs to the thread that was first.

#include <shardbound/core/errors.hpp>

#include <mutex>
#include <thread>

namespace shardbound::inline v0 {

class Turns {
 public:
  enum class Rule { none, wait, refuse };
  explicit Turns(Rule rule) : rule_(rule) {}

 private:
  friend class Turn;
  Rule rule_;
  std::mutex mutex_;
  std::thread::id owner_;  // under `refuse`, once there is one
};

/// One thread's turn, from take() to give_back() or its own end.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(&turns), lock_(turns.mutex_, std::defer_lock) { take(); }

  /// Throws ArgumentError on a second thread where other ranks take part.
  void take() {
    if (turns_->rule_ == Turns::Rule::wait) lock_.lock();
    if (turns_->rule_ != Turns::Rule::refuse) return;
    const std::lock_guard guard(turns_->mutex_);
    if (turns_->owner_ == std::thread::id{}) turns_->owner_ = std::this_thread::get_id();
    if (turns_->owner_ != std::this_thread::get_id())
      throw ArgumentError(
          "a second thread of this rank bounds with a network that several ranks share. Fix: one "
          "thread a rank, or a network for each thread");
  }
  /// The same where nothing may be thrown: at the end of a pass.
  void take_to_end() {
    if (turns_->rule_ == Turns::Rule::wait) lock_.lock();
  }
  void give_back() {
    if (lock_.owns_lock()) lock_.unlock();
  }

 private:
  Turns* turns_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace shardbound::inline v0
