// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/hard_sigmoid.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;

static_assert(Relaxation<relax::HardSigmoid> && NamedState<relax::HardSigmoid>);
static_assert(!Optimisable<relax::HardSigmoid>);

namespace {

constexpr relax::HardSigmoid quarter{0.25, 0.5};  // it rises from -2 to 2

auto exactly(const relax::HardSigmoid& f) {
  return [a = static_cast<long double>(f.alpha), b = static_cast<long double>(f.beta)](
             long double z) { return std::clamp(std::fma(a, z, b), 0.0L, 1.0L); };
}

}  // namespace

TEST_CASE_TEMPLATE("lines of HardSigmoid", T, float, double) {
  const auto same = [](T l, T u, Line<double> lower, Line<double> upper) {
    const auto near = [](T a, double b) {
      return std::abs(a - b) <= 8 * std::numeric_limits<T>::epsilon();
    };
    const auto lines = quarter.line(l, u);
    return near(lines.lower.slope, lower.slope) && near(lines.lower.intercept, lower.intercept) &&
           near(lines.upper.slope, upper.slope) && near(lines.upper.intercept, upper.intercept);
  };
  const Line<double> zero{0, 0}, one{0, 1}, piece{0.25, 0.5};
  CHECK(same(-5, -2, zero, zero));
  CHECK(same(2, 7, one, one));
  CHECK(same(-2, 2, piece, piece));
  CHECK(same(1, 1, piece, piece));
  CHECK(same(-4, 1, piece, {0.15, 0.6}));
  CHECK(same(-4, 0, zero, {0.125, 0.5}));  // a tie is flat
  CHECK(same(-4, T(-0.5), zero, {0.375 / 3.5, 1.5 / 3.5}));
  CHECK(same(-1, 4, {0.15, 0.4}, piece));
  CHECK(same(0, 4, {0.125, 0.5}, one));
  CHECK(same(-3, 5, {1.0 / 7, 2.0 / 7}, {0.2, 0.6}));
  CHECK(same(-8, 3, zero, {0.1, 0.8}));
  CHECK(same(-3, 8, {0.1, 0.2}, one));
}

TEST_CASE_TEMPLATE("HardSigmoid's lines and range enclose it", T, float, double) {
  constexpr double huge = std::numeric_limits<T>::max();
  unsigned seed = 0;
  for (const double alpha : {0.0, 1e-30, 0.125, 0.2, 1.0, 3.5, 1e20, huge})
    for (const double beta : {0.0, 0.5, 1.0, -0.75, 1.5, -1e6, huge}) {
      const relax::HardSigmoid f{static_cast<T>(alpha), static_cast<T>(beta)};
      CAPTURE(alpha);
      CAPTURE(beta);
      CHECK(shardbound_test::worst_violation<T>(f, exactly(f), 700, ++seed) <= 1);
    }
}

TEST_CASE("what rounding alpha and beta to float does is in the range and paid for by the lines") {
  unsigned seed = 0;
  for (const double alpha : {0.2, 1.0 / 3, 1e-3, 1000000.03, 1 + 1e-9})
    for (const double beta : {0.5, 0.1, -1e6, -7.7, 1e-9}) {
      const relax::HardSigmoid f{alpha, beta};
      CAPTURE(alpha);
      CAPTURE(beta);
      CHECK(shardbound_test::worst_violation<float>(f, exactly(f), 700, ++seed) <= 1);
    }
  // Where y cancels: 0.2 x + 0.5 beside -2.5, which float's 0.2 and 0.5 make another number.
  const float x = std::nextafter(-2.5f, 0.0f);
  const auto range = relax::HardSigmoid{}.range(x, x);
  const double y = 0.2 * static_cast<double>(x) + 0.5;
  CHECK(static_cast<double>(range.lower) <= y);
  CHECK(static_cast<double>(range.upper) >= y);
  const relax::HardSigmoid steep{1000000.03, -1e6};
  CHECK(steep.range(1.0f, 1.0f).upper >= 0.03f);
  CHECK(relax::line_slack(steep, steep.line(1.0f, 1.0f), 1.0f, 1.0f, 0.0f).upper >= 0.03f);
}

