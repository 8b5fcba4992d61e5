// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Numbers that may be kept in two bytes: bfloat16, the upper half of a float32.

#include <shardbound/core/precision.hpp>
#include <shardbound/core/shape.hpp>

#include <bit>
#include <cstdint>

namespace shardbound::inline v0 {

/// The nearest bfloat16, ties to even; NaN becomes 0.
constexpr std::uint16_t to_bfloat16(float x) {
  if (x != x) return 0;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
constexpr float from_bfloat16(std::uint16_t x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
}
/// Number `at` of an array that is stored as T or narrower.
template <class T>
constexpr T stored(const void* array, index_t at, SlopeStorage storage) {
  if (storage == SlopeStorage::exact) return static_cast<const T*>(array)[at];
  return static_cast<T>(from_bfloat16(static_cast<const std::uint16_t*>(array)[at]));
}
template <class T>
constexpr void store_as(void* array, index_t at, SlopeStorage storage, T x) {
  if (storage == SlopeStorage::exact)
    static_cast<T*>(array)[at] = x;
  else
    static_cast<std::uint16_t*>(array)[at] = to_bfloat16(static_cast<float>(x));
}

}  // namespace shardbound::inline v0
