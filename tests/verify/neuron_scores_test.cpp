// SPDX-License-Identifier: BSD-3-Clause

// Where to split next: scores by hand, and names in an order that says nothing about sorts.

#include <doctest/doctest.h>

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/shardbound.hpp>
#include <shardbound/verify/neuron_scores.hpp>

#include <limits>
#include <memory>
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

NeuronScores scored(const Names& splits = {}) {
  NeuronScores scores(four, splits);
  scores.add(0, on_2);
  scores.add(1, on_5);
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

TEST_CASE("rows add up") {
  NeuronScores scores = scored();
  scores.add(0, std::vector<double>{0, 0, 0, 0, -5});  // b: intercept -5, score 5
  CHECK(scores.best(1) == Names{c, b});
  scores.add(0, std::vector<double>{0, 0, 0, 0, -2});  // 7
  CHECK(scores.best(1) == Names{b});
  CHECK(scores.best(2) == Names{b, c, d});
}

TEST_CASE("a coefficient of either sign loses something where the layer below adds something") {
  NeuronScores scores(four);
  scores.add(1, std::vector<double>{-1, 0, 0, 0});  // c: moved -1/2, intercept -3/4
  scores.add(1, std::vector<double>{0, 0, 0, -1});  // d: intercept -3/4
  CHECK(scores.best(2) == Names{c, d});
  scores.add(1, std::vector<double>{0, 0, 0, -0.5});   // d: -9/8
  CHECK(scores.best(1) == Names{c, d});                // still less than 5/4
  scores.add(1, std::vector<double>{0, 0, 0, -0.25});  // d: -21/16
  CHECK(scores.best(1) == Names{d});
}

TEST_CASE("ties go by name, and where nothing is lost any neuron will do") {
  NeuronScores scores(four);
  CHECK(scores.best(1) == Names{a});
  CHECK(scores.best(3) == Names{a, b, c});
  scores.add(0, std::vector<double>{0, 0, 0, 0, -3});  // b: 3, as much as d
  scores.add(1, std::vector<double>{0, 0, 0, -4});
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

TEST_CASE("coefficients that are no numbers say nothing") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  NeuronScores scores = scored();
  scores.add(1, std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 0, 0, -infinity});
  CHECK(scores.best(2) == Names{c, d, a});
}

namespace {

// An activation whose lines over an interval are as far from it as that is wide below, and half of that above.
relax::Gaps<double> as_wide(int activation, double lower, double upper) {
  CHECK(activation == 3);
  return {upper - lower, (upper - lower) / 2, (upper + lower) / 2};
}
std::vector<SplitNeurons> curved() {
  std::vector<SplitNeurons> all = four;
  SplitNeurons own{3, {0, 2}, {-4, 0}, {4, 1}, {0, 0}};
  for (std::size_t i = 0; i < 2; ++i) own.gaps.push_back(as_wide(3, own.lower[i], own.upper[i]));
  all.insert(all.begin() + 1, own);
  return all;
}

}  // namespace

TEST_CASE("where an activation curves, rows lose what is between it and their line") {
  const auto neurons = curved();
  NeuronScores scores(neurons, {}, as_wide);
  scores.add(0, on_2);
  scores.add(1, std::vector<double>{0.5, 100, -5});  // 0.5 * 8 and 5 * 1 / 2
  CHECK(scores.best(1) == Names{{3, 0, 1, 0}});
  CHECK(scores.best(2) == Names{{3, 0, 1, 0}, {3, 2, 1, 0.5f}});
  CHECK(scores.best(3) == Names{{3, 0, 1, 0}, {3, 2, 1, 0.5f}, a});
}

TEST_CASE("what curves is split again, where it is least well known, until little is left") {
  const auto neurons = curved();
  const auto best = [&](const Names& splits) {
    NeuronScores scores(neurons, splits, as_wide);
    scores.add(1, std::vector<double>{0.5, 100, -5});
    return scores.best(1).front();
  };
  // Between 1 and 4 it loses 1.5, and 2.5 elsewhere; between -2 and 4 3.
  CHECK(best(Names{{3, 0, 1, 1}}) == NeuronSplit{3, 2, 1, 0.5f});
  CHECK(best(Names{{3, 0, 1, -2}}) == NeuronSplit{3, 0, 1, 1});
  CHECK(best(Names{{3, 0, 1, -2}, {3, 0, -1, 3.5f}}) == NeuronSplit{3, 0, 1, 0.75f});
  // One of the two has 1/256 of its interval left.
  const Names narrow{{3, 2, 1, 0}, {3, 2, -1, 1.0f / 256}};
  NeuronScores scores(neurons, narrow, as_wide);
  for (const NeuronSplit& split : scores.best(9)) CHECK(split != NeuronSplit{3, 2, 1, 1.0f / 512});
  CHECK(scores.best(9).size() == 5);
  CHECK(NeuronScores(neurons, {}, as_wide).best(9).size() == 6);
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
