// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/leaky_relu.hpp>
#include <tests/support/line_check.hpp>

using namespace shardbound;

static_assert(Relaxation<relax::LeakyReLU> && Optimisable<relax::LeakyReLU>);
static_assert(std::is_same_v<relax::FreeLineOf<relax::LeakyReLU>, relax::FreeSlope>);
static_assert(relax::free_line_holds_everywhere<relax::LeakyReLU>);

TEST_CASE_TEMPLATE("lines of LeakyReLU", T, float, double) {
  const relax::LeakyReLU f{0.25};
  const auto chord = f.line(T(-1), T(3));  // slope (3 + 0.25) / 4 through (-1, -0.25)
  CHECK(chord.upper.slope == T(0.8125));
  CHECK(chord.upper.intercept == T(0.5625));
  CHECK(chord.lower.slope == 1);
  CHECK(f.line(T(-3), T(0.5)).lower.slope == T(0.25));
  CHECK(f.line(T(-3), T(-1)).upper.slope == T(0.25));
  CHECK(f.line(T(1), T(2)).lower.slope == 1);
  CHECK(f.value(T(-2)) == T(-0.5));
  CHECK(f.value(T(2)) == 2);
}

TEST_CASE_TEMPLATE("LeakyReLU's lines and range enclose it", T, float, double) {
  for (const double slope : {0.0, 0.01, 0.125, 0.5, 0.75, 1.0}) {
    CAPTURE(slope);
    const double a = static_cast<T>(slope);
    const auto exact = [a](long double z) { return z > 0 ? z : a * z; };
    CHECK(shardbound_test::worst_violation<T>(relax::LeakyReLU{a}, exact, 3000, 2) <= 1);
  }
}

TEST_CASE_TEMPLATE("past the bounds, LeakyReLU leaves its lines by no more than the line_slack", T,
                   float, double) {
  const relax::LeakyReLU f{0.25};
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

TEST_CASE_TEMPLATE("below an unstable LeakyReLU any slope from its own to 1 will do", T, float,
                   double) {
  using shardbound_test::is_free_in, shardbound_test::nothing_free;
  const relax::LeakyReLU f{0.3};
  const T a = static_cast<T>(0.3);
  CHECK(is_free_in<T>(f.freedom(T(-1), T(3)).lower, a, 1, 1));
  CHECK(is_free_in<T>(f.freedom(T(-3), T(0.5)).lower, a, 1, a));
  CHECK_FALSE(f.freedom(T(-1), T(3)).upper.is_free());
  CHECK(nothing_free(f.freedom(T(-3), T(0))));
  CHECK(nothing_free(f.freedom(T(0), T(2))));
  CHECK(nothing_free(relax::freedoms(f, T(0), T(0))));
  CHECK(is_free_in<T>(relax::LeakyReLU{1}.freedom(T(-1), T(3)).lower, 1, 1, 1));

  for (const double slope : {0.0, 0.01, 0.3, 0.75, 1.0}) {
    CAPTURE(slope);
    const double rounded = static_cast<T>(slope);
    const auto exact = [rounded](long double z) { return z > 0 ? z : rounded * z; };
    CHECK(shardbound_test::worst_free_violation<T>(relax::LeakyReLU{slope}, exact, 1000, 3) <= 1);
  }
}

TEST_CASE("LeakyReLU changes with its input as its branch does") {
  const relax::LeakyReLU f{0.25};
  CHECK(f.derivative(-2.0) == 0.25);
  CHECK(f.derivative(0.0) == 0.25);
  CHECK(f.derivative(1e-300) == 1);
}

// Sweeps do not read the intercept of a lower line through the origin, so wherever lines() falls back
// to constants the one below must not be needed.
TEST_CASE_TEMPLATE("over the widest intervals the lower line still goes through the origin", T,
                   float, double) {
  constexpr T most = std::numeric_limits<T>::max();
  for (const T l : {-most, -std::numeric_limits<T>::infinity()}) {
    const auto lower = relax::lines(relax::LeakyReLU{0.5}, l, most).lower;
    CHECK(lower.intercept == 0);
    CHECK(lower.slope * (most / 2) * -1 <= -most / 4);
  }
}

static_assert(relax::BendsAtZero<relax::LeakyReLU>);

TEST_CASE_TEMPLATE("on one side of zero LeakyReLU is a line", T, float, double) {
  for (const double slope : {0.0, 0.01, 0.3, 1.0}) {
    const relax::LeakyReLU f{slope};
    for (const T z : {T(0), T(0.1), T(3), std::numeric_limits<T>::max()})
      for (const T sign : {T(1), T(-1)}) {
        const auto line = f.side(sign);
        CHECK(line.slope * (sign * z) + line.intercept == f.value(sign * z));
      }
  }
}
