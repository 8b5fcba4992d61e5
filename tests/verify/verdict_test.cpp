// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/verdict.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

namespace {

template <class T = double>
Verdict verdict_on(const Property& property, VerifyOptions options = {}) {
  const auto bounding = small_engine<T>(), exact = small_engine<double>();
  return Verifier(*bounding, *exact, property, options).run();
}

}  // namespace

TEST_CASE("unsat needs more than the true maximum, sat a point that reaches the threshold") {
  CHECK(verdict_on(at_least(4)).answer == Verdict::Answer::unsat);
  CHECK(verdict_on(at_least(3)).answer == Verdict::Answer::sat);
  CHECK(verdict_on(at_least(2.5)).counterexample->y[0] >= 2.5);
}

TEST_CASE("a bound that clears its threshold by less than rounding proves nothing") {
  // The bound of y_0 is 3 + 1/3 or so; walk the threshold down to it: there must be thresholds that
  // the bound clears and that are not called unsat, and none the other way round.
  const auto engine = small_engine();
  const Property property = at_least(10);
  engine->prepare(Method{}, {1, 1, 0, 1 << 20});
  const InputSet set(small_box());
  const auto found = engine->run({&set, 1}, rows_of(property, 0, 1), {}, nullptr);
  const double bound = -found.rows.lower[0], slack = found.rows.slack[0];
  REQUIRE(slack > 0);
  CHECK(verdict_on(at_least(bound + slack / 2)).answer == Verdict::Answer::unknown);
  CHECK(verdict_on(at_least(bound + 2 * slack)).answer == Verdict::Answer::unsat);
}

TEST_CASE("float32 bounds are confirmed in float64 where rounding leaves a doubt") {
  const auto engine = small_engine<float>();
  engine->prepare(Method{}, {1, 1, 0, 1 << 20});
  const InputSet set(small_box());
  const auto found = engine->run({&set, 1}, rows_of(at_least(10), 0, 1), {}, nullptr);
  const double threshold = -found.rows.lower[0] + found.rows.slack[0] / 2;
  CHECK(verdict_on<float>(at_least(threshold)).answer == Verdict::Answer::unsat);
}

TEST_CASE("every clause must be refuted, in any region, one row of a conjunction is enough") {
  Property property = at_least(4);
  property.regions[0].unsafe.push_back({{1, 0}, {-0.5}});  // y_0 <= -0.5: impossible
  property.regions.push_back(
      {{{0, 0}, {1, 1}}, {{{-1, 0, 0, -1}, {-5, 0}}}});  // y_0 >= 5, y_1 >= 0
  const auto holds = verdict_on(property);
  CHECK(holds.answer == Verdict::Answer::unsat);
  CHECK(holds.clauses == 3);
  CHECK(holds.refuted == 3);
  property.regions[1].unsafe.push_back({{0, 1}, {-1}});  // y_1 <= -1 at x = (0, 1)
  const auto broken = verdict_on(property);
  CHECK(broken.answer == Verdict::Answer::sat);
  CHECK(broken.counterexample->clause.region == 1);
}

TEST_CASE("a deadline that has passed is a timeout") {
  VerifyOptions options;
  options.timeout = 1e-9;
  CHECK(verdict_on(at_least(4), options).answer == Verdict::Answer::timeout);
}

TEST_CASE("an observer sees bounds first, then points being tried for what they left open") {
  struct Seen : Observer {
    void see(const Progress& progress) override { nodes.push_back(progress.node); }
    std::vector<int> nodes;
  };
  Seen seen;
  VerifyOptions options;
  options.observer = &seen;
  CHECK(verdict_on(at_least(4), options).answer == Verdict::Answer::unsat);
  REQUIRE_FALSE(seen.nodes.empty());
  CHECK(std::count(seen.nodes.begin(), seen.nodes.end(), 0) == 0);  // nothing was left open
  Property open = at_least(3);
  open.regions[0].unsafe[0] = {{-1, 0, 0, 1}, {-2.9, -0.5}};  // each row can be met, both cannot
  seen.nodes.clear();
  CHECK(verdict_on(open, options).answer == Verdict::Answer::unknown);
  CHECK(std::count(seen.nodes.begin(), seen.nodes.end(), 0) == 1);
  CHECK(seen.nodes.back() == 0);
}

TEST_CASE("a property of another network is refused") {
  CHECK_THROWS_WITH_AS(check_property({3, 2, {}}, 2, 2, "p.vnnlib"), doctest::Contains("p.vnnlib"),
                       ArgumentError);
}

TEST_CASE("an output that overflows is no counterexample, and a distant deadline no timeout") {
  using Net = Sequential<Input<1>, Linear<1>, ScaleShift>;
  auto network = std::make_unique<Network<Net>>();
  const double huge[] = {1e308}, zero[] = {0}, one[] = {10};
  network->set_linear(1, huge, zero);
  network->set_scale_shift(2, one, zero);
  EngineOf<double, EigenBackend> engine(std::move(network));
  const Property property{1, 1, {{{{10}, {20}}, {{{1}, {0}}}}}};  // unsafe: y <= 0
  VerifyOptions options;
  options.timeout = 1e300;
  options.batch = 0;
  CHECK(Verifier(engine, engine, property, options).run().answer == Verdict::Answer::unknown);
}
