// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Collectives on a backend's memory, and the sums over ranks that communicators leave to us: MPI and
// NCCL promise no order, so a sum is an all-to-all, then a local sum in rank order. A single rank moves
// nothing: what it keeps is copied by the backend itself.

#include <shardbound/comm/any.hpp>
#include <shardbound/core/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace shardbound::inline v0 {

template <class Backend>
class Exchange {
 public:
  Exchange(Backend& backend, AnyCommunicator communicator)
      : backend_(&backend), communicator_(std::move(communicator)) {
    if (size() == 1 || !communicator_.follows(backend.queue())) return;
    queue_ = backend.queue();
    backend.watch([peers = communicator_]() mutable { peers.look(); });
  }

  int rank() const { return communicator_.rank(); }
  int size() const { return communicator_.size(); }
  AnyCommunicator& communicator() const { return communicator_; }

  // out (P, each) := everyone's in (each); in may be its own place in out
  template <class T>
  void all_gather(const T* in, T* out, index_t each) const {
    if (size() == 1) return copy(in, out, each);
    lend();
    communicator_.all_gather(in, out, bytes<T>(each), queue_);
    take_back();
  }
  /// The same in two parts, for work in between. One at a time, and no other collective meanwhile.
  template <class T>
  void begin_all_gather(const T* in, T* out, index_t each) const {
    if (size() == 1) return copy(in, out, each);
    lend();
    communicator_.begin_all_gather(in, out, bytes<T>(each), queue_);
  }
  void end_all_gather() const {
    if (size() == 1) return;
    communicator_.end_all_gather();
    take_back();
  }

  // out (P, each)[q] := in of rank q (P, each)[p]
  template <class T>
  void all_to_all(const T* in, T* out, index_t each) const {
    if (size() == 1) return copy(in, out, each);
    lend();
    communicator_.all_to_all(in, out, bytes<T>(each), queue_);
    take_back();
  }

  // out (each) := or += sum over q of partial of rank q (P, each)[p], in the order of q; received has
  // room for (P, each)
  template <class T>
  void reduce_scatter(const T* partial, T* received, T* out, index_t each, Write write) const {
    if (size() > 1) all_to_all(partial, received, each);
    backend_->add_blocks(size() > 1 ? received : partial, size(), each, out, write);
  }

  /// What rank 0 says, on every rank.
  bool agree(bool yes) const {
    std::uint8_t word = yes;
    if (size() > 1) communicator_.broadcast(&word, 1, 0);
    return word != 0;
  }

 private:
  template <class T>
  static std::size_t bytes(index_t count) {
    return static_cast<std::size_t>(count) * sizeof(T);
  }
  // The sum of one block is the block.
  template <class T>
  void copy(const T* in, T* out, index_t each) const {
    if (in != out) backend_->add_blocks(in, 1, each, out, Write::assign);
  }
  // What stands in the backend's queue needs no loan.
  void lend() const {
    if (!queue_) backend_->lend();
  }
  void take_back() const {
    if (!queue_) backend_->take_back();
  }

  Backend* backend_;
  mutable AnyCommunicator communicator_;
  void* queue_ = nullptr;
};

}  // namespace shardbound::inline v0
