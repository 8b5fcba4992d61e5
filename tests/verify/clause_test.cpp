// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/clause.hpp>

#include <cmath>
#include <vector>

using namespace shardbound;

TEST_CASE("clauses are pairs of region and conjunction in the property's order") {
  Property property{1, 1, {}};
  property.regions.resize(2);
  property.regions[0].unsafe.resize(2);
  property.regions[1].unsafe.resize(1);
  const auto clauses = clauses_of(property);
  REQUIRE(clauses.size() == 3);
  CHECK(clauses[1].region == 0);
  CHECK(clauses[1].conjunction == 1);
  CHECK(clauses[2].region == 1);
}

TEST_CASE("the furthest row decides whether a point is in a conjunction") {
  const Conjunction set{{1, 0, 0, 1}, {1, 2}};  // y_0 <= 1 and y_1 <= 2
  const auto at = [&](double a, double b) {
    const double y[] = {a, b};
    return furthest_row(set, y);
  };
  CHECK(at(1, 2).excess == 0);
  CHECK(at(0, 5).row == 1);
  CHECK(at(0, 5).excess == 3);
  CHECK(at(4, 0).row == 0);
  CHECK_FALSE(at(std::nan(""), 0).excess <= 0);
  CHECK_FALSE(at(0, std::nan("")).excess <= 0);
}

TEST_CASE("a strict row is not satisfied on its edge, nor refuted by it") {
  const Conjunction open{{1, -1}, {0}, {true}}, closed{{1, -1}, {0}};
  const double edge[] = {0.1, 0.1}, inside[] = {0.1, std::nextafter(0.1, 1)};
  CHECK(furthest_row(open, edge).excess > 0);
  CHECK(furthest_row(closed, edge).excess == 0);
  CHECK(furthest_row(open, inside).excess < 0);
  CHECK(unsatisfied_rows(open, edge) == std::vector<double>{1, -1});
  CHECK(unsatisfied_rows(closed, edge) == std::vector<double>{0, 0});
  const auto range = ScalarRange::of("float64");
  for (const Conjunction& set : {open, closed}) {
    CHECK_FALSE(refutes(set, 0, 0, 0, range));
    CHECK(refutes(set, 0, 1, 0.5, range));
    CHECK_FALSE(refutes(set, 0, 1, 1, range));
    CHECK_FALSE(refutes(set, 0, INFINITY, 0, range));
    CHECK_FALSE(refutes(set, 0, std::nan(""), 0, range));
  }
}

TEST_CASE("what a scalar may have lost proves nothing") {
  const auto narrow = ScalarRange::of("float32"), wide = ScalarRange::of("float64");
  // y >= 1e-60, where 0 is all that float32 sees of it.
  const Conjunction tiny{{-1}, {-1e-60}};
  CHECK_FALSE(refutes(tiny, 0, 0, 0, narrow));
  CHECK(refutes(tiny, 0, 0, 0, wide));
  CHECK_FALSE(refutes({{-1}, {-1e-300}}, 0, 0, 0, wide));
  // Coefficients that are not held, or not to all their bits.
  for (const double factor : {0x1p-127, 0x1p128, 1e-300}) {
    const Conjunction set{{1, factor}, {-1}};
    CHECK_FALSE(refutes(set, 0, 0, 0, narrow));
    CHECK(refutes(set, 0, 0, 0, wide));
  }
  CHECK_FALSE(refutes({{1, 5e-324}, {-1}}, 0, 0, 0, wide));
}

TEST_CASE("rows over inputs alone are refuted by their edge as well") {
  const Box box{{0.1, -1}, {1, 0.5}};
  const Conjunction open{{0, 1, -2}, {-0.9}, {true}}, closed{{0, 1, -2}, {-0.9}};
  CHECK(*least_of_inputs(row_at(open, 0), 1, box) <= -0.9);
  CHECK_FALSE(least_of_inputs(row_at(Conjunction{{1, 1, 0}, {0}}, 0), 1, box));
  const Conjunction halves{{0, 0, 1}, {-1}, {true}};
  CHECK(refutes_inputs(halves, 0, 1, box));
  CHECK_FALSE(refutes_inputs({{0, 0, 1}, {-1}}, 0, 1, box));
  CHECK_FALSE(refutes_inputs(closed, 0, 1, box));
  CHECK_FALSE(refutes_inputs({{1, 0, 1}, {-5}}, 0, 1, box));
}

TEST_CASE("a point's row is not rounded in its favour") {
  const Conjunction set{{1, 1, 1}, {1}};  // y_0 + y_1 + y_2 <= 1
  const double beyond[] = {1, 1e-30, 0}, cancels[] = {1e30, 1, -1e30}, within[] = {1, -1e-30, 0};
  CHECK(furthest_row(set, beyond).excess > 0);
  CHECK(furthest_row(set, cancels).excess == 0);
  CHECK(furthest_row(set, within).excess <= 0);
  const Conjunction tenths{{0.1, 1}, {1}};  // the double 0.1 is a little more than a tenth
  const double ten[] = {10, 0};
  CHECK(furthest_row(tenths, ten).excess > 0);
  const Conjunction none{};
  CHECK(furthest_row(none, beyond).excess <= 0);
}

TEST_CASE("two rows that are opposites are an equality") {
  const Conjunction set{{1, -1, 0, 1, -1, 1, 0, -1}, {0.5, 1, -0.5, -2}};
  CHECK(opposite_rows(set, 2) == std::vector<std::size_t>{2, 4, 0, 4});
  Conjunction open = set;
  open.strict = {true, false, false, false};
  CHECK(opposite_rows(open, 2) == std::vector<std::size_t>{4, 4, 4, 4});
}

TEST_CASE("equalities are found among thousands of rows at once") {
  constexpr std::size_t pairs = 20'000;
  Conjunction set;
  for (std::size_t i = 0; i < pairs; ++i) {
    const double number = static_cast<double>(i);
    set.rows.insert(set.rows.end(), {1, number, -1, -number});
    set.rhs.insert(set.rhs.end(), {0.5, -0.5});
  }
  const auto opposite = opposite_rows(set, 2);
  for (std::size_t i = 0; i < 2 * pairs; ++i) REQUIRE(opposite[i] == (i ^ 1));
}
