// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/lane_sums.hpp>

#include <limits>

using namespace shardbound;
using namespace shardbound::detail;

TEST_CASE_TEMPLATE("eight numbers at once are each number alone", T, float, double) {
  const T x[lanes] = {1, -2, 3, T(-0.0), 5, -6, 7, T(0.1)},
          y[lanes] = {3, 5, -7, 2, 1, T(0.3), 8, -2};
  const auto a = Lanes<T>::load(x), b = Lanes<T>::load(y);
  const auto sum = a + b, difference = a - b, product = a * b, quotient = a / b;
  const auto size = magnitude(a), chosen = by_sign(a, b, Lanes<T>(9)), most = larger(a, b);
  T stored[lanes];
  product.store(stored);
  for (index_t i = 0; i < lanes; ++i) {
    CAPTURE(i);
    CHECK(sum[i] == x[i] + y[i]);
    CHECK(difference[i] == x[i] - y[i]);
    CHECK(stored[i] == x[i] * y[i]);
    CHECK(quotient[i] == x[i] / y[i]);
    CHECK(size[i] == (x[i] < 0 ? -x[i] : x[i]));
    CHECK(chosen[i] == (x[i] >= 0 ? y[i] : 9));
    CHECK(most[i] == (x[i] > y[i] ? x[i] : y[i]));
  }
  CHECK(a.largest() == 7);
}

TEST_CASE_TEMPLATE("sums fold in a fixed tree, whatever a compiler would like better", T, float,
                   double) {
  // (0+4) + (2+6), then (1+5) + (3+7): with these numbers every other order gives another sum.
  const T huge = 1 / std::numeric_limits<T>::epsilon();
  const T x[lanes] = {huge, 1, T(0.25), huge, -huge, T(0.5), 3, 2 - huge};
  LaneSums<T> sums;
  sums += Lanes<T>::load(x);
  const T expected = ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
  CHECK(sums.total() == expected);
  CHECK(expected == T(6.75));
}

TEST_CASE_TEMPLATE("fresh sums are zero", T, float, double) { CHECK(LaneSums<T>{}.total() == 0); }

TEST_CASE_TEMPLATE("lanes are made one by one where they must be", T, float, double) {
  static_assert(Lanes<T>::width == lanes);
  const auto made = Lanes<T>::each([](index_t lane) { return T(lane * lane) - 3; });
  T kept[lanes] = {};
  made.store(kept);
  for (index_t lane = 0; lane < lanes; ++lane) {
    CHECK(made[lane] == T(lane * lane) - 3);
    CHECK(kept[lane] == made[lane]);
  }
}
