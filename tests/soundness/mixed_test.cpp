// SPDX-License-Identifier: BSD-3-Clause

// Random plans in which gathers, sums, maxima, softmaxes and products of branches follow each other, dense layers and
// activations: points never escape, and neither ranks nor threads, waves or backends show in a bit.

#include <doctest/doctest.h>

#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_plan.hpp>
#include <tests/support/ranks.hpp>

#include <set>

using namespace shardbound_test;

namespace {

constexpr unsigned plans = 150;

sb::AlphaCrown few_steps() {
  sb::AlphaCrown method;
  method.optimisation.iterations = 3;
  return method;
}
std::vector<sb::Method> all_methods() {
  return {sb::Ibp{}, sb::CrownIbp{}, sb::Crown{}, sb::Crown{sb::Intermediates::textbook},
          few_steps()};
}

template <class T, class Backend>
Answer<T> answer_of(const sb::RuntimePlan& plan, unsigned seed, const sb::Method& method,
                    sb::AnyCommunicator communicator = {}, int threads = 1, sb::index_t wave = 0) {
  const auto network = network_of<T, Backend>(plan, std::move(communicator), threads);
  HostNetwork::random(*network, seed, 0.7).copy_to(*network);
  const auto question = Question::random(network->inputs(), network->outputs(), 2, 5, 0.5, seed);
  return ask_all(*network, method, question, wave);
}

}  // namespace

TEST_CASE_TEMPLATE("points never escape", T, float, double) {
  std::set<sb::NodeKind> kinds;
  int tight = 0, compared = 0;
  for (unsigned seed = 0; seed < plans; ++seed) {
    CAPTURE(seed);
    const auto plan = random_plan(seed);
    const auto network = network_of<T>(plan);
    const auto host = HostNetwork::random(*network, seed, 0.7);
    host.copy_to(*network);
    for (const sb::Node& node : plan.view().nodes) kinds.insert(node.kind);
    std::mt19937 random(seed + 1000);
    const sb::InputSet set = random_box(random, network->inputs(), seed % 3 ? 0.3 : 1.5);
    std::vector<std::vector<Values>> points;
    for (int sample = 0; sample < 30; ++sample)
      points.push_back(host.values(random_point(random, set)));
    for (const sb::Method& method : all_methods()) {
      auto pass = sb::prepare(*network, method);
      const auto outputs = pass.run({&set, 1}).outputs.front();
      const auto check = [&](const sb::OutputBounds<T>& found, int v) {
        CAPTURE(v);
        for (const auto& values : points)
          for (std::size_t i = 0; i < found.lower.size(); ++i) {
            const long double y = values[static_cast<std::size_t>(v)][i];
            const long double own = 1e-16L * (1 + std::abs(y));  // what long double itself rounds
            REQUIRE(!std::isnan(found.lower[i] + found.slack[i]));
            REQUIRE(!std::isnan(found.upper[i]));
            if (std::isnan(y)) continue;  // a root was not defined
            REQUIRE(y + own >= static_cast<long double>(found.lower[i]) - found.slack[i]);
            REQUIRE(y - own <= static_cast<long double>(found.upper[i]) + found.slack[i]);
          }
      };
      for (int v = 1; v < plan.view().size(); ++v) check(pass.node_bounds(v).front(), v);
      check(outputs, plan.view().output());
      for (std::size_t i = 0; i < outputs.lower.size(); ++i, ++compared)
        tight += outputs.upper[i] - outputs.lower[i] < 10 && outputs.slack[i] < T(0.01);
    }
  }
  CHECK(kinds.size() == 10);
  CHECK(tight * 2 > compared);  // or it would be no wonder
}

