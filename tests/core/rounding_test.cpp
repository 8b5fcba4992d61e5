// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/core/rounding.hpp>

#include <vector>

using namespace shardbound;

static_assert(unit_roundoff<double> == 0x1p-53 && unit_roundoff<float> == 0x1p-24f);

TEST_CASE_TEMPLATE("gamma covers the error of a sum, in any order of terms", T, float, double) {
  for (const index_t terms : {1, 2, 10, 1000, 100'000}) {
    T sum = 0;
    long double exact = 0, absolute = 0;
    for (index_t k = 0; k < terms; ++k) {
      const T a = T(0.1) + static_cast<T>(k % 7) / 3, b = T(1) / static_cast<T>(k % 11 + 3);
      sum += a * b;
      exact += static_cast<long double>(a) * b;
      absolute += static_cast<long double>(a) * b;
    }
    CHECK(std::abs(sum - exact) <= gamma<T>(terms) * absolute);
    CHECK(gamma<T>(terms) >= static_cast<T>(terms) * unit_roundoff<T>);
    CHECK(gamma<T>(terms) <= 2 * static_cast<double>(terms + 16) * unit_roundoff<T>);
  }
  CHECK(gamma<T>(10) < gamma<T>(11));
}

TEST_CASE("nothing is proved once a sum is longer than the scalar can bear") {
  CHECK(gamma<float>(8'000'000) < INFINITY);
  CHECK(gamma<float>(9'000'000) == INFINITY);
  CHECK(gamma<double>(9'000'000) < 1e-8);
}

TEST_CASE_TEMPLATE("what a value with slack proves", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity(),
              nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(proved(T(2), T(0.5)) == T(1.5));
  CHECK(proved(T(2), T(0)) == T(2));
  for (const T value : {infinity, -infinity, nan, T(1)})
    for (const T error : {infinity, nan}) CHECK(proved(value, error) == -infinity);
  CHECK(proved(infinity, T(0)) == -infinity);
  CHECK(proved(nan, T(0)) == -infinity);
}
