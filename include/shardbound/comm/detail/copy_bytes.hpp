// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Blocks of bytes, as collectives move them.

#include <cstddef>
#include <cstring>

namespace shardbound::inline v0 {

/// Moves a block between two buffers of one process, has moved it when it returns, and may throw.
using CopyBytes = void (*)(const void* from, void* to, std::size_t bytes);

namespace detail {

/// Zero bytes may come from nowhere, and a block that is already in its place stays there.
inline void copy_bytes(const void* from, void* to, std::size_t bytes) {
  if (bytes > 0 && from != to) std::memcpy(to, from, bytes);
}

/// Where the block of `rank` begins.
inline const void* part_of(const void* blocks, int rank, std::size_t bytes_each) {
  return static_cast<const std::byte*>(blocks) + static_cast<std::size_t>(rank) * bytes_each;
}
inline void* part_of(void* blocks, int rank, std::size_t bytes_each) {
  return static_cast<std::byte*>(blocks) + static_cast<std::size_t>(rank) * bytes_each;
}

}  // namespace detail

}  // namespace shardbound::inline v0