// Loose lines would be sound too: where they are not the function, each touches it at two places or is
// the better of the two that the header names.
TEST_CASE_TEMPLATE("no line leaves more area than the other candidate", T, float, double) {
  std::mt19937 random(5);
  for (int i = 0; i < 2000; ++i) {
    const T a = static_cast<T>(shardbound_test::uniform(random, -8, 8));
    const T b = static_cast<T>(shardbound_test::uniform(random, -8, 8));
    const T l = std::min(a, b), u = std::max(a, b), middle = l + (u - l) / 2;
    const auto lines = quarter.line(l, u);
    const auto at = [&](const Line<T>& line) { return line.slope * middle + line.intercept; };
    const T low = quarter.value(l), high = quarter.value(u), small = T(1e-5);
    // what a convex (concave) function would have: a chord, and the better of its two end pieces
    if (u < T(2)) REQUIRE(at(lines.upper) <= (low + high) / 2 + small);
    if (l > T(-2)) REQUIRE(at(lines.lower) >= (low + high) / 2 - small);
    REQUIRE(at(lines.lower) >= -small);
    REQUIRE(at(lines.upper) <= 1 + small);
    if (u < T(2)) REQUIRE(at(lines.lower) >= middle / 4 + T(0.5) - small);
    if (l > T(-2)) REQUIRE(at(lines.upper) <= middle / 4 + T(0.5) + small);
    if (l < T(-2) && u > T(2)) {
      REQUIRE(at(lines.upper) <= (middle - l) / (T(2) - l) + small);
      REQUIRE(at(lines.lower) >= (middle + T(2)) / (u + T(2)) - small);
    }
  }
}

TEST_CASE_TEMPLATE("past the bounds, HardSigmoid leaves its lines by no more than the slack", T,
                   float, double) {
  int tight = 0;
  for (const T l : {-5, -3, -2, -1, 0, 1, 2, 3})
    for (const T u : {-3, -2, -1, 0, 1, 2, 3, 5})
      for (const T e : {T(0), T(0.25), T(2), T(9)}) {
        if (l > u) continue;
        const auto lines = quarter.line(l, u);
        const auto over = quarter.line_slack(l, u, e);
        T worst = 0;
        for (const T z : {l - e, l, T(-2), T(2), u, u + e, (l + u) / 2}) {
          if (z < l - e || z > u + e) continue;
          const T below = lines.lower.slope * z + lines.lower.intercept - quarter.value(z);
          const T above = quarter.value(z) - lines.upper.slope * z - lines.upper.intercept;
          CHECK(below <= over.lower + T(1e-6));
          CHECK(above <= over.upper + T(1e-6));
          worst = std::max({worst, below, above});
        }
        if (quarter.stable(l, u) && e <= 2) tight += worst + T(1e-5) >= over.lower + over.upper;
      }
  CHECK(tight > 40);  // and by that much, where one piece is all there is
}

TEST_CASE_TEMPLATE("HardSigmoid offers one pair of lines only", T, float, double) {
  for (const T l : {-5, -1, 1})
    CHECK(shardbound_test::nothing_free(relax::freedoms(quarter, l, T(4))));
}

TEST_CASE("NaN stays NaN, a slope of zero is a constant, stable is what has one piece") {
  CHECK(std::isnan(quarter.value(std::nan(""))));
  constexpr relax::HardSigmoid constant{0, 0.25};
  CHECK(std::isnan(constant.value(std::nan(""))));
  CHECK(constant.value(-INFINITY) == 0.25);
  CHECK(constant.stable(-1e300, 1e300));
  CHECK(relax::lines(constant, -1e308, 1e308).upper.intercept == 0.25);
  CHECK(quarter.value(-INFINITY) == 0);
  CHECK(quarter.value(double{INFINITY}) == 1);
  CHECK(quarter.stable(-2.0, 2.0));
  CHECK(quarter.stable(2.0, 3.0));
  CHECK(quarter.stable(-3.0, -2.0));
  CHECK_FALSE(quarter.stable(-2.5, 2.0));
  CHECK_FALSE(quarter.stable(-2.0, 2.5));
  // where y cancels, its digits are all there
  const relax::HardSigmoid steep{1.0 / 3, -1.0 / 3};
  CHECK(steep.value(1 + 0x1p-52) == doctest::Approx(0x1p-52 / 3).epsilon(1e-12));
}
