// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/softplus.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Softplus> && !relax::Softplus::frees_upper);
static_assert(relax::free_line_holds_everywhere<relax::Softplus>);

namespace {

long double exactly(long double z) {
  return std::max(z, 0.0L) + std::log1p(std::exp(-std::abs(z)));
}

}  // namespace

TEST_CASE_TEMPLATE("softplus: its lines and range enclose it", T, float, double) {
  const Places where{.places = {0, 1, -5, 40, -80, -700}};
  CHECK(worst_curve_violation<T>(relax::Softplus{}, exactly, where, 1) <= 1);
}

TEST_CASE("softplus: the chord from end to end, the tangent at the midpoint") {
  constexpr relax::Softplus f;
  const auto lines = f.line(-1.0, 2.0);
  CHECK(lines.lower.slope * 0.5 + lines.lower.intercept == doctest::Approx(f.value(0.5)));
  CHECK(lines.lower.slope == doctest::Approx(f.derivative(0.5)));
  for (const double z : {-1.0, 2.0})
    CHECK(lines.upper.slope * z + lines.upper.intercept == doctest::Approx(f.value(z)));
  CHECK(is_free_in(f.freedom(-1.0, 2.0).lower, -1.0, 2.0, 0.5));
  CHECK(f.value(-INFINITY) == 0);
  CHECK(f.value(double{INFINITY}) == INFINITY);
  CHECK(std::isnan(f.value(std::nan(""))));
}

TEST_CASE("the gradients of softplus against differences") {
  CHECK(gradient_error(relax::Softplus{}, -8, 8, 2) <= 1e-8);
}
