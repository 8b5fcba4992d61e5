// SPDX-License-Identifier: BSD-3-Clause

// Where to split next: scores by hand, and names in an order that says nothing about sorts.

#include <doctest/doctest.h>

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/shardbound.hpp>
#include <shardbound/verify/neuron_scores.hpp>

#include <limits>
#include <memory>
#include <numeric>
#include <vector>

using namespace shardbound;

namespace {

//  node  neuron     l   u  slope  shift   coefficient   moved  intercept  score
//    2      1      -1   1   1/2     1         -2          -1      -1        2
//    2      4      -2   2   1/2     0          3           0       0        0
//    5      0      -3   1   1/4     2          4          -6       0        6
//    5      3      -1   3   3/4     0         -4           0      -3        3
const std::vector<SplitNeurons> four = {
    {2, {1, 4}, {-1, -2}, {1, 2}, {1, 0}},
    {5, {0, 3}, {-3, -1}, {1, 3}, {2, 0}},
};
const std::vector<double> on_2 = {100, -2, 100, 100, 3}, on_5 = {4, -100, 100, -4};
constexpr NeuronSplit a{2, 1, 1}, b{2, 4, 1}, c{5, 0, 1}, d{5, 3, 1};
using Names = std::vector<NeuronSplit>;

// A row's coefficients on all features.
void add(NeuronScores& scores, std::size_t of, const std::vector<double>& coefficients) {
  std::vector<std::int32_t> all(coefficients.size());
  std::iota(all.begin(), all.end(), 0);
  scores.add(of, all, coefficients);
}
NeuronScores scored(const Names& splits = {}) {
  NeuronScores scores(four, splits);
  add(scores, 0, on_2);
  add(scores, 1, on_5);
  return scores;
}

}  // namespace

TEST_CASE("the best by score come first, then the best by the chord's intercept, each once") {
  const NeuronScores scores = scored();
  CHECK(scores.best(1) == Names{c, d});
  CHECK(scores.best(2) == Names{c, d, a});
  CHECK(scores.best(3) == Names{c, d, a, b});  // b, c lose no intercept, and b is named first
  CHECK(scores.best(4) == Names{c, d, a, b});
  CHECK(scores.best(9) == Names{c, d, a, b});
}

TEST_CASE("only neurons of one's own count, and those that a row has nothing on lose nothing") {
  NeuronScores scores(four);
  scores.add(0, std::vector<std::int32_t>{0, 1, 3}, std::vector<double>{100, -2, 100});
  CHECK(scores.best(1) == Names{a});
  scores.add(1, std::vector<std::int32_t>{0, 3, 7}, std::vector<double>{4, -4, 100});
  CHECK(scores.best(3) == Names{c, d, a, b});
  scores.add(0, {}, {});
  scores.add(0, std::vector<std::int32_t>{4}, std::vector<double>{-10});
  CHECK(scores.best(1) == Names{b});
}

TEST_CASE("rows add up") {
  NeuronScores scores = scored();
  add(scores, 0, std::vector<double>{0, 0, 0, 0, -5});  // b: intercept -5, score 5
  CHECK(scores.best(1) == Names{c, b});
  add(scores, 0, std::vector<double>{0, 0, 0, 0, -2});  // 7
  CHECK(scores.best(1) == Names{b});
  CHECK(scores.best(2) == Names{b, c, d});
}

TEST_CASE("a coefficient of either sign loses something where the layer below adds something") {
  NeuronScores scores(four);
  add(scores, 1, std::vector<double>{-1, 0, 0, 0});  // c: moved -1/2, intercept -3/4
  add(scores, 1, std::vector<double>{0, 0, 0, -1});  // d: intercept -3/4
  CHECK(scores.best(2) == Names{c, d});
  add(scores, 1, std::vector<double>{0, 0, 0, -0.5});   // d: -9/8
  CHECK(scores.best(1) == Names{c, d});                 // still less than 5/4
  add(scores, 1, std::vector<double>{0, 0, 0, -0.25});  // d: -21/16
  CHECK(scores.best(1) == Names{d});
}

TEST_CASE("ties go by name, and where nothing is lost any neuron will do") {
  NeuronScores scores(four);
  CHECK(scores.best(1) == Names{a});
  CHECK(scores.best(3) == Names{a, b, c});
  add(scores, 0, std::vector<double>{0, 0, 0, 0, -3});  // b: 3, as much as d
  add(scores, 1, std::vector<double>{0, 0, 0, -4});
  CHECK(scores.best(1) == Names{b});
  CHECK(scores.best(2) == Names{b, d});
  scores.clear();
  CHECK(scores.best(2) == Names{a, b});
}

