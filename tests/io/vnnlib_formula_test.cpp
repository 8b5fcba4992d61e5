// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/io/vnnlib_formula.hpp>

#include <string>
#include <vector>

using namespace shardbound::vnnlib;

namespace {

// factor * x_0 + constant
Affine line(const std::string& factor, const std::string& constant) {
  return Affine::sum(
      {Affine(Variable::input(0)).scale(*Exact::read(factor)), Affine(*Exact::read(constant))});
}

}  // namespace

TEST_CASE("a comparison is one atom, in every alternative that is open") {
  Formula formula;
  FormulaBuilder builder(formula);
  std::vector<Atoms> alternatives = {{}, {}};
  builder.require(alternatives, line("1", "-1"), false, 7);
  CHECK(alternatives == std::vector<Atoms>{{0}, {0}});
  CHECK(formula.atoms.at(0).kind == Atom::Kind::upper);
  CHECK(formula.atoms.at(0).line == 7);
  builder.require(alternatives, line("0", "-1"), false, 8);  // true
  CHECK(alternatives == std::vector<Atoms>{{0}, {0}});
  builder.require(alternatives, line("0", "0"), true, 9);  // 0 < 0
  CHECK(alternatives.empty());
}

TEST_CASE("bounds are compared to the last digit") {
  Formula formula;
  FormulaBuilder builder(formula);
  std::vector<Atoms> all(1);
  for (const char* at :
       {"-0.1", "-0.1000000000000000000001", "-0.0999999999999999999999", "-0.25", "-0.100"})
    builder.require(all, line("1", at), false, 1);
  const auto& a = formula.atoms;
  CHECK(a[0].at.value == a[1].at.value);
  CHECK(formula.compare(a[0], a[1]) < 0);
  CHECK(formula.compare(a[0], a[2]) > 0);
  CHECK(formula.compare(a[0], a[3]) < 0);
  CHECK(formula.compare(a[0], a[4]) == 0);
  builder.require(all, line("3", "-0.3"), false, 1);
  CHECK(formula.compare(a[0], a[5]) == 0);
}

TEST_CASE("assertions are conjoined, those without alternatives apart from the others") {
  Formula formula;
  FormulaBuilder builder(formula);
  builder.conjoin({{0, 1}});
  builder.conjoin({{2}, {3}});
  builder.conjoin({{4}, {5, 6}});
  CHECK(formula.common == Atoms{0, 1});
  CHECK(formula.alternatives == std::vector<Atoms>{{2, 4}, {2, 5, 6}, {3, 4}, {3, 5, 6}});
  builder.conjoin({});
  CHECK(formula.alternatives.empty());
  builder.conjoin({{2}, {3}});
  CHECK(formula.alternatives.empty());
}

TEST_CASE("products of alternatives are bounded, their number alone is not") {
  Formula formula;
  FormulaBuilder builder(formula);
  builder.conjoin(std::vector<Atoms>(200'000, Atoms{0}));
  CHECK(formula.alternatives.size() == 200'000);
  CHECK_THROWS_AS(builder.conjoin({{1}, {2}}), FormulaBuilder::TooMuch);
}
