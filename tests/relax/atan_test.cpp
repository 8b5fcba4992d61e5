// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/atan.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Atan> && relax::Atan::frees_upper && relax::Atan::onnx == "Atan");

namespace {

long double exactly(long double z) { return std::atan(z); }

}  // namespace

TEST_CASE_TEMPLATE("the arctangent's lines and range enclose it", T, float, double) {
  const Places where{.places = {0, 1, -2, 400, -1e5}};
  CHECK(worst_curve_violation<T>(relax::Atan{}, exactly, where, 1, 1'500'000) <= 1);
}

// Its tails are so heavy that tangencies go as far as the root of the end point.
TEST_CASE_TEMPLATE("a tangent is found however far the other end is", T, float, double) {
  constexpr T most = std::numeric_limits<T>::max() / 4;
  for (T u = 1; u < most / 64; u *= 64) {
    const auto lines = relax::Atan{}.line(-u, u);
    CAPTURE(u);
    const long double end = static_cast<long double>(lines.lower.slope) * u + lines.lower.intercept;
    CHECK(end <= std::atan(static_cast<long double>(u)) + 1e-6L);
    CHECK(end >= std::atan(static_cast<long double>(u)) - 0.02L);  // of the grid
  }
}

TEST_CASE("the arctangent's gradients against differences") {
  CHECK(gradient_error(relax::Atan{}, -5, 5, 2) <= 1e-8);
}
