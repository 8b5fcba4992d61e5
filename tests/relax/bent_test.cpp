// SPDX-License-Identifier: BSD-3-Clause

// Curves that bend one way: lines touch them, wherever the curve is.

#include <doctest/doctest.h>

#include <shardbound/relax/exp.hpp>
#include <shardbound/relax/log.hpp>
#include <shardbound/relax/reciprocal.hpp>
#include <shardbound/relax/softplus.hpp>
#include <shardbound/relax/sqrt.hpp>
#include <shardbound/relax/square.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

/// How far the chord is from the ends and the tangent from where it should touch, relative to the curve.
template <class F>
double worst_gap(const F& f, double least, double most, unsigned seed) {
  std::mt19937 random(seed);
  double worst = 0;
  for (int i = 0; i < 2000; ++i) {
    const double a = uniform(random, least, most), b = uniform(random, least, most);
    const double l = std::min(a, b), u = std::max(a, b);
    const auto lines = f.line(l, u);
    const auto free = relax::freedoms(f, l, u);
    const bool convex = free.lower.is_free();
    REQUIRE(convex != free.upper.is_free());
    const auto& [touch, cut] =
        convex ? std::pair{lines.lower, lines.upper} : std::pair{lines.upper, lines.lower};
    const double start = convex ? free.lower.start : free.upper.start;
    const auto miss = [&](const Line<double>& line, double z) {
      worst = std::max(worst, std::abs(line.slope * z + line.intercept - f.value(z)) /
                                  (std::abs(line.slope * z) + std::abs(f.value(z)) + 1e-9));
    };
    miss(cut, l);
    miss(cut, u);
    miss(touch, start);
    REQUIRE(start >= l);
    REQUIRE(start <= u);
  }
  return worst;
}

}  // namespace

TEST_CASE("the chord meets the curve at both ends, the tangent where it starts") {
  CHECK(worst_gap(relax::Exp{}, -5, 5, 1) <= 1e-13);
  CHECK(worst_gap(relax::Softplus{}, -5, 5, 2) <= 1e-13);
  CHECK(worst_gap(relax::Square{}, -5, 5, 3) <= 1e-13);
  CHECK(worst_gap(relax::Log{}, 0.01, 5, 4) <= 1e-13);
  CHECK(worst_gap(relax::Sqrt{}, 0, 5, 5) <= 1e-13);
  CHECK(worst_gap(relax::Reciprocal{}, 0.01, 5, 6) <= 1e-13);
  CHECK(worst_gap(relax::Reciprocal{}, -5, -0.01, 7) <= 1e-13);
}