TEST_CASE_TEMPLATE("what rows become on the input bounds them there", T, float, double) {
  for (unsigned seed = 0; seed < plans; seed += 2) {
    CAPTURE(seed);
    const auto network = network_of<T>(random_plan(seed));
    const auto host = HostNetwork::random(*network, seed, 0.7);
    host.copy_to(*network);
    const auto question = Question::random(network->inputs(), network->outputs(), 1, 3, 0.4, seed);
    sb::RowQuery query;
    for (const auto& row : question.rows) append(query.matrix, row);
    auto pass = sb::prepare(*network, sb::Crown{}, {.rows = 3, .linear_bounds = true});
    const auto found = pass.run(question.sets, query, {.linear_bounds = true}).lower_linear;
    std::mt19937 random(seed);
    for (int sample = 0; sample < 20; ++sample) {
      const auto x = random_point(random, question.sets[0]);
      const Values y = host.values(x).back();
      for (std::size_t r = 0; r < 3; ++r) {
        long double value = 0, bound = found.constant[r];
        for (std::size_t i = 0; i < y.size(); ++i) value += question.rows[r][i] * y[i];
        for (std::size_t i = 0; i < x.size(); ++i)
          bound += static_cast<long double>(found.coefficients[r * x.size() + i]) * x[i];
        if (!std::isnan(value)) CHECK(value >= bound - found.slack[r] - 1e-16L);
      }
    }
  }
}

TEST_CASE("optimised lines gain through nodes that mix features, and lose nothing") {
  int better = 0, compared = 0;
  for (unsigned seed = 0; seed < plans; ++seed) {
    CAPTURE(seed);
    const auto plan = random_plan(seed);
    const auto network = network_of<double>(plan);
    HostNetwork::random(*network, seed, 0.7).copy_to(*network);
    std::mt19937 random(seed);
    const sb::InputSet set = random_box(random, network->inputs(), 0.5);
    const auto fixed = sb::prepare(*network, sb::Crown{}).run({&set, 1}).outputs.front();
    const auto free = sb::prepare(*network, few_steps()).run({&set, 1}).outputs.front();
    for (std::size_t i = 0; i < fixed.lower.size(); ++i, ++compared) {
      CHECK(free.lower[i] >= fixed.lower[i]);
      CHECK(free.upper[i] <= fixed.upper[i]);
      better += free.lower[i] > fixed.lower[i] + 1e-6 || free.upper[i] < fixed.upper[i] - 1e-6;
    }
  }
  CHECK(better * 20 > compared);
}

TEST_CASE_TEMPLATE("ranks, gathered weights, threads, waves and backends never show in bits", T,
                   double, float) {
  const std::vector<sb::WeightCut> cuts = {sb::WeightCut::whole, sb::WeightCut::panels};
  for (unsigned seed = 0; seed < plans; seed += 4) {
    const auto plan = random_plan(seed, 4, cuts);
    for (const sb::Method& method :
         {sb::Method(sb::Ibp{}), sb::Method(sb::Crown{}), sb::Method(few_steps())}) {
      CAPTURE(seed);
      const auto alone = answer_of<T, sb::EigenBackend>(plan, seed, method);
      CHECK(answer_of<T, sb::EigenBackend>(plan, seed, method, {}, 3, 16) == alone);
      CHECK(answer_of<T, CheckedBackend>(plan, seed, method) == alone);
      for (const int ranks : {2, 3})
        CHECK(on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
                return answer_of<T, sb::EigenBackend>(plan, seed, method, communicator, 1, 16);
              }) == alone);
    }
  }
}

TEST_CASE("between layers whose features are split, rounding alone differs") {
  const std::vector<sb::WeightCut> cuts = {sb::WeightCut::rows, sb::WeightCut::columns,
                                           sb::WeightCut::whole};
  for (unsigned seed = 0; seed < plans; seed += 3) {
    CAPTURE(seed);
    const auto plan = random_plan(seed, 4, cuts);
    const auto alone = answer_of<double, sb::EigenBackend>(plan, seed, sb::Crown{});
    for (const int ranks : {2, 3}) {
      const auto split = on_ranks(ranks, [&](sb::AnyCommunicator communicator) {
        return answer_of<double, sb::EigenBackend>(plan, seed, sb::Crown{}, communicator);
      });
      CHECK(distance(split.domains, alone.domains) <= 1e-9);
      CHECK(distance(split.rows, alone.rows) <= 1e-9);
    }
  }
}
