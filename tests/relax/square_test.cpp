// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/relax/square.hpp>
#include <tests/support/curve_check.hpp>

using namespace shardbound;
using namespace shardbound_test;

static_assert(Optimisable<relax::Square> && !relax::Square::frees_upper);
static_assert(relax::free_line_holds_everywhere<relax::Square>);
static_assert(!IsOnnxOperator<relax::Square>);  // it is no operator of ONNX
// usable where constants are
static_assert(relax::freedoms(relax::Square{}, 1.0, 3.0).lower.start == 1);

namespace {

long double exactly(long double z) { return z * z; }

}  // namespace

TEST_CASE("the square against the worked numbers") {
  CHECK(distance_to(relax::Square{},
                    {{-1, 2, {0.00000000, 0.00000000}, {1.00000000, 2.00000000}},
                     {1, 2, {2.00000000, -1.00000000}, {3.00000000, -2.00000000}},
                     {-3, -1, {-2.00000000, -1.00000000}, {-4.00000000, -3.00000000}}}) <= printed);
}

TEST_CASE_TEMPLATE("the square's lines and range enclose it", T, float, double) {
  const Places where{.places = {0, 1, -1e-3, 40}};
  CHECK(worst_curve_violation<T>(relax::Square{}, exactly, where, 1) <= 1);
}

TEST_CASE_TEMPLATE("what is known of a square", T, float, double) {
  constexpr relax::Square f;
  constexpr T infinity = std::numeric_limits<T>::infinity(), huge = std::numeric_limits<T>::max();
  CHECK(f.range(T(-2), T(3)).lower == 0);
  CHECK(f.range(T(-4), T(3)).upper == 16);
  CHECK(f.range(T(-4), T(-3)).lower == 9);
  CHECK(f.range(-infinity, infinity).lower == 0);
  CHECK(f.range(huge, huge).lower == huge);
  CHECK(f.range(huge, huge).upper == infinity);
  CHECK(nothing_free(relax::freedoms(f, huge / 2, huge)));
  CHECK(relax::drift(f, T(-3), T(1), T(1)) == doctest::Approx(8));
  CHECK(is_free_in<T>(f.freedom(T(-1), T(2)).lower, -1, 2, 0));
  CHECK(is_free_in<T>(f.freedom(T(1), T(2)).lower, 1, 2, 1));
  CHECK(is_free_in<T>(f.freedom(T(-3), T(-2)).lower, -3, -2, -2));
  CHECK(is_free_in<T>(f.freedom(T(0), T(2)).lower, 0, 2, 0));
}

TEST_CASE("the square's gradients against differences") {
  CHECK(gradient_error(relax::Square{}, -4, 4, 2) <= 1e-8);
}
