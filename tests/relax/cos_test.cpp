// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/cos.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Relaxation<relax::Cos> && relax::Cos::onnx == "Cos" && !Optimisable<relax::Cos>);

namespace {

long double exactly(long double z) { return std::cos(z); }

const Places places{.places = {0, 1.5707963267948966, 3.141592653589793, -4.71238898038469,
                               6.283185307179586, 900, 1e5}};

}  // namespace

TEST_CASE("the cosine against the worked numbers") {
  CHECK(distance_to(relax::Cos{},
                    {{-0.5, 0.8, {-0.13913527, 0.80801493}, {-0.14943813, 1.01118680}},
                     {0.2, 1.2, {-0.61770882, 1.10360834}, {-0.64421769, 1.21579457}},
                     {1, 3, {-0.90929743, 1.40244802}, {-0.76514740, 1.30544971}}}) <= printed);
}

TEST_CASE_TEMPLATE("the cosine's lines and range enclose it", T, float, double) {
  CHECK(worst_curve_violation<T>(relax::Cos{}, exactly, places, 1) <= 1);
}

TEST_CASE("the cosine's derivative against differences") {
  CHECK(gradient_error(relax::Cos{}, -8, 8, 2) <= 1e-9);
}
