// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/folded.hpp>

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace {

using namespace shardbound;
using io::Approximation;
using io::Folded;

__extension__ typedef __float128 Quad;  // 113 bits

Quad magnitude(Quad x) { return x < 0 ? -x : x; }

// A number between 2^-range and 2^range of either sign, with `bits` significant bits.
double draw(std::mt19937& random, int range, int bits) {
  const double digits =
      std::ldexp(1.0 + static_cast<double>(random() % 1000003) / 1000003.0, bits - 1);
  const int exponent = static_cast<int>(random() % static_cast<unsigned>(2 * range + 1)) - range;
  return std::ldexp(std::floor(digits), exponent - bits + 1) * (random() % 2 ? 1 : -1);
}

Quad root(Quad x) {
  Quad y = std::sqrt(static_cast<double>(x));
  for (int i = 0; i < 4; ++i) y = (y + x / y) / 2;
  return y;
}

}  // namespace

TEST_CASE("constants that cancel do so exactly") {
  Folded sum(-1e16);
  sum += {3, 0}, sum += {1e16, 0};
  CHECK(sum.rounded().value == 3);
  CHECK(sum.rounded().error == 0);

  Folded product(1 + 0x1p-30);  // squared it has 61 bits
  product *= {1 + 0x1p-30, 0};
  CHECK(product.rounded().value == 1 + 0x1p-29);
  CHECK(product.rounded().error >= 0x1p-60);
  CHECK(product.rounded().error <= 0x1.01p-60);
  product += {-1 - 0x1p-29, 0};
  CHECK(product.rounded().value == 0x1p-60);
  CHECK(product.rounded().error == 0);
}

TEST_CASE("what two doubles cannot hold is an error, and what no double holds is not finite") {
  Folded sum(1e300);
  sum += {1, 0}, sum += {1e-300, 0}, sum += {-1e300, 0}, sum += {-1, 0};
  CHECK(std::abs(sum.rounded().value - 1e-300) <= sum.rounded().error);
  CHECK(sum.rounded().error >= 1e-300);
  CHECK(sum.rounded().error <= 2e-300);

  Folded tiny(1e-300);
  tiny *= {1e-300, 0};
  CHECK(tiny.rounded().value == 0);
  CHECK(tiny.rounded().error > 0);
  CHECK(tiny.rounded().error < 1e-322);

  Folded large(1e300);
  large *= {1e300, 0};
  CHECK(!std::isfinite(large.rounded().value));
  Folded off({1, 0.5});
  off *= {2, 0.25}, off += {1, 1};
  CHECK(off.rounded().value == 3);
  CHECK(off.rounded().error >= 2 * 0.5 + 1 * 0.25 + 0.5 * 0.25 + 1);
  CHECK(off.rounded().error <= 2.376);
}

TEST_CASE("chains of sums and products are within their error of quadruple precision") {
  std::mt19937 random(1);
  int outside = 0, exact = 0, sharp = 0;
  constexpr int chains = 20'000;
  for (int chain = 0; chain < chains; ++chain) {
    const int range = chain % 3 ? 4 : 40, bits = chain % 2 ? 53 : 8;
    std::vector<double> added;  // to be taken back, so that sums cancel
    const double first = draw(random, range, bits);
    Folded number(first);
    Quad truth = first, size = magnitude(truth);
    for (int step = 0; step < 6; ++step) {
      if (random() % 3 == 0) {
        const double factor = draw(random, range / 4, bits);
        number *= {factor, 0}, truth *= factor, size *= magnitude(factor);
        for (double& x : added) x *= factor;
      } else {
        double summand = draw(random, range, bits);
        if (!added.empty() && random() % 2)
          summand = -added.back(), added.pop_back();
        else
          added.push_back(summand);
        number += {summand, 0}, truth += summand, size += magnitude(summand);
      }
    }
    const auto [value, error] = number.rounded();
    const Quad doubt = size * Quad(0x1p-108);  // of the quadruple arithmetic itself
    outside += magnitude(truth - value) > error + doubt;
    exact += error == 0;
    sharp += error <= 0x1.1p-53 * std::abs(value) + 0x1p-98 * static_cast<double>(size);
  }
  CHECK(outside == 0);
  CHECK(exact > chains / 4);
  CHECK(sharp == chains);
}

TEST_CASE("reciprocals are exact of powers of two and within their error of all else") {
  for (const double x : {1.0, -0.5, 8.0, 0x1p100, -0x1p-1000}) {
    CHECK(io::reciprocal(x).value == 1 / x);
    CHECK(io::reciprocal(x).error == 0);
  }
  CHECK(io::reciprocal(INFINITY).value == 0);
  CHECK(io::reciprocal(INFINITY).error == 0);
  CHECK(!std::isfinite(io::reciprocal(1e-310).value));
  CHECK(std::isnan(io::reciprocal(std::nan("")).value));
  std::mt19937 random(2);
  int outside = 0, loose = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double x = draw(random, i % 2 ? 3 : 1020, i % 3 ? 53 : 5);
    const auto [value, error] = io::reciprocal(x);
    const Quad truth = 1 / Quad(x);
    outside += magnitude(truth - value) > error + magnitude(truth) * Quad(0x1p-110);
    loose += error > 0x1.01p-53 * std::abs(value) + 0x1p-1070;
  }
  CHECK(outside == 0);
  CHECK(loose == 0);
}

TEST_CASE("a number by the root of a variance is within its error, and exact where it can be") {
  CHECK(io::by_deviation(3, 8, 1).value == 1);
  CHECK(io::by_deviation(3, 8, 1).error == 0);
  CHECK(io::by_deviation(0, 2, 1e-5).error == 0);
  CHECK(io::by_deviation(1, 0x1p-1074, 0).error > 0);
  std::mt19937 random(3);
  int outside = 0, loose = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double a = draw(random, i % 2 ? 3 : 300, 53);
    const double variance = std::abs(draw(random, i % 2 ? 3 : 300, i % 3 ? 53 : 5));
    const double epsilon = i % 5 ? static_cast<double>(1e-5f) : 0;
    const auto [value, error] = io::by_deviation(a, variance, epsilon);
    const Quad truth = a / root(Quad(variance) + epsilon);
    outside += magnitude(truth - value) > error + magnitude(truth) * Quad(0x1p-106);
    loose += error > 0x1p-50 * std::abs(value);
  }
  CHECK(outside == 0);
  CHECK(loose == 0);
}
