// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/verdict.hpp>
#include <tests/support/small_network.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

using namespace shardbound;
using namespace shardbound_test;

namespace {

// What comes before boxes are cut, which would decide most of what is asked here: input_search_test.cpp.
VerifyOptions whole_boxes(VerifyOptions options = {}) {
  options.search = Search::none;
  return options;
}

template <class T = double>
Verdict verdict_on(const Property& property, VerifyOptions options = {}) {
  options = whole_boxes(options);
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

namespace {

/// y = |x| - x / 2 - 3 / 2, which is -3 / 2 at least. Over [-1, 2] CROWN's line for |x| is x there, and so its bound -2;
/// halfway between the lines that it may choose from lies the best one.
template <class T>
std::unique_ptr<Engine> bent_engine() {
  using Net = Sequential<Input<1>, Linear<3>, ReLU, Linear<1>>;
  auto network = std::make_unique<Network<Net, T>>();
  network->set_linear(1, std::vector<double>{1, -1, 1}, std::vector<double>{0, 0, 3});
  network->set_linear(3, std::vector<double>{1, 1, -0.5}, std::vector<double>{0});
  return std::make_unique<EngineOf<T, EigenBackend>>(std::move(network));
}
/// Unsafe: y <= threshold.
Property at_most(double threshold) { return {1, 1, {{{{-1}, {2}}, {{{1}, {threshold}}}}}}; }

template <class T = double>
Verdict bent_verdict(const Property& property, VerifyOptions options = {}) {
  const auto bounding = bent_engine<T>();
  const auto exact = std::is_same_v<T, double> ? nullptr : bent_engine<double>();
  options = whole_boxes(options);
  return Verifier(*bounding, exact ? *exact : *bounding, property, options).run();
}
VerifyOptions with_iterations(int iterations) {
  VerifyOptions options;
  options.method.optimisation.iterations = iterations;
  return options;
}

}  // namespace

TEST_CASE("slopes are optimised of what CROWN leaves open, and of nothing else") {
  CHECK(VerifyOptions{}.method.optimisation.iterations == 20);
  CHECK(bent_verdict(at_most(-1.75), with_iterations(0)).answer == Verdict::Answer::unknown);
  CHECK(bent_verdict(at_most(-1.75), with_iterations(1)).answer == Verdict::Answer::unknown);
  CHECK(bent_verdict(at_most(-1.75)).answer == Verdict::Answer::unsat);
  CHECK(bent_verdict<float>(at_most(-1.75), with_iterations(0)).answer == Verdict::Answer::unknown);
  CHECK(bent_verdict<float>(at_most(-1.75)).answer == Verdict::Answer::unsat);
  // What is true is neither proved nor refuted by more of it.
  CHECK(bent_verdict(at_most(-1.5)).answer == Verdict::Answer::sat);
  CHECK(bent_verdict(at_most(-1.5 - 1e-12)).answer != Verdict::Answer::unsat);

  struct Seen : Observer {
    void see(const Progress& progress) override {
      if (progress.node == 0) tried = true;
      if (progress.iteration == 0) return;
      CHECK(tried);  // points come first
      CHECK(progress.iterations == 20);
      evaluations = std::max(evaluations, progress.iteration);
    }
    bool tried = false;
    int evaluations = 0;
  };
  const auto evaluations = [](double threshold) {
    Seen seen;
    VerifyOptions options;
    options.observer = &seen;
    bent_verdict(at_most(threshold), options);
    return seen.evaluations;
  };
  CHECK(evaluations(-2.25) == 0);  // CROWN proves it
  CHECK(evaluations(-1) == 0);     // a point is found
  const int few = evaluations(-1.75);
  CHECK(few > 1);
  CHECK(few < 20);  // a bound that is good enough ends it
}

TEST_CASE("clauses that are open get slopes, in their regions, with all rows of a conjunction") {
  Property property = at_most(-2.25);
  property.regions[0].unsafe.push_back({{1, 1}, {-1.75, 5}});   // the first row can never be met
  property.regions.push_back({{{0.5}, {2}}, {{{1}, {-1.5}}}});  // stable there
  property.regions.push_back({{{-1}, {2}}, {{{1}, {-1.625}}}});
  const Verdict crown = bent_verdict(property, with_iterations(0));
  CHECK(crown.answer == Verdict::Answer::unknown);
  CHECK(crown.clauses == 4);
  CHECK(crown.refuted == 2);
  for (const index_t batch : {1, 2, 64}) {
    VerifyOptions options;
    options.batch = batch;
    const Verdict all = bent_verdict(property, options);
    CHECK(all.answer == Verdict::Answer::unsat);
    CHECK(all.refuted == 4);
    CHECK(bent_verdict<float>(property, options).refuted == 4);
  }
}

TEST_CASE("what slopes of float32 almost prove, float64 proves with the same slopes") {
  const auto engine = bent_engine<float>();
  const VerifyOptions options;
  engine->prepare(options.method, {.rows = 1});
  const Property property = at_most(-1.75);
  const InputSet set(property.regions[0].box);
  const auto found = engine->run({&set, 1}, rows_of(property, 0, 1), {.outputs = false}, nullptr);
  const double lower = found.rows.lower[0], slack = found.rows.slack[0];
  REQUIRE(lower > -1.75);
  REQUIRE(slack > 0);
  const double threshold = lower - slack / 2;
  CHECK(bent_verdict<float>(at_most(threshold)).answer == Verdict::Answer::unsat);
  CHECK(bent_verdict<float>(at_most(lower + slack)).answer != Verdict::Answer::unsat);
  // In float32 alone nothing is proved: there is an engine that only has its word.
  CHECK(Verifier(*engine, *engine, at_most(threshold), whole_boxes()).run().answer ==
        Verdict::Answer::unknown);
  // And without the slopes one evaluation would not have been enough.
  CHECK(bent_verdict(at_most(threshold), with_iterations(1)).answer == Verdict::Answer::unknown);
}

TEST_CASE("rows that float32 does not hold are left to float64") {
  for (const double factor : {1e60, 1e-60}) {
    Property property = at_least(4);
    for (double& number : property.regions[0].unsafe[0].rows) number *= factor;
    property.regions[0].unsafe[0].rhs[0] *= factor;
    CHECK(verdict_on<float>(property).answer == Verdict::Answer::unsat);
    property.regions[0].unsafe[0].rhs[0] = -3 * factor;
    CHECK(verdict_on<float>(property).answer == Verdict::Answer::sat);
  }
  // y_0 >= 1e-60 |y_1|, in a sum of rows that float32 takes for 0 <= 0.
  Property sum = at_least(0);
  sum.regions[0].unsafe[0] = {{1, 1e-60, -1, 1e-60}, {0, 0}};
  CHECK(verdict_on<float>(sum).answer != Verdict::Answer::unsat);
}

TEST_CASE("numbers that underflow in the network prove nothing") {
  using Net = Sequential<Input<1>, Linear<1>, ReLU, Linear<1>>;
  const auto engine_of = [](auto scalar, double weight) {
    using T = decltype(scalar);
    auto network = std::make_unique<Network<Net, T>>();
    const double weights[] = {weight}, zero[] = {0};
    network->set_linear(1, weights, zero);
    network->set_linear(3, weights, zero);
    return std::make_unique<EngineOf<T, EigenBackend>>(std::move(network));
  };
  const auto narrow = engine_of(0.0f, 0x1p-100);
  const auto exact = engine_of(0.0, 0x1p-100), lost = engine_of(0.0, 0x1p-600);
  // y = 2^-200 x; unsafe: y > 0, and y >= 1.5 2^-200 but not much more.
  Property property{1, 1, {{{{0}, {2}}, {{{-1}, {0}, {true}}}}}};
  CHECK(Verifier(*narrow, *exact, property, whole_boxes()).run().answer == Verdict::Answer::sat);
  CHECK(Verifier(*lost, *lost, property, whole_boxes()).run().answer == Verdict::Answer::unknown);
  property.regions[0].unsafe[0] = {{-1, 1}, {-0x1.8p-200, 0x1.8000001p-200}};
  CHECK(Verifier(*narrow, *exact, property, whole_boxes()).run().answer != Verdict::Answer::unsat);
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

TEST_CASE("an observer sees points being tried first, between bounds and slopes, and last") {
  struct Seen : Observer {
    void see(const Progress& progress) override { nodes.push_back(progress.node); }
    std::vector<int> nodes;
  };
  Seen seen;
  VerifyOptions options;
  options.observer = &seen;
  CHECK(verdict_on(at_least(4), options).answer == Verdict::Answer::unsat);
  REQUIRE_FALSE(seen.nodes.empty());
  CHECK(std::count(seen.nodes.begin(), seen.nodes.end(), 0) == 1);  // bounds left nothing open
  CHECK(seen.nodes.front() == 0);
  CHECK(seen.nodes.back() != 0);
  Property open = at_least(3);
  open.regions[0].unsafe[0] = {{-1, 0, 0, 1}, {-2.2, -0.5}};  // each row can be met, both cannot
  seen.nodes.clear();
  CHECK(verdict_on(open, options).answer == Verdict::Answer::unknown);
  CHECK(std::count(seen.nodes.begin(), seen.nodes.end(), 0) == 3);
  CHECK(seen.nodes.front() == 0);
  CHECK(seen.nodes.back() == 0);
  CHECK(*std::prev(seen.nodes.end(), 2) != 0);
  options.method.optimisation.iterations = 0;
  seen.nodes.clear();
  CHECK(verdict_on(open, options).answer == Verdict::Answer::unknown);
  CHECK(std::count(seen.nodes.begin(), seen.nodes.end(), 0) == 3);
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
  CHECK(Verifier(engine, engine, property, whole_boxes(options)).run().answer ==
        Verdict::Answer::unknown);
}

TEST_CASE("a property without regions holds, a conjunction without rows is met by any point") {
  CHECK(verdict_on({2, 2, {}}).answer == Verdict::Answer::unsat);
  const Verdict any = verdict_on({2, 2, {{small_box(), {{}}}}});
  CHECK(any.answer == Verdict::Answer::sat);
  CHECK(any.counterexample->y.size() == 2);
}

TEST_CASE("a strict row is refuted by its edge, and not met there") {
  // y_0 = |x_0| + |x_1| is 0 at the origin alone, which is the centre of this box; it is never below.
  Property property{2, 2, {{{{-1, -1}, {1, 1}}, {{{1, 0}, {0}, {true}}}}}};
  CHECK(verdict_on(property).answer != Verdict::Answer::sat);
  property.regions[0].unsafe[0].strict = {};
  CHECK(verdict_on(property).answer == Verdict::Answer::sat);
  property.regions[0].unsafe[0] = {{-1, 0}, {-2}, {true}};  // y_0 > 2: at no corner
  CHECK(verdict_on(property).answer != Verdict::Answer::sat);
}

TEST_CASE(
    "points are sought where they are known to be, and a set without known points is not hit") {
  Property property = at_least(2.9);
  property.regions[0].points = {{-1, -1}, {1, 1}};
  CHECK(verdict_on(property).answer == Verdict::Answer::unknown);
  property = at_least(2);
  property.regions[0].points = {{-1, 1}, {2, -1}};  // lower is above upper
  CHECK(verdict_on(property).answer == Verdict::Answer::unknown);
}

TEST_CASE("an infinite box is searched in a finite part, and nothing is proved over it") {
  const double infinity = std::numeric_limits<double>::infinity();
  Property property{2, 2, {{{{0, 0}, {infinity, 1}}, {{{-1, 0}, {-50}}}, {{0, 0}, {100, 1}}}}};
  CHECK(verdict_on(property).answer == Verdict::Answer::sat);
  property.regions[0].unsafe[0] = {{1, 0}, {-1}};  // y_0 <= -1: impossible, but who knows
  CHECK(verdict_on(property).answer == Verdict::Answer::unknown);
}

TEST_CASE("of a network of float32, points of float32 are preferred") {
  const auto single = small_engine<float>();
  int made = 0;
  VerifyOptions options;
  options.attack.float32 = [&]() -> Engine& {
    ++made;
    return *single;
  };
  // y_0 >= 0.3 near x_0 = 0.3, which float32 does not hold: the obvious points do, but not after rounding.
  Property property{2, 2, {{{{0.1, 0}, {0.3, 0}}, {{{-1, 0}, {-0.2999}}}}}};
  const Verdict found = verdict_on(property, options);
  REQUIRE(found.answer == Verdict::Answer::sat);
  CHECK(made > 0);
  for (const double x : found.counterexample->x)
    CHECK(x == static_cast<double>(static_cast<float>(x)));
  // Where float32 has no point, one of double precision that stands in real arithmetic is the answer.
  property = {2, 2, {{{{0.1, 0}, {0.1, 0}}, {{{-1, 0}, {-0.09999}}}}}};
  const Verdict point = verdict_on(property, options);
  REQUIRE(point.answer == Verdict::Answer::sat);
  CHECK(point.counterexample->x[0] == 0.1);
  property.regions[0].unsafe[0].rhs[0] = -0.1;  // true, and by nothing: rounding could have done it
  CHECK(verdict_on(property, options).answer == Verdict::Answer::unknown);
  // And where those that it has do not stand the test.
  const double below = std::nextafter(static_cast<double>(0.3f), 0.0);
  property = {2, 2, {{{{0.1, 0}, {below, 0}}, {{{-1, 0}, {-below + 1e-12}}}}}};
  const Verdict spare = verdict_on(property, options);
  REQUIRE(spare.answer == Verdict::Answer::sat);
  CHECK(spare.counterexample->x[0] == below);
  property.regions[0].unsafe[0].rhs[0] = -below;
  CHECK(verdict_on(property, options).answer == Verdict::Answer::unknown);
  // A coordinate without numbers of float32 leaves the others theirs.
  property = {2, 2, {{{{0.1, 0.3}, {1, 0.3}}, {{{-1, 0}, {-0.7}}}}}};
  const Verdict mixed = verdict_on(property, options);
  REQUIRE(mixed.answer == Verdict::Answer::sat);
  const double x = mixed.counterexample->x[0];
  CHECK(x == static_cast<double>(static_cast<float>(x)));
  CHECK(mixed.counterexample->x[1] == 0.3);
}

TEST_CASE(
    "a point next to a set that no double is in is none of it, unless either neighbour will do") {
  // x_0 is a number between two doubles, near a tenth.
  Property property{2, 2, {{{{std::nextafter(0.1, 0), 0}, {0.1, 0}}, {{{-1, 0}, {-0.1}, {true}}}}}};
  Region& region = property.regions[0];
  region.points = {{0.1, 0}, {0.1, 0}};
  region.between = {true, false};
  CHECK(verdict_on(property).answer != Verdict::Answer::sat);
  region.unsafe[0] = {{-1, 0}, {-0.1}};
  CHECK(verdict_on(property).answer != Verdict::Answer::sat);
  region.unsafe[0].rhs[0] = -0.0999;
  CHECK(verdict_on(property).answer == Verdict::Answer::sat);
}

TEST_CASE("what is left open of regions with few inputs is refuted in parts") {
  const auto engine = small_engine();
  // |x_0| + |x_1| >= 2.2 and x_0 - x_1 <= -0.5: each can be met, both cannot.
  Property property = at_least(3);
  property.regions[0].unsafe[0] = {{-1, 0, 0, 1}, {-2.2, -0.5}};
  CHECK(verdict_on(property).answer == Verdict::Answer::unknown);
  CHECK(Verifier(*engine, *engine, property, {}).run().answer == Verdict::Answer::unsat);
  property.regions[0].unsafe[0].rhs[0] = -1.9;  // both can, at (-1, 1)
  CHECK(Verifier(*engine, *engine, property, {}).run().answer == Verdict::Answer::sat);
}