TEST_CASE("neurons that are split already are left out, whatever their side") {
  CHECK(scored({{5, 0, -1}}).best(1) == Names{d});
  CHECK(scored({{5, 3, 1}, {2, 1, -1}}).best(2) == Names{c, b});
  CHECK(scored({{2, 4, 1}, {5, 3, 1}, {2, 1, -1}}).best(3) == Names{c});
  CHECK(scored({{5, 0, 1}, {2, 4, 1}, {5, 3, 1}, {2, 1, -1}}).best(3).empty());
  const std::vector<SplitNeurons> none;
  CHECK(NeuronScores(none).best(3).empty());
}

TEST_CASE("neurons whose intervals are narrower lose less, and may be split still") {
  CHECK(scored({{5, 0, 1, -1}}).best(1) == Names{c, d});        // slope 1/2, moved -4
  CHECK(scored({{5, 0, 1, -0.1F}}).best(1) == Names{d});        // slope 10/11, moved -8/11
  CHECK(scored({{5, 3, -1, 0.1F}}).best(2) == Names{c, a, d});  // slope 1/11, intercept -4/11
  CHECK(scored({{5, 3, -1, 0.1F}, {5, 3, 1, 0}}).best(3) == Names{c, a, b});
  CHECK(scored({{5, 3, -1, 0.1F}, {5, 3, -1, -0.1F}}).best(3) == Names{c, a, b});
}

TEST_CASE("coefficients that are no numbers say nothing") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  NeuronScores scores = scored();
  add(scores, 1, std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 0, 0, -infinity});
  CHECK(scores.best(2) == Names{c, d, a});
}

// Over [-1, 1]^2: z_0 = x_0 + x_1 + 1/2, z_1 = x_0 + 3, z_2 = x_1 - 1, z_3 = x_1 - x_0; then tanh, which does not bend,
// then a magnitude of t_0 / 2 with 1/4 added.
TEST_CASE("unstable neurons of activations, with their intervals and shifts") {
  using Net =
      Sequential<Input<2>, Linear<4>, ReLU, Linear<2>, Tanh, Linear<1>, ScaleShift, Abs, Linear<1>>;
  auto network = std::make_unique<Network<Net>>();
  network->set_linear(1, std::vector<double>{1, 1, 1, 0, 0, 1, -1, 1},
                      std::vector<double>{0.5, 3, -1, 0});
  network->set_linear(3, std::vector<double>{1, 0, 0, -1, 0, 0, 0, 0}, std::vector<double>{0, 0});
  network->set_linear(5, std::vector<double>{1, 1}, std::vector<double>{0.25});
  network->set_scale_shift(6, std::vector<double>{0.5}, std::vector<double>{0.25});
  network->set_linear(8, std::vector<double>{1}, std::vector<double>{0});
  EngineOf<double, EigenBackend> engine(std::move(network));
  CHECK(engine.bends_at_zero(2));
  CHECK_FALSE(engine.bends_at_zero(4));
  CHECK(engine.bends_at_zero(7));
  engine.prepare(Method{}, {.domains = 2});
  const InputSet sets[] = {Box{{1, -1}, {1, -1}}, Box{{-1, -1}, {1, 1}}};
  engine.run(sets, {}, {}, nullptr, {}, nullptr);
  const auto found = split_neurons(engine, 1);
  REQUIRE(found.size() == 3);
  CHECK(found[0].activation == 2);
  CHECK(found[0].bends_at_zero());
  CHECK(found[0].neuron == std::vector<std::int32_t>{0, 3});  // z_2 only reaches 0
  CHECK(found[0].lower == std::vector<double>{-1.5, -2});
  CHECK(found[0].upper == std::vector<double>{2.5, 2});
  CHECK(found[0].shift == std::vector<double>{0.5, 0});
  CHECK(found[1].activation == 4);
  CHECK(found[1].neuron == std::vector<std::int32_t>{0});  // the other is of nothing
  CHECK_FALSE(found[1].bends_at_zero());
  CHECK(found[1].gaps[0].lower > 0);
  CHECK(found[1].gaps[0].upper > 0);
  CHECK(found[2].activation == 7);
  CHECK(found[2].neuron == std::vector<std::int32_t>{0});
  CHECK(found[2].shift == std::vector<double>{0.25});
  CHECK(found[2].lower[0] < 0);
  CHECK(found[2].upper[0] > 0);
  CHECK(split_neurons(engine, 0).empty());  // one point has no kinks inside
}
