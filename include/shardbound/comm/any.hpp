// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Any communicator behind one type, so that what is compiled once runs on all of them, and the place
// where bytes are counted. A virtual call is nothing next to a collective.

#include <shardbound/comm/self.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace shardbound::inline v0 {

/// A communicator of any kind; without one it is Self. `queue` is null, or one that follows(queue) has
/// said yes to: then the collective stands in that queue, and only work behind it may rely on it.
class AnyCommunicator {
 public:
  AnyCommunicator() : AnyCommunicator(Self{}) {}
  template <class C>
    requires(!std::same_as<C, AnyCommunicator> && Communicator<C>)
  AnyCommunicator(C communicator) : peers_(std::make_shared<Of<C>>(std::move(communicator))) {}

  int rank() const { return peers_->rank(); }
  int size() const { return peers_->size(); }
  void barrier() { peers_->barrier(); }
  void broadcast(void* data, std::size_t bytes, int root) {
    peers_->broadcast(data, bytes, root);
    if (rank() != root) count(bytes);
  }
  void all_gather(const void* mine, void* all, std::size_t bytes_each, void* queue = nullptr) {
    peers_->all_gather(mine, all, bytes_each, queue);
    count_from_peers(bytes_each);
  }
  void begin_all_gather(const void* mine, void* all, std::size_t bytes_each,
                        void* queue = nullptr) {
    peers_->begin_all_gather(mine, all, bytes_each, queue);
    count_from_peers(bytes_each);
  }
  void end_all_gather() { peers_->end_all_gather(); }
  void all_to_all(const void* from, void* to, std::size_t bytes_each, void* queue = nullptr) {
    peers_->all_to_all(from, to, bytes_each, queue);
    count_from_peers(bytes_each);
  }
  /// The group's handle counts for itself, from zero.
  AnyCommunicator subgroup(int colour) { return peers_->subgroup(colour); }
  [[noreturn]] void abort(const char* why) {
    peers_->abort(why);
    std::terminate();  // a communicator of one's own may have come back
  }

  /// Whether collectives can stand in that queue of a backend; never in null.
  bool follows(void* queue) const { return queue && peers_->follows(queue); }
  /// Throws CommError if a peer is known to have failed. Most find out in their next collective only.
  void look() { peers_->look(); }

  /// Bytes that peers have sent to this rank in all calls through this handle and its copies.
  std::uint64_t received() const { return peers_->received.load(std::memory_order_relaxed); }

 private:
  struct Peers {
    virtual ~Peers() = default;
    virtual int rank() const = 0;
    virtual int size() const = 0;
    virtual void barrier() = 0;
    virtual void broadcast(void* data, std::size_t bytes, int root) = 0;
    virtual void all_gather(const void* mine, void* all, std::size_t bytes_each, void* queue) = 0;
    virtual void begin_all_gather(const void* mine, void* all, std::size_t bytes_each,
                                  void* queue) = 0;
    virtual void end_all_gather() = 0;
    virtual void all_to_all(const void* from, void* to, std::size_t bytes_each, void* queue) = 0;
    virtual AnyCommunicator subgroup(int colour) = 0;
    virtual void abort(const char* why) = 0;
    virtual bool follows(void* queue) = 0;
    virtual void look() = 0;

    // Atomic, since copies of one handle to Self may work in several threads.
    std::atomic<std::uint64_t> received = 0;
  };

  template <class C>
  struct Of final : Peers {
    explicit Of(C communicator) : peers(std::move(communicator)) {}
    int rank() const override { return peers.rank(); }
    int size() const override { return peers.size(); }
    void barrier() override { peers.barrier(); }
    void broadcast(void* data, std::size_t bytes, int root) override {
      peers.broadcast(data, bytes, root);
    }
    void all_gather(const void* mine, void* all, std::size_t bytes_each, void* queue) override {
      if constexpr (has_queues)
        peers.all_gather(mine, all, bytes_each, queue);
      else
        peers.all_gather(mine, all, bytes_each);
    }
    void begin_all_gather(const void* mine, void* all, std::size_t bytes_each,
                          void* queue) override {
      if constexpr (has_queues)
        peers.begin_all_gather(mine, all, bytes_each, queue);
      else
        peers.begin_all_gather(mine, all, bytes_each);
    }
    void end_all_gather() override { peers.end_all_gather(); }
    void all_to_all(const void* from, void* to, std::size_t bytes_each, void* queue) override {
      if constexpr (has_queues)
        peers.all_to_all(from, to, bytes_each, queue);
      else
        peers.all_to_all(from, to, bytes_each);
    }
    AnyCommunicator subgroup(int colour) override { return peers.subgroup(colour); }
    void abort(const char* why) override { peers.abort(why); }
    bool follows(void* queue) override {
      if constexpr (has_queues)
        return peers.follows(queue);
      else
        return false;
    }
    void look() override {
      if constexpr (requires { peers.look(); }) peers.look();
    }

    static constexpr bool has_queues = requires(C & c, void* queue) { c.follows(queue); };
    C peers;
  };

  void count(std::size_t bytes) { peers_->received.fetch_add(bytes, std::memory_order_relaxed); }
  void count_from_peers(std::size_t bytes_each) {
    count(static_cast<std::size_t>(size() - 1) * bytes_each);
  }

  std::shared_ptr<Peers> peers_;
};

static_assert(Communicator<AnyCommunicator>);

}  // namespace shardbound::inline v0
