// SPDX-License-Identifier: BSD-3-Clause

// What files say is tested through their readers; here are formulas that were made by hand.

#include <doctest/doctest.h>
#include <shardbound/io/vnnlib_property.hpp>

using namespace shardbound;
using namespace shardbound::vnnlib;

TEST_CASE("a formula without assertions asks for any point, one without alternatives for none") {
  Formula formula;
  formula.inputs = 2;
  formula.columns = 3;
  const Property any = property_of(formula, "p");
  CHECK(any.inputs == 2);
  CHECK(any.outputs == 3);
  REQUIRE(any.regions.size() == 1);
  REQUIRE(any.regions[0].unsafe.size() == 1);
  CHECK(any.regions[0].unsafe[0].size() == 0);
  formula.alternatives.clear();
  CHECK(property_of(formula, "p").regions.empty());
}

TEST_CASE("what half-spaces leave empty is dropped, one alternative at a time") {
  Formula formula;
  formula.inputs = 2;
  formula.columns = 1;
  FormulaBuilder builder(formula);
  const auto term = [](int x, int y, int constant) {
    return Affine::sum({Affine(Variable::input(0)).scale(Exact(x)),
                        Affine(Variable::input(1)).scale(Exact(y)), Affine(Exact(constant))});
  };
  std::vector<Atoms> box(1);
  for (const auto& one : {term(1, 0, -1), term(-1, 0, 0), term(0, 1, -1), term(0, -1, 0)})
    builder.require(box, one, false, 1);
  builder.conjoin(box);
  std::vector<Atoms> cut(1), beyond(1), none(1);
  builder.require(cut, term(-1, -1, 1), false, 2);     // x + y >= 1
  builder.require(beyond, term(-1, -1, 3), false, 3);  // x + y >= 3
  builder.conjoin({cut[0], beyond[0], none[0]});
  const Property property = property_of(formula, "p");
  CHECK(property.observed == Observed::outputs_and_inputs);
  REQUIRE(property.regions.size() == 1);  // the cut does not narrow the box
  CHECK(property.regions[0].box == Box{{0, 0}, {1, 1}});
  REQUIRE(property.regions[0].unsafe.size() == 2);
  CHECK(property.regions[0].unsafe[0].rows == std::vector<double>{0, -1, -1});
  CHECK(property.regions[0].unsafe[1].size() == 0);
}
