// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/verify.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

using Decision = Verdict::Answer;

std::string refusal(Engine& bounding, Engine& exact, const Property& property) {
  try {
    verify(bounding, exact, property);
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("an engine and a property are enough for a verdict") {
  const auto engine = small_engine();
  CHECK(verify(*engine, at_least(4)).answer == Decision::unsat);
  const Verdict broken = verify(*engine, at_least(2.5));
  CHECK(broken.answer == Decision::sat);
  CHECK(broken.counterexample->y[0] >= 2.5);
  const auto single = small_engine<float>();
  CHECK(verify(*single, *engine, at_least(4), {.timeout = 60}).answer == Decision::unsat);
}

TEST_CASE("what does not fit together is refused, in a sentence") {
  const auto engine = small_engine(), single = small_engine<float>();
  CHECK(refusal(*single, *single, at_least(4)).find("in float64 as well") != std::string::npos);
  Property property = at_least(4);
  property.inputs = 3;
  CHECK(refusal(*engine, *engine, property).find("speaks of 3 inputs") != std::string::npos);
  property = at_least(4);
  property.regions[0].box.upper.pop_back();
  CHECK(
      refusal(*engine, *engine, property) ==
      "region 0 of the property: its box has 2 lower and 1 upper bounds where there are 2 inputs");
  property = at_least(4);
  property.regions.push_back(property.regions[0]);
  property.regions[1].box.lower[1] = 5;
  CHECK(refusal(*engine, *engine, property) ==
        "region 1 of the property: its box is empty at input 1");
  property.regions[1] = property.regions[0];
  property.regions[1].unsafe[0].rows.push_back(1);
  CHECK(refusal(*engine, *engine, property) ==
        "region 1 of the property: a conjunction of 1 rows has 3 coefficients where each takes 2");
  property.regions.clear();
  CHECK(verify(*engine, property).answer == Decision::unsat);  // nothing is unsafe
}
