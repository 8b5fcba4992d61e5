// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/relu.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;

static_assert(Relaxation<relax::ReLU> && Optimisable<relax::ReLU>);
static_assert(std::is_same_v<relax::FreeLineOf<relax::ReLU>, relax::FreeSlope>);
static_assert(relax::free_line_holds_everywhere<relax::ReLU>);
// usable where constants are
static_assert(relax::freedoms(relax::ReLU{}, -1.0, 3.0).lower.start == 1);

TEST_CASE_TEMPLATE("lines of ReLU", T, float, double) {
  constexpr relax::ReLU f;
  const auto same = [](LinePair<T> lines, T lower_slope, T upper_slope, T upper_intercept) {
    return lines.lower.slope == lower_slope && lines.lower.intercept == 0 &&
           lines.upper.slope == upper_slope && lines.upper.intercept == upper_intercept;
  };
  CHECK(same(f.line(T(1), T(3)), 1, 1, 0));
  CHECK(same(f.line(T(-3), T(-1)), 0, 0, 0));
  CHECK(same(f.line(T(0), T(2)), 1, 1, 0));
  CHECK(same(f.line(T(-2), T(0)), 0, 0, 0));
  CHECK(same(f.line(T(0), T(0)), 1, 1, 0));
  CHECK(same(f.line(T(-1), T(3)), 1, T(0.75), T(0.75)));
  CHECK(same(f.line(T(-3), T(1)), 0, T(0.25), T(0.75)));
  CHECK(same(f.line(T(-2), T(2)), 0, T(0.5), 1));  // the tie goes to 0 ...
  const T hair = 1 + 4 * std::numeric_limits<T>::epsilon();
  CHECK(f.line(T(-2), 2 * hair).lower.slope == 0);  // ... and so does what rounding makes of a tie
  CHECK(f.line(T(-2), T(2.001)).lower.slope == 1);
}

TEST_CASE_TEMPLATE("ReLU's lines and range enclose it", T, float, double) {
  const auto exact = [](long double z) { return z > 0 ? z : 0; };
  CHECK(shardbound_test::worst_violation<T>(relax::ReLU{}, exact, 5000, 1) <= 1);
}

TEST_CASE_TEMPLATE("past the bounds, ReLU leaves its lines by no more than the line_slack", T,
                   float, double) {
  constexpr relax::ReLU f;
  for (const T l : {-3, -1, 0, 1})
    for (const T u : {-1, 0, 1, 2})
      for (const T e : {T(0), T(0.25), T(2)}) {
        if (l > u) continue;
        const auto lines = f.line(l, u);
        const auto over = f.line_slack(l, u, e);
        for (const T z : {l - e, l, T(0), u, u + e, (l + u) / 2}) {
          if (z < l - e || z > u + e) continue;
          CHECK(lines.lower.slope * z + lines.lower.intercept <= f.value(z) + over.lower + T(1e-6));
          CHECK(lines.upper.slope * z + lines.upper.intercept >= f.value(z) - over.upper - T(1e-6));
        }
      }
}

TEST_CASE_TEMPLATE("below an unstable ReLU any slope of 0 to 1 will do", T, float, double) {
  using shardbound_test::is_free_in, shardbound_test::nothing_free;
  constexpr relax::ReLU f;
  CHECK(is_free_in<T>(f.freedom(T(-1), T(3)).lower, 0, 1, 1));
  CHECK(is_free_in<T>(f.freedom(T(-3), T(1)).lower, 0, 1, 0));
  CHECK(is_free_in<T>(f.freedom(T(-2), T(2)).lower, 0, 1, 0));
  CHECK_FALSE(f.freedom(T(-1), T(3)).upper.is_free());
  for (const T l : {-3, -1, 0, 1})
    for (const T u : {-1, 0, 1, 2})
      if (l <= u && f.stable(l, u)) CHECK(nothing_free(f.freedom(l, u)));
  // also where the chord has no slope left
  constexpr T least = std::numeric_limits<T>::min();
  CHECK(f.line(T(-3), least).upper.slope == 0);
  CHECK(is_free_in<T>(f.freedom(T(-3), least).lower, 0, 1, 0));

  const auto exact = [](long double z) { return z > 0 ? z : 0; };
  CHECK(shardbound_test::worst_free_violation<T>(f, exact, 3000, 3) <= 1);
}

TEST_CASE("ReLU changes with its input as its branch does") {
  constexpr relax::ReLU f;
  CHECK(f.derivative(-2.0) == 0);
  CHECK(f.derivative(0.0) == 0);
  CHECK(f.derivative(1e-300) == 1);
}

TEST_CASE("NaN stays NaN, stable is what has one branch") {
  constexpr relax::ReLU f;
  CHECK(std::isnan(f.value(std::nan(""))));
  CHECK(f.value(-1.0) == 0);
  CHECK(f.stable(0.0, 1.0));
  CHECK(f.stable(-1.0, 0.0));
  CHECK_FALSE(f.stable(-1.0, 1e-300));
}

static_assert(relax::BendsAtZero<relax::ReLU>);

TEST_CASE_TEMPLATE("on one side of zero ReLU is a line", T, float, double) {
  constexpr relax::ReLU f;
  for (const T z : {T(0), T(0.1), T(3), std::numeric_limits<T>::max()})
    for (const T sign : {T(1), T(-1)}) {
      const auto line = f.side(sign);
      CHECK(line.slope * (sign * z) + line.intercept == f.value(sign * z));
    }
}
