// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How ranks that are threads of one process meet: they count arrivals, and copy from each other's
// buffers between two meetings. Whoever waits can be woken with a failure instead.

#include <shardbound/comm/detail/copy_bytes.hpp>
#include <shardbound/core/errors.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace shardbound::inline v0::detail {

/// What the other ranks get when one has failed.
class PeerStopped : public CommError {
 public:
  using CommError::CommError;
};

/// What all groups of one run share: its end, good or bad, the place where they sleep, and how bytes are
/// moved. One failure stops every group, whichever it was found in.
class ThreadWorld {
 public:
  ThreadWorld(int ranks, CopyBytes how)
      : copy(how),
        ended_(static_cast<std::size_t>(ranks)),
        spins_(static_cast<int>(std::thread::hardware_concurrency()) >= ranks ? 2000 : 0) {}

  const CopyBytes copy;

  bool failed() const { return failed_.load(); }
  int first_failed() const { return failed_rank_; }  // once failed() is true, as the next
  [[noreturn]] void throw_failure() const { throw PeerStopped(sentence_); }

  /// The first failure counts; those after it are mostly its consequences.
  void fail(int rank, const std::string& why) {
    {
      std::lock_guard lock(mutex_);
      if (failed_) return;
      failed_rank_ = rank;
      sentence_ = "rank " + std::to_string(rank) + " stopped: " + why;
      failed_.store(true);
    }
    wake_.notify_all();
  }

  /// A rank that has ended meets nobody any more.
  void end(int rank) {
    {
      std::lock_guard lock(mutex_);
      ended_[static_cast<std::size_t>(rank)] = true;
    }
    wake_.notify_all();
  }

