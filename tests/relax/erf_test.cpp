// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/erf.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Erf> && relax::Erf::frees_upper && relax::Erf::onnx == "Erf");

namespace {

long double exactly(long double z) { return std::erf(z); }

}  // namespace

TEST_CASE_TEMPLATE("the error function's lines and range enclose it", T, float, double) {
  const Places where{.places = {0, 1, -2, 4, -6, 27}};
  CHECK(worst_curve_violation<T>(relax::Erf{}, exactly, where, 1, 1'500'000) <= 1);
}

TEST_CASE_TEMPLATE("its derivatives are accurate relative to their own size", T, float, double) {
  for (const T z : {T(0), T(0.5), T(-3), T(7.3), T(-8.9)}) {
    CAPTURE(z);
    const long double x = z, slope = 1.12837916709551257390L * std::exp(-x * x);
    const long double close = 8 * std::numeric_limits<T>::epsilon() * slope;
    CHECK(std::abs(relax::curve::Erf::derivative(z) - slope) <= close);
    CHECK(std::abs(relax::curve::Erf::second_derivative(z) + 2 * x * slope) <=
          (1 + 2 * std::abs(x)) * close);
  }
  CHECK(relax::curve::Erf::derivative(std::numeric_limits<T>::max()) == 0);
  CHECK(std::isnan(relax::curve::Erf::derivative(std::numeric_limits<T>::quiet_NaN())));
  CHECK(static_cast<long double>(relax::curve::Erf::steepest) >= 1.12837916709551257390L);
}

TEST_CASE("the error function's gradients against differences") {
  CHECK(gradient_error(relax::Erf{}, -5, 5, 2) <= 1e-8);
}
