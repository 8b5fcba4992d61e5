// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/sin.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Sin> && relax::Sin::onnx == "Sin" && !Optimisable<relax::Sin>);

namespace {

long double exactly(long double z) { return std::sin(z); }

const Places places{.places = {0, 1.5707963267948966, 3.141592653589793, -4.71238898038469,
                               6.283185307179586, 900, 1e5}};

}  // namespace

TEST_CASE("the sine against the worked numbers that are sound") {
  constexpr relax::Sin f;
  CHECK(distance_to(f, {{0.2, 1.2, {0.73336976, 0.05199538}, {0.76484219, 0.10882816}},
                        {1, 3, {-0.35017549, 1.19164647}, {-0.41614684, 1.74159110}},
                        {-1, 4, {0.01693370, -0.82453729}, {0.07073720, 0.89138918}}}) <= printed);
  // Tables by hundredths are off by up to this, to either side.
  CHECK(distance_to(f, {{-0.5, 0.8, {0.92041822, -0.02125158}, {0.96787287, 0.00543791}},
                        {0, 6.2831853, {-0.21723288, -0.00000337}, {-0.21893753, 1.36797024}},
                        {2, 4, {-0.84441970, 2.59450401}, {-0.91063311, 2.88614019}},
                        {-4, -2.5, {-0.91063311, -2.88614019}, {-0.94820068, -2.96771626}}}) <=
        0.0085);
}

TEST_CASE_TEMPLATE("the sine's lines and range enclose it", T, float, double) {
  CHECK(worst_curve_violation<T>(relax::Sin{}, exactly, places, 1) <= 1);
}

TEST_CASE("the sine's derivative against differences") {
  CHECK(gradient_error(relax::Sin{}, -8, 8, 2) <= 1e-9);
}
