// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The memory of the checked backend.

#include <shardbound/core/errors.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <map>

namespace shardbound_test {

namespace sb = shardbound;

/// Address space that is readable and writable only while it is open. Fresh and freed blocks are
/// filled with 0xff bytes: NaN as a number, -1 as an index.
class Arena {
 public:
  Arena() {
    void* space =
        ::mmap(nullptr, capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) throw sb::OutOfMemory("no address space for the checked backend");
    base_ = static_cast<char*>(space);
    free_[0] = capacity;
  }
  ~Arena() { ::munmap(base_, capacity); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  bool has(const void* memory) const { return memory >= base_ && memory < base_ + capacity; }
  void open() { ::mprotect(base_, top_, PROT_READ | PROT_WRITE); }
  void close() { ::mprotect(base_, top_, PROT_NONE); }

  /// First fit; blocks are whole cache lines.
  void* take(std::size_t bytes) {
    const std::size_t size = rounded(bytes);
    for (auto& [at, length] : free_) {
      if (length < size) continue;
      const std::size_t offset = at, rest = length - size;
      free_.erase(at);
      if (rest > 0) free_[offset + size] = rest;
      top_ = std::max(top_, (offset + size + page - 1) / page * page);
      return base_ + offset;
    }
    throw sb::OutOfMemory("the checked backend's arena is full");
  }
  void give(void* memory, std::size_t bytes) {
    const auto offset = static_cast<std::size_t>(static_cast<char*>(memory) - base_);
    auto here = free_.emplace(offset, rounded(bytes)).first;
    if (const auto next = std::next(here);
        next != free_.end() && offset + here->second == next->first) {
      here->second += next->second;
      free_.erase(next);
    }
    if (here == free_.begin()) return;
    if (const auto before = std::prev(here); before->first + before->second == here->first) {
      before->second += here->second;
      free_.erase(here);
    }
  }

 private:
  static constexpr std::size_t capacity = std::size_t{1} << 32, page = 4096;
  static std::size_t rounded(std::size_t bytes) { return (bytes / 64 + 1) * 64; }

  char* base_ = nullptr;
  std::size_t top_ = 0;
  std::map<std::size_t, std::size_t> free_;  // offset -> length
};

}  // namespace shardbound_test
