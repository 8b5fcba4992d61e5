// SPDX-License-Identifier: BSD-3-Clause

// What sine and cosine have in common: their lines are the best there are.

#include <doctest/doctest.h>

#include <shardbound/relax/cos.hpp>
#include <shardbound/relax/sin.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

/// The concave hull of f over [l, u] at its middle, from below, times sign.
template <class F>
double hull(const F& f, double l, double u, double sign) {
  constexpr int half = 48;
  const double middle = (l + u) / 2, step = (u - l) / (2 * half);
  double best = sign * f.value(middle);
  for (int i = 1; i <= half; ++i)
    for (int k = 1; k <= half; ++k) {
      const double left = sign * f.value(middle - i * step);
      const double right = sign * f.value(middle + k * step);
      best = std::max(best, (left * k + right * i) / (i + k));
    }
  return best;
}

template <class F>
double worst_excess(const F& f, unsigned seed) {
  std::mt19937 random(seed);
  double worst = 0;
  for (int i = 0; i < 400; ++i) {
    const double l = uniform(random, -10, 10), u = l + uniform(random, 0, i % 4 ? 7 : 20);
    const double middle = (l + u) / 2, sample = (u - l) / 96;
    const auto lines = f.line(l, u);
    const double above = lines.upper.slope * middle + lines.upper.intercept;
    const double below = lines.lower.slope * middle + lines.lower.intercept;
    const double missed = sample * sample / 4 + 1e-12;  // between two samples
    worst = std::max(worst, (above - hull(f, l, u, 1)) / missed);
    worst = std::max(worst, (-below - hull(f, l, u, -1)) / missed);
  }
  return worst;
}

}  // namespace

TEST_CASE("no line encloses less area than those of sine and cosine") {
  CHECK(worst_excess(relax::Sin{}, 1) <= 1);
  CHECK(worst_excess(relax::Cos{}, 2) <= 1);
}

TEST_CASE_TEMPLATE("between peaks lines are constants, and so they are of large arguments", T,
                   float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const auto is_flat = [](T l, T u) {
    const auto lines = relax::lines(relax::Sin{}, l, u);
    const auto range = relax::Sin{}.range(l, u);
    return lines.upper.slope == 0 && lines.upper.intercept == 1 && lines.lower.slope == 0 &&
           lines.lower.intercept == -1 && range.lower == -1 && range.upper == 1;
  };
  CHECK(is_flat(-20, 20));
  CHECK(is_flat(T(1e7), T(1e7)));
  CHECK(is_flat(-infinity, infinity));
  CHECK(is_flat(0, infinity));
  CHECK_FALSE(is_flat(-2, 2));
  CHECK(relax::Sin{}.range(T(1), T(2)).upper == 1);
  CHECK(relax::Sin{}.range(T(-2), T(1)).lower == -1);
  CHECK(relax::Cos{}.range(T(-1), T(1)).upper == 1);
  CHECK(relax::Cos{}.range(T(1), T(2)).upper == std::cos(T(1)));
  CHECK(relax::Cos{}.range(T(3), T(4)).lower == -1);
}

// Rounded, the peak at 286.5 pi lies where the sine falls already: a tangent there would cut it a period later.
TEST_CASE("a peak that is not quite where it was thought to be is a constant's") {
  for (const float u : {906.32953f, 906.33496f, 906.34668f}) {
    const auto upper = relax::Sin{}.line(900.0f, u).upper;
    CHECK(upper.slope * u + upper.intercept >= std::sin(u) - 1e-4f);
    std::mt19937 random(1);
    long long checks = 0;
    const auto exact = [](long double z) { return std::sin(z); };
    const Interval<float> interval{900, u};
    CHECK(curve_violation(relax::Sin{}, exact, Places{.places = {900}}, interval, 0.0f, random,
                          checks) <= 1);
    CHECK(checks > 100);
  }
}
