// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/affine.hpp>

#include <cmath>
#include <string>

using namespace shardbound::vnnlib;

namespace {

const Variable a = Variable::column(0), b = Variable::column(1), x = Variable::input(0);

Exact number(const std::string& text) { return *Exact::read(text); }
Affine times(const std::string& factor, Variable variable) {
  return Affine(variable).scale(number(factor));
}
Affine constant(const std::string& text) { return Affine(number(text)); }

}  // namespace

TEST_CASE("sums are by variable, and what cancels is gone") {
  const Affine sum = Affine::sum(
      {times("2", b), times("0.5", a), constant("1"), times("-2", b), times("0.25", a)});
  REQUIRE(sum.terms().size() == 1);
  CHECK(sum.terms()[0].first == a);
  CHECK(sum.terms()[0].second == number("0.75"));
  CHECK(sum.constant() == number("1"));
  CHECK(Affine::sum({times("0.1", x), times("0.2", x), times("-0.3", x)}).is_constant());
  CHECK(times("0", x).is_constant());
  CHECK(Affine(x).negate().terms()[0].second == number("-1"));
}

TEST_CASE("without variables a comparison is true or false, to the last digit") {
  CHECK(*truth(constant("0"), false));
  CHECK_FALSE(*truth(constant("0"), true));
  CHECK_FALSE(
      *truth(Affine::sum({constant("0.1"), constant("0.2"), constant("-0.2999999999999999999999")}),
             false));
  CHECK_FALSE(truth(Affine(x), false));
}

TEST_CASE("one input alone is bounded, whatever its factor") {
  const auto upper = input_bound(Affine::sum({times("2", x), constant("-3")}));  // 2 x <= 3
  REQUIRE(upper);
  CHECK(upper->upper);
  CHECK(upper->at.nearest()->value == 1.5);
  const auto lower = input_bound(Affine::sum({times("-3", x), constant("1")}));  // x >= 1/3
  CHECK_FALSE(lower->upper);
  CHECK(lower->at == Ratio{Exact(1), Exact(3)});
  CHECK_FALSE(input_bound(Affine(a)));
  CHECK_FALSE(input_bound(Affine::sum({Affine(x), Affine(a)})));
}

TEST_CASE("rows keep their coefficients, in multiples if need be, and never shrink") {
  const auto plain = row_of(Affine::sum({Affine(a), times("-1", b), constant("-0.5")}), false);
  REQUIRE(plain);
  CHECK(plain->coefficients[0].second == 1);
  CHECK(plain->coefficients[1].second == -1);
  CHECK(plain->rhs == 0.5);
  CHECK_FALSE(plain->strict);
  const auto tenth =
      row_of(Affine::sum({times("0.1", a), times("0.25", b), constant("-0.3")}), false);
  CHECK(tenth->coefficients[0].second == 10.0 / 16);  // the largest is in [1, 2)
  CHECK(tenth->coefficients[1].second == 25.0 / 16);
  CHECK(tenth->rhs == 30.0 / 16);
  // No double is 0.3 - there is one a little below, and one above: y_0 <= 0.3 of doubles is y_0 < the one above.
  const auto inexact = row_of(Affine::sum({Affine(a), constant("-0.3")}), false);
  CHECK(inexact->strict);
  CHECK(inexact->rhs == std::nextafter(0.3, 1));
  CHECK(row_of(Affine::sum({Affine(a), constant("-0.1")}), false)->rhs ==
        0.1);  // above the decimal already
  CHECK_FALSE(row_of(times("0.12345678901234567", a), false));
  CHECK_FALSE(row_of(Affine::sum({Affine(a), constant("-1e400")}), false));
}

TEST_CASE("rows are scaled by powers of two, exactly") {
  for (const double factor : {1e-300, -1e-300, 5e-324, 1e300, -12345678.0, 0.75}) {
    const Affine term(Affine(a).scale(Exact::of(factor)));
    const auto row = row_of(Affine::sum({term, constant("-0.5")}), false);
    if (!row) {  // the right side is beyond all doubles then
      CHECK(factor == 5e-324);
      continue;
    }
    const double size = std::abs(row->coefficients[0].second);
    CHECK(size >= 1);
    CHECK(size < 2);
    int given = 0, got = 0;
    CHECK(std::frexp(row->coefficients[0].second, &got) == std::frexp(factor, &given));
    CHECK(row->rhs == std::ldexp(0.5, got - given));
    CHECK_FALSE(row->strict);
  }
  // 0.3 2^k is no double either, and rounded up.
  const auto inexact = row_of(Affine::sum({times("4", a), constant("-0.3")}), false);
  CHECK(inexact->strict);
  CHECK(inexact->rhs == std::nextafter(0.3, 1) / 4);
  // What could not keep all its bits stays as it is.
  const auto wide = row_of(
      Affine::sum({Affine(a).scale(Exact::of(1e300)), Affine(b).scale(Exact::of(1e-300))}), false);
  CHECK(wide->coefficients[0].second == 1e300);
  CHECK(wide->coefficients[1].second == 1e-300);
}
