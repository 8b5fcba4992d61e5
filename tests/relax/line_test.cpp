// SPDX-License-Identifier: BSD-3-Clause

// A user's activation needs five members; what it leaves out has a default. With five more
// its lines may be optimised.

#include <doctest/doctest.h>

#include <shardbound/relax/line.hpp>
#include <tests/support/line_check.hpp>

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
/// Below it any slope of -1 to 1 will do.
struct FreeMagnitude : Magnitude {
  static constexpr bool frees_upper = false;
  template <class T>
  constexpr Freedoms<T> freedom(T l, T u) const {
    if (l >= 0 || u <= 0) return {};
    return {{T(-1), T(1), T(0)}, {}};
  }
  template <class T>
  static constexpr Line<T> at(T alpha) {
    return {alpha, 0};
  }
  template <class T>
  static constexpr T at_gradient(T, T z) {
    return z;
  }
  template <class T>
  constexpr T derivative(T x) const {
    return x > 0 ? T(1) : T(-1);
  }
};
struct Everywhere : FreeMagnitude {
  static constexpr bool free_line_holds_everywhere = true;
};
/// |z|, as steep as it is in each interval.
struct SteepWithin {
  static constexpr std::string_view name = "SteepWithin";
  template <class T>
  constexpr T lipschitz(T l, T u) const {
    return l == 0 && u == 0 ? T(0) : u;
  }
  template <class T>
  constexpr T value(T x) const {
    return Magnitude{}.value(x);
  }
  template <class T>
  constexpr Interval<T> range(T l, T u) const {
    return Magnitude{}.range(l, u);
  }
  template <class T>
  constexpr LinePair<T> line(T l, T u) const {
    return Magnitude{}.line(l, u);
  }
};
struct NeverSteep : SteepWithin {
  void lipschitz(double, double) const {}
};
struct NoDerivative : FreeMagnitude {
  void derivative() const {}
};
struct FreeInDoubleOnly : FreeMagnitude {
  double at_gradient(double, double z) const { return z; }
};
/// What another type says of the lines is all that counts.
struct LinesOfAnother : NoDerivative {
  using FreeLine = FreeMagnitude;
  static constexpr bool stands_alone = true;
  template <class T>
  constexpr T derivative(T x) const {
    return x > 0 ? T(1) : T(-1);
  }
  void at() const {}
};
struct NoConstant : FreeMagnitude {
  bool frees_upper = false;
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
static_assert(Relaxation<SteepWithin> && !Relaxation<NeverSteep>);
static_assert(!relax::lower_through_origin<Magnitude>);
static_assert(Optimisable<FreeMagnitude> && Optimisable<Everywhere> && Optimisable<LinesOfAnother>);
static_assert(std::is_same_v<relax::FreeLineOf<FreeMagnitude>, FreeMagnitude> &&
              std::is_same_v<relax::FreeLineOf<LinesOfAnother>, FreeMagnitude>);
static_assert(relax::stands_alone<LinesOfAnother> && !relax::stands_alone<Magnitude>);
static_assert(!Optimisable<Magnitude> && !Optimisable<NoDerivative> && !Optimisable<int> &&
              !Optimisable<FreeInDoubleOnly> && !Optimisable<NoConstant>);
static_assert(!relax::free_line_holds_everywhere<FreeMagnitude> &&
              !relax::free_line_holds_everywhere<Magnitude> &&
              relax::free_line_holds_everywhere<Everywhere>);

TEST_CASE("by default only a point is stable, and rounding costs lipschitz plus slope") {
  CHECK(relax::is_stable(Magnitude{}, 1.0, 1.0));
  CHECK_FALSE(relax::is_stable(Magnitude{}, 1.0, 2.0));
  const LinePair<double> lines{{0.5, 0}, {-2, 0}};
  const auto over = relax::line_slack(Magnitude{}, lines, -1.0, 1.0, 0.1);
  CHECK(over.lower == doctest::Approx(0.15));
  CHECK(over.upper == doctest::Approx(0.3));
}

TEST_CASE_TEMPLATE("how steep: everywhere, or within an interval that rounding has widened", T,
                   float, double) {
  CHECK(relax::lipschitz(Magnitude{}, T(-1), T(3)) == 1);
  CHECK(relax::lipschitz(SteepWithin{}, T(-1), T(3)) == 3);
  CHECK(relax::drift(Magnitude{}, T(-1), T(3), T(0.5)) == T(0.5));
  CHECK(relax::drift(SteepWithin{}, T(-1), T(3), T(0.5)) == doctest::Approx(1.75));
  CHECK(relax::drift(SteepWithin{}, T(-1), std::numeric_limits<T>::infinity(), T(0)) == 0);
  const LinePair<T> lines{{T(0.5), 0}, {-2, 0}};
  const auto over = relax::line_slack(SteepWithin{}, lines, T(-1), T(3), T(0.5));
  CHECK(over.lower == doctest::Approx(2));
  CHECK(over.upper == doctest::Approx(2.75));

  // 1 - 1e-30 is not 1, whatever rounding says; 1 - 1 is 0
  CHECK(relax::widened(T(1), T(2), T(1e-30)).lower < 1);
  CHECK(relax::widened(T(1), T(2), T(1e-30)).upper > 2);
  CHECK(relax::widened(T(-1), T(1), T(1)).upper >= 2);
  CHECK(relax::widened(T(1), T(2), T(1)).lower == 0);
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

TEST_CASE_TEMPLATE("lines are fixed until an activation frees them", T, float, double) {
  using shardbound_test::is_free_in, shardbound_test::nothing_free;
  CHECK_FALSE(Freedom<T>{}.is_free());
  CHECK(Freedom<T>{2, 2, 2}.is_free());
  CHECK(nothing_free(relax::freedoms(Magnitude{}, T(-1), T(3))));
  CHECK(nothing_free(relax::freedoms(NoDerivative{}, T(-1), T(3))));
  const auto free = relax::freedoms(FreeMagnitude{}, T(-1), T(3));
  CHECK(is_free_in<T>(free.lower, -1, 1, 0));
  CHECK_FALSE(free.upper.is_free());
  CHECK(nothing_free(relax::freedoms(FreeMagnitude{}, T(1), T(3))));
  const auto exact = [](long double z) { return std::abs(z); };
  CHECK(shardbound_test::worst_free_violation<T>(FreeMagnitude{}, exact, 500, 1) <= 1);
}

// f.freedom itself frees all of these.
TEST_CASE_TEMPLATE("nothing is free at a point, where u - l is not finite, where an end is NaN", T,
                   float, double) {
  struct AlwaysFree : FreeMagnitude {
    constexpr Freedoms<double> freedom(double, double) const { return {{-1, 1, 0}, {-1, 1, 0}}; }
    constexpr Freedoms<float> freedom(float, float) const { return {{-1, 1, 0}, {-1, 1, 0}}; }
  };
  constexpr T most = std::numeric_limits<T>::max(), infinity = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr AlwaysFree f;
  CHECK(relax::freedoms(f, T(-1), T(1)).upper.is_free());
  CHECK(relax::freedoms(f, T(-1), most).upper.is_free());
  const Interval<T> fixed[] = {
      {1, 1},   {0, 0},    {-most, most}, {-infinity, 1},        {1, infinity},
      {nan, 1}, {-1, nan}, {nan, nan},    {-infinity, infinity}, {infinity, infinity}};
  for (const auto& [l, u] : fixed) CHECK(shardbound_test::nothing_free(relax::freedoms(f, l, u)));
}
