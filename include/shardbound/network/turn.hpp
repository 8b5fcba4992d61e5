// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Who may work on a network. What passes write is their own, so on a backend that works for several threads
// at once there is nothing to ask for. A queue of work that is one for all (a GPU's stream) is used in turns.
// Ranks that share a network must meet in the same order in every collective, which two threads of a rank cannot
// promise each other: there the second one is refused.

#include <shardbound/core/errors.hpp>

#include <mutex>

namespace shardbound::inline v0 {

class Turns {
 public:
  enum class Rule { none, wait, refuse };
  explicit Turns(Rule rule) : rule_(rule) {}

 private:
  friend class Turn;
  Rule rule_;
  std::mutex mutex_;
};

/// One thread's turn, from take() to give_back() or its own end.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(&turns), lock_(turns.mutex_, std::defer_lock) { take(); }

  /// Throws ArgumentError where it would have to wait for a pass that other ranks take part in.
  void take() {
    if (turns_->rule_ == Turns::Rule::wait) lock_.lock();
    if (turns_->rule_ == Turns::Rule::refuse && !lock_.try_lock())
      throw ArgumentError(
          "another thread of this rank is bounding with this network, which several ranks share. "
          "Fix: one pass at a time, or a network for each thread");
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
