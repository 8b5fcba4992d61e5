// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/bfloat16.hpp>

#include <cmath>
#include <limits>
#include <random>

using namespace shardbound;

namespace {

/// The two neighbours of x in bfloat16, the nearer first; by plain arithmetic.
struct Neighbours {
  double nearer, farther;
};
Neighbours neighbours(float x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  const double step = std::ldexp(1.0, std::max(exponent - 8, -133));  // the smallest is subnormal
  const double below = std::floor(x / step) * step, above = std::ceil(x / step) * step;
  return x - below <= above - x ? Neighbours{below, above} : Neighbours{above, below};
}

}  // namespace

static_assert(to_bfloat16(1) == 0x3f80 && from_bfloat16(0x3f80) == 1);
static_assert(to_bfloat16(-2.5f) == 0xc020 && from_bfloat16(0xc020) == -2.5f);
// Ties go to the even one: 1 + 2^-8 lies between 1 and 1 + 2^-7, 1 + 3 2^-8 between that and 1 + 2^-6.
static_assert(from_bfloat16(to_bfloat16(1 + 0x1p-8f)) == 1);
static_assert(from_bfloat16(to_bfloat16(1 + 0x3p-8f)) == 1 + 0x1p-6f);
static_assert(from_bfloat16(to_bfloat16(1 + 0x1p-8f + 0x1p-20f)) == 1 + 0x1p-7f);

TEST_CASE("what is stored is the nearest there is") {
  std::mt19937 random(1);
  for (int trial = 0; trial < 20'000; ++trial) {
    const auto bits = static_cast<std::uint32_t>(random());
    const float x = std::bit_cast<float>(bits);
    if (!std::isfinite(x) || std::abs(x) > 3e38f) continue;
    const float found = from_bfloat16(to_bfloat16(x));
    const auto [nearer, farther] = neighbours(x);
    if (std::abs(x - nearer) == std::abs(x - farther)) {
      REQUIRE((found == nearer || found == farther));
      REQUIRE(to_bfloat16(x) % 2 == 0);
    } else {
      REQUIRE(found == nearer);
    }
    REQUIRE(from_bfloat16(to_bfloat16(found)) == found);
  }
}

TEST_CASE("zeros keep their signs, infinities are infinite, and NaN is 0") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(to_bfloat16(0) == 0);
  CHECK(to_bfloat16(-0.0f) == 0x8000);
  CHECK(from_bfloat16(to_bfloat16(infinity)) == infinity);
  CHECK(from_bfloat16(to_bfloat16(-infinity)) == -infinity);
  CHECK(from_bfloat16(to_bfloat16(std::numeric_limits<float>::max())) == infinity);
  CHECK(to_bfloat16(std::numeric_limits<float>::quiet_NaN()) == 0);
  CHECK(to_bfloat16(-std::numeric_limits<float>::quiet_NaN()) == 0);
}

TEST_CASE_TEMPLATE("an array holds numbers as they are, or in two bytes", T, float, double) {
  constexpr T third = T(1) / 3;
  alignas(8) unsigned char memory[4 * sizeof(T)] = {};
  for (index_t at = 0; at < 4; ++at)
    store_as(memory, at, SlopeStorage::exact, third * static_cast<T>(at));
  for (index_t at = 0; at < 4; ++at)
    CHECK(stored<T>(memory, at, SlopeStorage::exact) == third * static_cast<T>(at));
  for (index_t at = 0; at < 4; ++at)
    store_as(memory, at, SlopeStorage::bfloat16, third * static_cast<T>(at));
  for (index_t at = 0; at < 4; ++at) {
    const T number = third * static_cast<T>(at);
    const T found = stored<T>(memory, at, SlopeStorage::bfloat16);
    CHECK(found == static_cast<T>(from_bfloat16(to_bfloat16(static_cast<float>(number)))));
    CHECK(std::abs(found - number) <= number / 256);
  }
}
