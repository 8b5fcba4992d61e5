// SPDX-License-Identifier: BSD-3-Clause

// Steps from any start to any stop that all paths pass, carried out on plain arrays over networks made
// linear: what arrives below times the values there is the row times the values above.

#include <doctest/doctest.h>

#include <shardbound/network/schedule.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A network whose activations do nothing and whose biases are zero, and one input's values.
template <class Net>
struct Linearized {
  PlanView plan = PlanOf<Net>::view();
  HostNetwork numbers;
  std::vector<std::vector<double>> values;

  explicit Linearized(unsigned seed) : numbers(HostNetwork::random(Network<Net>{}, seed)) {
    std::mt19937 random(seed);
    for (int v = 0; v < plan.size(); ++v) values.push_back(value(v, random));
  }
  const std::vector<double>& at(int node) const { return values[static_cast<std::size_t>(node)]; }
  bool scales(int v) const { return plan[v].kind == NodeKind::pointwise && !plan.is_activation(v); }

 private:
  std::vector<double> value(int v, std::mt19937& random) const {
    std::vector<double> y(static_cast<std::size_t>(plan[v].features));
    const auto& own = numbers.numbers(v).weight;
    if (v == 0)
      for (double& x : y) x = uniform(random);
    std::size_t column = 0;
    for (int from : plan.inputs_of(v)) {
      const auto& x = at(from);
      for (std::size_t i = 0; i < x.size(); ++i)
        if (plan[v].kind == NodeKind::product)
          for (std::size_t o = 0; o < y.size(); ++o) y[o] += own[o * x.size() + i] * x[i];
        else
          y[plan[v].kind == NodeKind::concat ? column++ : i] += scales(v) ? own[i] * x[i] : x[i];
    }
    return y;
  }
};

/// Carries one row down; returns what is concretized. Slots hold garbage until they are written.
template <class Net>
std::vector<double> carried(const Linearized<Net>& net, const Schedule& schedule,
                            const std::vector<double>& row) {
  std::vector<std::vector<double>> slots;
  for (index_t width : schedule.slots()) slots.emplace_back(static_cast<std::size_t>(width), NAN);
  const auto slot = [&](int s) -> std::vector<double>& {
    return slots.at(static_cast<std::size_t>(s));
  };
  const auto pull = [&](int v, const double* a, double* to, bool accumulate) {
    const auto& w = net.numbers.numbers(v).weight;
    const auto out = static_cast<std::size_t>(net.plan[v].features), in = w.size() / out;
    for (std::size_t i = 0; i < in; ++i) {
      if (!accumulate) to[i] = 0;
      for (std::size_t o = 0; o < out; ++o) to[i] += a[o] * w[o * in + i];
    }
  };
  for (const Step& step : schedule.steps()) {
    REQUIRE(step.width <= static_cast<index_t>(slot(step.to < 0 ? step.from : step.to).size()));
    switch (step.kind) {
      case Step::Kind::select:
        if (step.node >= 0)
          pull(step.node, row.data(), slot(step.to).data(), false);
        else
          std::copy(row.begin(), row.end(), slot(step.to).begin());
        break;
      case Step::Kind::sweep: {
        const ChainCode& chain =
            net.plan.chains[static_cast<std::size_t>(net.plan[step.node].chain)];
        int v = step.node;
        for (int i = net.plan[v].position; i < chain.length; ++i, v = net.plan.input_of(v))
          for (std::size_t k = 0; net.scales(v) && k < static_cast<std::size_t>(step.width); ++k)
            slot(step.from)[k] *= net.numbers.numbers(v).weight[k];
        break;
      }
      case Step::Kind::product:
        REQUIRE(step.from != step.to);
        pull(step.node, slot(step.from).data(), slot(step.to).data(), step.accumulate);
        break;
      case Step::Kind::copy:
        REQUIRE(step.from != step.to);
        for (std::size_t k = 0; k < static_cast<std::size_t>(step.width); ++k)
          slot(step.to)[k] = slot(step.from)[static_cast<std::size_t>(step.column) + k] +
                             (step.accumulate ? slot(step.to)[k] : 0);
        break;
      case Step::Kind::concretize: {
        const auto& from = slot(step.from);
        return {from.begin(), from.begin() + static_cast<std::ptrdiff_t>(step.width)};
      }
    }
  }
  return {};
}

template <class Net>
void every_start_arrives(unsigned seed) {
  const Linearized<Net> net(seed);
  std::mt19937 random(seed);
  const auto& plan = net.plan;
  for (int start = 0; start < plan.size(); ++start) {
    CAPTURE(start);
    std::vector<double> row;
    for (index_t i = 0; i < plan[start].features; ++i) row.push_back(uniform(random));
    const double wanted = dot(row, net.at(start));
    const bool product = plan[start].kind == NodeKind::product;
    CHECK(dot(carried(net, Schedule(plan, start, 0, false), row), net.at(0)) ==
          doctest::Approx(wanted));
    CHECK(dot(carried(net, Schedule(plan, start, start, false), row), net.at(start)) ==
          doctest::Approx(wanted));
    if (!product) continue;
    CHECK(dot(carried(net, Schedule(plan, start, 0, true), row), net.at(0)) ==
          doctest::Approx(wanted));
    const int below = plan.input_of(start);
    CHECK(dot(carried(net, Schedule(plan, start, below, true), row), net.at(below)) ==
          doctest::Approx(wanted));
  }
}

}  // namespace

TEST_CASE("rows arrive from every start") {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    every_start_arrives<zoo::Mlp>(seed);
    every_start_arrives<zoo::Curves>(seed);
    every_start_arrives<zoo::ResNet>(seed);
    every_start_arrives<zoo::Fork>(seed);
    every_start_arrives<zoo::Bare>(seed);
    every_start_arrives<zoo::Run>(seed);
    every_start_arrives<zoo::Nest>(seed);
  }
}

TEST_CASE("two tiles are enough for a chain of layers, and a fork needs one more") {
  const auto slots = [](const PlanView& plan) {
    return Schedule(plan, plan.output(), 0, true).slots().size();
  };
  CHECK(slots(PlanOf<zoo::Mlp>::view()) == 2);
  CHECK(slots(PlanOf<zoo::Curves>::view()) == 2);
  CHECK(slots(PlanOf<zoo::ResNet>::view()) == 3);
}

TEST_CASE("a start at the input is concretized at once") {
  const Schedule schedule(PlanOf<zoo::Mlp>::view(), 0, 0, false);
  CHECK(schedule.steps().size() == 2);
  CHECK(schedule.slots() == std::vector<index_t>{5});
}