  void wake_all() {
    { std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }

  /// Waits until there() or a failure. Returns a rank that has ended if it is among `members` and
  /// there() can therefore no longer come true, else none.
  template <class There>
  std::optional<int> wait(const std::vector<int>& members, const There& there) {
    for (int spin = 0; spin < spins_; ++spin)
      if (there()) return std::nullopt;
    std::unique_lock lock(mutex_);
    for (;;) {
      // Looked at first: a rank arrives before it ends.
      const auto gone = std::find_if(members.begin(), members.end(), [this](int rank) {
        return ended_[static_cast<std::size_t>(rank)];
      });
      if (there() || failed()) return std::nullopt;
      if (gone != members.end()) return *gone;
      wake_.wait(lock);
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> failed_ = false;
  int failed_rank_ = -1;
  std::string sentence_;
  std::vector<bool> ended_;
  // Spinning pays only where every rank has a processor to itself.
  int spins_;
};

/// A collective as one rank calls it: what the others compare, and the buffer that they read.
struct ThreadCall {
  const char* name = "";
  std::size_t bytes = 0;
  int root = -1;
  const void* in = nullptr;

  bool same_as(const ThreadCall& other) const {
    return std::string_view(name) == other.name && bytes == other.bytes && root == other.root;
  }
  std::string words() const {
    std::string text = name;
    if (bytes > 0) text += " of " + std::to_string(bytes) + " bytes";
    if (root >= 0) text += " from rank " + std::to_string(root);
    return text;
  }
};

/// Ranks that meet, numbered within the group. Each member function is called by its rank's thread.
class ThreadGroup {
 public:
  struct Gather {
    const void* in;
    void* out;
    std::size_t bytes_each;
  };

  /// `members` are the ranks of the world that are in here; sentences name those.
  ThreadGroup(std::shared_ptr<ThreadWorld> world, std::vector<int> members)
      : world_(std::move(world)), members_(std::move(members)), ranks_(members_.size()) {}

  int size() const { return static_cast<int>(members_.size()); }
  const std::shared_ptr<ThreadWorld>& world() const { return world_; }
  int in_world(int rank) const { return members_[static_cast<std::size_t>(rank)]; }

  /// Returns once every rank has come with the same call.
  void meet(int rank, const ThreadCall& call) {
    Rank& me = at(rank);
    if (me.begun) fail(rank, call.words() + " between begin_all_gather and end_all_gather");
    if (world_->failed()) leave();
    // Two places in turn: a peer may be one call ahead, and must not write what is still being read.
    const std::size_t turn = ++me.calls % 2;
    me.posted[turn] = call;
    arrive_and_wait(rank, call);
    for (int peer = 1; peer < size(); ++peer) {
      const ThreadCall &first = at(0).posted[turn], &other = at(peer).posted[turn];
      if (!other.same_as(first))
        fail(rank, "the ranks do not make the same calls: rank " + std::to_string(in_world(0)) +
                       " is in " + first.words() + ", rank " + std::to_string(in_world(peer)) +
                       " in " + other.words());
    }
  }

  /// Throws if a rank of the world has failed.
  void look() const {
    if (world_->failed()) leave();
  }

  /// A meeting after which copy(peer, its buffer) is called for every peer, this rank included. A
  /// buffer is read only while its owner is in here: unwinding never frees what somebody reads. If
  /// `copy` throws, this rank has failed.
  template <class Copy>
  void exchange(int rank, const ThreadCall& call, const Copy& copy) {
    meet(rank, call);
    // Either this rank sees the failure, or whoever leaves because of it sees this rank copying.
    copying_.fetch_add(1);
    const bool failed = world_->failed();
    std::exception_ptr failure;
    try {
      for (int peer = 0; peer < size() && !failed; ++peer)
        copy(peer, at(peer).posted[at(rank).calls % 2].in);
    } catch (...) {
      failure = std::current_exception();
    }
    copying_.fetch_sub(1);
    if (failure) {
      world_->fail(in_world(rank), what_of(failure));
      wait_for_readers();
      std::rethrow_exception(failure);
    }
    if (failed) leave();
    arrive_and_wait(rank, call);
  }

  void begin(int rank, const Gather& gather) {
    if (at(rank).begun) fail(rank, "a second begin_all_gather before end_all_gather");
    if (world_->failed()) leave();
    at(rank).begun = gather;
  }
  Gather end(int rank) {
    if (!at(rank).begun) fail(rank, "end_all_gather without begin_all_gather");
    return *std::exchange(at(rank).begun, std::nullopt);
  }

 private:
  // On a line of its own: ranks write their parts at the same time.
  struct alignas(64) Rank {
    std::array<ThreadCall, 2> posted;
    std::uint64_t calls = 0, steps = 0;
    std::optional<Gather> begun;
  };

  Rank& at(int rank) { return ranks_[static_cast<std::size_t>(rank)]; }

  void arrive_and_wait(int rank, const ThreadCall& call) {
    // Nobody takes a step before all have taken the last one, so one count serves them all.
    const std::uint64_t all_here = ++at(rank).steps * members_.size();
    if (arrivals_.fetch_add(1) + 1 == all_here) return world_->wake_all();
    const auto there = [&] { return arrivals_.load() >= all_here; };
    const std::optional<int> gone = world_->wait(members_, there);
    if (there()) return;
    if (gone)
      fail(rank, "rank " + std::to_string(*gone) + " ended while rank " +
                     std::to_string(in_world(rank)) + " waits for it in " + call.words());
    leave();
  }

  [[noreturn]] void fail(int rank, const std::string& why) {
    world_->fail(in_world(rank), why);
    wait_for_readers();
    throw CommError(why);
  }
  [[noreturn]] void leave() const {
    wait_for_readers();
    world_->throw_failure();
  }
  void wait_for_readers() const {
    while (copying_.load() > 0) std::this_thread::yield();
  }

  std::shared_ptr<ThreadWorld> world_;
  std::vector<int> members_;
  std::vector<Rank> ranks_;
  std::atomic<std::uint64_t> arrivals_ = 0;
  std::atomic<int> copying_ = 0;
};

}  // namespace shardbound::inline v0::detail
