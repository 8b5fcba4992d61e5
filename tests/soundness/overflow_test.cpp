// SPDX-License-Identifier: BSD-3-Clause

// Numbers at the edge of the scalar's range, infinities on the way, zero weights and boxes without
// width: results hold no NaN, and what is finite is right. Points are checked in long double, whose
// range nothing here exceeds.

#include <doctest/doctest.h>

#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

const sb::Method methods[] = {sb::Ibp{},
                              sb::CrownIbp{},
                              sb::Crown{},
                              sb::Crown{sb::Intermediates::textbook},
                              {sb::Intermediates::tightened, sb::Descent::one_product}};

bool any_nan(const auto& numbers) {
  return std::any_of(numbers.begin(), numbers.end(), [](auto x) { return std::isnan(x); });
}

/// What is wrong with bounds that should hold no NaN and every sample.
template <class T>
std::string fault(const sb::OutputBounds<T>& bounds,
                  const std::vector<std::vector<Values>>& samples, int v) {
  if (any_nan(bounds.lower) || any_nan(bounds.upper)) return "a bound is NaN";
  if (any_nan(bounds.slack)) return "a slack is NaN";
  for (const auto& sample : samples)
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      const long double y = sample[static_cast<std::size_t>(v)][i];
      if (y < sb::proved(bounds.lower[i], bounds.slack[i]) ||
          -y < sb::proved(-bounds.upper[i], bounds.slack[i]))
        return "a point is outside";
    }
  return "";
}

template <class Net, class T>
void no_nan_and_no_lie(HostNetwork host, const sb::Network<Net, T>& network,
                       const std::vector<sb::InputSet>& sets, std::mt19937& random) {
  std::vector<std::vector<std::vector<Values>>> samples(sets.size());
  for (std::size_t d = 0; d < sets.size(); ++d)
    for (int s = 0; s < 12; ++s) samples[d].push_back(host.values(random_point(random, sets[d])));
  sb::RowQuery query;
  for (std::size_t d = 0; d < sets.size(); ++d) {
    query.domain.push_back(static_cast<std::int32_t>(d));
    for (sb::index_t i = 0; i < network.outputs(); ++i)
      query.matrix.push_back(i == 0 ? 1 : uniform(random));
  }
  const auto nodes = network.plan().size();
  for (const auto& method : methods) {
    CAPTURE(nodes);
    const auto number = &method - methods;
    CAPTURE(number);
    const auto count = static_cast<sb::index_t>(sets.size());
    const bool deep = method.descent == sb::Descent::input;
    auto pass =
        sb::prepare(network, method, {.domains = count, .rows = count, .worst_points = deep});
    const auto found = pass.run(sets, query, {.worst_points = deep});
    CHECK_FALSE(any_nan(found.rows.lower));
    CHECK_FALSE(any_nan(found.rows.slack));
    CHECK_FALSE(any_nan(found.worst_points));
    for (std::size_t d = 0; d < sets.size(); ++d) {
      CHECK(fault(found.outputs[d], samples[d], network.plan().output()) == "");
      for (int v = 0; v < network.plan().size(); ++v) {
        CAPTURE(v);
        CHECK(fault(pass.node_bounds(v)[d], samples[d], v) == "");
      }
    }
  }
}

/// The largest powers that two factors of which do not overflow, and one beyond.
template <class T>
std::vector<double> sizes() {
  if (std::is_same_v<T, float>) return {1e18, 1e30, 3e38};
  return {1e150, 1e200, 1.7e308};
}

template <class Net, class T>
void at_the_edge(unsigned seed, double size) {
  std::mt19937 random(seed);
  sb::Network<Net, T> network;
  {
    // Some numbers huge, some zero, some ordinary.
    auto host = HostNetwork::random(network, seed);
    for (int v = 0; v < host.plan().size(); ++v)
      for (auto* numbers : {&host.numbers(v).weight, &host.numbers(v).bias})
        for (double& x : *numbers) {
          const auto kind = random() % 8;
          x = kind == 0 ? static_cast<double>(static_cast<T>(x * 0.5 * size)) : kind < 3 ? 0 : x;
        }
    host.copy_to(network);
    const auto inputs = network.inputs();
    std::vector<sb::InputSet> boxes;
    for (const double radius : {0.0, 1.0, size})
      boxes.push_back(random_box(random, inputs, radius));
    const auto n = static_cast<std::size_t>(inputs);
    boxes.push_back(sb::Box{std::vector<double>(n, -size), std::vector<double>(n, size)});
    no_nan_and_no_lie(host, network, boxes, random);
    for (const auto norm : {sb::expr::Norm::two, sb::expr::Norm::one})
      no_nan_and_no_lie(
          host, network,
          {random_ball(random, inputs, 0, norm), random_ball(random, inputs, size / 4, norm)},
          random);

    const auto ordinary = HostNetwork::random(network, seed);
    ordinary.copy_to(network);
    no_nan_and_no_lie(ordinary, network, boxes, random);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("no NaN and no finite lie at the edge of the range", T, double, float) {
  for (unsigned seed = 0; seed < 12; ++seed)
    for (const double size : sizes<T>()) {
      CAPTURE(seed);
      CAPTURE(size);
      at_the_edge<zoo::Mlp, T>(seed, size);
      at_the_edge<zoo::Curves, T>(seed, size);
      at_the_edge<zoo::Every, T>(seed, size);
      at_the_edge<zoo::Fork, T>(seed, size);
      at_the_edge<zoo::Bare, T>(seed, size);
      at_the_edge<zoo::Lone, T>(seed, size);
      at_the_edge<zoo::Run, T>(seed, size);
      at_the_edge<zoo::Nest, T>(seed, size);
    }
}

TEST_CASE_TEMPLATE("zero weights leave the biases, exactly", T, double, float) {
  sb::Network<zoo::Mlp, T> network;
  auto host = HostNetwork::random(network, 1);
  for (int v : network.product_nodes())
    std::fill(host.numbers(v).weight.begin(), host.numbers(v).weight.end(), 0.0);
  host.copy_to(network);
  const sb::InputSet set(sb::Box{std::vector<double>(5, -3), std::vector<double>(5, 3)});
  for (const auto& method : methods) {
    const auto found = sb::prepare(network, method).run({&set, 1}).outputs.front();
    const auto& bias = host.numbers(network.plan().output()).bias;
    for (std::size_t i = 0; i < bias.size(); ++i) {
      CHECK(found.lower[i] == static_cast<T>(bias[i]));
      CHECK(found.upper[i] == static_cast<T>(bias[i]));
      CHECK(found.slack[i] < 100 * sb::unit_roundoff<T>);
    }
  }
}
