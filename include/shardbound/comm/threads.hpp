// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ranks as threads of one process: how several ranks are embedded in a program, and how everything that
// needs several of them is tested. Collectives copy straight from the peers' buffers. Whatever fails in
// one rank ends the waiting of all others, in subgroups too.

#include <shardbound/comm/detail/copy_bytes.hpp>
#include <shardbound/comm/detail/thread_group.hpp>
#include <shardbound/core/concepts.hpp>
#include <shardbound/core/context.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// One rank of threads::run. Every collective throws CommError once a rank has failed or ended, and if
/// the ranks turn out not to make the same calls. Only its own thread may use it, or that one's copies.
class Threads {
 public:
  Threads(std::shared_ptr<detail::ThreadGroup> group, int rank)
      : group_(std::move(group)), rank_(rank) {}

  int rank() const { return rank_; }
  int size() const { return group_->size(); }

  void barrier() { group_->meet(rank_, {"barrier"}); }

  void broadcast(void* data, std::size_t bytes, int root) {
    if (root < 0 || root >= size())
      throw ArgumentError("broadcast: there is no rank " + std::to_string(root) + " of " +
                          std::to_string(size()));
    group_->exchange(rank_, {"broadcast", bytes, root, data}, [&](int peer, const void* theirs) {
      if (peer == root) copy(theirs, data, bytes);
    });
  }

  void all_gather(const void* mine, void* all, std::size_t bytes_each) {
    gather("all_gather", {mine, all, bytes_each});
  }

  /// Notes the buffers; peers read them while this rank is in end_all_gather.
  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each) {
    group_->begin(rank_, {mine, all, bytes_each});
  }
  void end_all_gather() { gather("begin_all_gather", group_->end(rank_)); }

  void all_to_all(const void* from, void* to, std::size_t bytes_each) {
    group_->exchange(rank_, {"all_to_all", bytes_each, -1, from},
                     [&](int peer, const void* theirs) {
                       copy(detail::part_of(theirs, rank_, bytes_each),
                            detail::part_of(to, peer, bytes_each), bytes_each);
                     });
  }

  Threads subgroup(int colour) {
    if (colour < 0)
      throw ArgumentError("subgroup: colour " + std::to_string(colour) + " is below 0");
    std::vector<int> members;
    int rank_there = 0, leader = -1;
    group_->exchange(rank_, {"subgroup", 0, -1, &colour}, [&](int peer, const void* theirs) {
      if (*static_cast<const int*>(theirs) != colour) return;
      if (leader < 0) leader = peer;
      if (peer == rank_) rank_there = static_cast<int>(members.size());
      members.push_back(group_->in_world(peer));
    });
    using Group = std::shared_ptr<detail::ThreadGroup>;
    Group made, joined;
    if (leader == rank_)
      made = std::make_shared<detail::ThreadGroup>(group_->world(), std::move(members));
    group_->exchange(rank_, {"subgroup", 0, -1, &made}, [&](int peer, const void* theirs) {
      if (peer == leader) joined = *static_cast<const Group*>(theirs);
    });
    return Threads(std::move(joined), rank_there);
  }

  [[noreturn]] void abort(const char* why) {
    group_->world()->fail(group_->in_world(rank_), why);
    group_->world()->throw_failure();
  }

  /// Throws if a rank has failed, without a meeting.
  void look() const { group_->look(); }

 private:
  void gather(const char* name, const detail::ThreadGroup::Gather& g) {
    group_->exchange(rank_, {name, g.bytes_each, -1, g.in}, [&](int peer, const void* theirs) {
      copy(theirs, detail::part_of(g.out, peer, g.bytes_each), g.bytes_each);
    });
  }
  void copy(const void* from, void* to, std::size_t bytes) const {
    group_->world()->copy(from, to, bytes);
  }

  std::shared_ptr<detail::ThreadGroup> group_;
  int rank_;
};

static_assert(Communicator<Threads>);

namespace threads {

/// Whether it is of type E.
template <class E>
bool is(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const E&) {
    return true;
  } catch (...) {}
  return false;
}

/// Calls body(communicator) on `ranks` threads, rank 0 on the caller's, and waits for all of them. If
/// ranks fail, throws CommError("rank 2 stopped: <what>") for the first that failed by itself; the
/// exception itself if it is Cancelled, if every rank failed alike, or if there is one rank only.
/// Throws ArgumentError for fewer than one rank, OutOfMemory if the system gives no more threads. Buffers
/// lie wherever `copy` reaches: for a GPU's memory it is cuda::copy_bytes.
template <class Body>
void run(int ranks, const Body& body, CopyBytes copy = detail::copy_bytes) {
  if (ranks < 1)
    throw ArgumentError("threads::run: " + std::to_string(ranks) + " ranks, where 1 is the least");
  std::vector<int> members(static_cast<std::size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank) members[static_cast<std::size_t>(rank)] = rank;
  const auto world = std::make_shared<detail::ThreadWorld>(ranks, copy);
  const auto group = std::make_shared<detail::ThreadGroup>(world, std::move(members));
  if (ranks == 1) {
    Threads communicator(group, 0);
    body(communicator);
    return;
  }

  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(ranks));
  const auto work = [&](int rank) {
    try {
      Threads communicator(group, rank);
      communicator.barrier();  // nobody begins before all have been started
      body(communicator);
      world->end(rank);
    } catch (...) {
      const auto failure = std::current_exception();
      world->fail(rank, what_of(failure));
      failures[static_cast<std::size_t>(rank)] = failure;
    }
  };
  std::vector<std::thread> others;
  std::string no_thread;
  try {
    for (int rank = 1; rank < ranks; ++rank) others.emplace_back(work, rank);
    work(0);
  } catch (const std::exception&) {
    no_thread = "the system gave " + std::to_string(others.size() + 1) + " threads where " +
                std::to_string(ranks) + " were wanted";
    world->fail(0, no_thread);
  }
  for (auto& other : others) other.join();
  if (!no_thread.empty()) throw OutOfMemory(no_thread);

  if (!world->failed()) return;
  const auto& first = failures[static_cast<std::size_t>(world->first_failed())];
  const auto alike = [&](const std::exception_ptr& failure) {
    return failure && !is<detail::PeerStopped>(failure) && what_of(failure) == what_of(first);
  };
  if (is<Cancelled>(first) || (first && std::all_of(failures.begin(), failures.end(), alike)))
    std::rethrow_exception(first);
  try {
    world->throw_failure();
  } catch (const CommError& error) {
    throw CommError(error);  // as the type that is documented
  }
}

}  // namespace threads

}  // namespace shardbound::inline v0
