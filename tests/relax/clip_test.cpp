// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/clip.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Clip> && NamedState<relax::Clip> && !Optimisable<relax::Clip>);
static_assert(!IsOnnxOperator<relax::Clip>);  // files bring its ends in their own ways

namespace {

auto exactly(const relax::Clip& f) {
  return [low = static_cast<long double>(f.low), high = static_cast<long double>(f.high)](
             long double z) { return std::clamp(z, low, high); };
}

}  // namespace

TEST_CASE("lines of Clip: the slope is one and the same where [l, u] holds one kink") {
  constexpr relax::Clip f{-1, 2};
  CHECK(distance_to(f, {{-5, -1, {0, -1}, {0, -1}},
                        {2, 7, {0, 2}, {0, 2}},
                        {-1, 2, {1, 0}, {1, 0}},
                        {0.5, 0.5, {1, 0}, {1, 0}},
                        {-3, 1, {0.5, -0.5}, {0.5, 0.5}},
                        {0, 4, {0.5, 0}, {0.5, 1}},
                        {-4, 5, {0.5, -0.5}, {0.5, 1}}}) <= 1e-15);
}

TEST_CASE_TEMPLATE("Clip's lines and range enclose it, also with numbers that are rounded", T,
                   float, double) {
  unsigned seed = 0;
  for (const double low : {-1.0, 0.0, 0.1, -1e-30, -1e30})
    for (const double high : {0.1, 6.0, 1.0 / 3, 1e30}) {
      const relax::Clip f{low, high};
      CAPTURE(low);
      CAPTURE(high);
      const Places where{.places = {low, high, 0}};
      CHECK(worst_curve_violation<T>(f, exactly(f), where, ++seed, 200'000) <= 1);
    }
}

TEST_CASE_TEMPLATE("what is known of Clip", T, float, double) {
  constexpr relax::Clip f{-1, 2};
  constexpr T infinity = std::numeric_limits<T>::infinity();
  CHECK(f.stable(T(-3), T(-1)));
  CHECK(f.stable(T(2), T(3)));
  CHECK(f.stable(T(-1), T(2)));
  CHECK_FALSE(f.stable(T(-1.5), T(2)));
  CHECK_FALSE(f.stable(T(-1), T(2.5)));
  CHECK(f.range(-infinity, infinity).lower == -1);
  CHECK(f.range(-infinity, infinity).upper == 2);
  CHECK(relax::is_valid(relax::Clip{1, 1}));
  CHECK_FALSE(relax::is_valid(relax::Clip{1, 0}));
  CHECK(std::isnan(f.value(std::nan(""))));
  // far from a kink nothing is paid
  CHECK(f.line_slack(T(-3), T(-2), T(0.5)).upper == 0);
  CHECK(f.line_slack(T(3), T(4), T(0.5)).lower == 0);
  CHECK(f.line_slack(T(0), T(1), T(0.5)).lower == 0);
}
