// SPDX-License-Identifier: BSD-3-Clause

// A user's activation needs five members; what it leaves out has a default.

#include <doctest/doctest.h>

#include <shardbound/relax/line.hpp>

using namespace shardbound;

namespace {

/// |z|: chord above, 0 below when it crosses.
struct Magnitude {
  static constexpr std::string_view name = "Magnitude";
  constexpr double lipschitz() const { return 1; }
  template <class T>
  constexpr T value(T x) const {
    return x < 0 ? -x : x;
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    const T a = value(l), b = value(u), high = a > b ? a : b, low = a > b ? b : a;
    return {l <= 0 && u >= 0 ? T(0) : low, high};
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    if (l == u) return {{0, value(l)}, {0, value(l)}};
    const T slope = (value(u) - value(l)) / (u - l);
    const Line<T> chord{slope, value(l) - slope * l};
    return {l >= 0 || u <= 0 ? chord : Line<T>{0, 0}, chord};
  }
};
struct NoName : Magnitude {
  static constexpr int name = 0;
};
struct DoubleOnly : Magnitude {
  double value(double x) const { return x; }
};
struct NotTrivial : Magnitude {
  NotTrivial(const NotTrivial&) {}
};

}  // namespace

static_assert(Relaxation<Magnitude>);
static_assert(!Relaxation<int> && !Relaxation<NoName> && !Relaxation<DoubleOnly> &&
              !Relaxation<NotTrivial>);
static_assert(!relax::lower_through_origin<Magnitude>);

TEST_CASE("by default only a point is stable, and rounding costs lipschitz plus slope") {
  CHECK(relax::is_stable(Magnitude{}, 1.0, 1.0));
  CHECK_FALSE(relax::is_stable(Magnitude{}, 1.0, 2.0));
  const LinePair<double> lines{{0.5, 0}, {-2, 0}};
  const auto over = relax::line_slack(Magnitude{}, lines, -1.0, 1.0, 0.1);
  CHECK(over.lower == doctest::Approx(0.15));
  CHECK(over.upper == doctest::Approx(0.3));
}

TEST_CASE_TEMPLATE("where u - l is not finite, lines are constants", T, float, double) {
  constexpr T most = std::numeric_limits<T>::max(), infinity = std::numeric_limits<T>::infinity();
  for (const T l : {-most, -infinity})
    for (const T u : {most, infinity}) {
      const auto lines = relax::lines(Magnitude{}, l, u);
      CHECK(lines.lower.slope == 0);
      CHECK(lines.lower.intercept == 0);
      CHECK(lines.upper.slope == 0);
      CHECK(lines.upper.intercept == std::max(-l, u));
    }
  CHECK(relax::lines(Magnitude{}, T(-1), T(3)).upper.slope == T(0.5));
}
