// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ranks that work each for itself and then tell each other what they found. One that is stopped on its way says so, or the
// others would wait for it.

#include <shardbound/bound/engine.hpp>
#include <shardbound/core/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shardbound::inline v0 {

/// What work(ByteWriter&) writes on each rank, by rank, on all of them. Throws Cancelled on every rank where `work` does on
/// one. (two all_gathers, of the longest times P bytes)
template <class Work>
std::vector<std::vector<std::byte>> of_all_ranks(const Engine& engine, const Work& work) {
  ByteWriter mine;
  std::uint8_t stopped = 0;
  try {
    work(mine);
  } catch (const Cancelled&) {
    stopped = 1;
  }
  // Last, since how much was written by then does not matter.
  mine(stopped);
  auto all = engine.all_gather(mine.bytes());
  for (auto& bytes : all) {
    if (bytes.back() != std::byte{0}) throw Cancelled("the time is over");
    bytes.pop_back();
  }
  return all;
}

}  // namespace shardbound::inline v0
