// SPDX-License-Identifier: BSD-3-Clause

// Sampled points never escape optimised bounds, inside the network or of any row, over boxes and balls.

#include <doctest/doctest.h>

#include <shardbound/bound/alpha_crown.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

namespace {

/// Every node's bounds, and the rows', hold wherever sampled; behind an activation that is not defined for its input
/// any do.
template <class Net, class T>
void sound(unsigned seed, sb::expr::Norm norm, double radius) {
  CAPTURE(seed);
  sb::Network<Net, T> network;
  const HostNetwork host = HostNetwork::random(network, seed);
  host.copy_to(network);
  sb::AlphaCrown method;
  method.optimisation = {.iterations = 6, .learning_rate = 0.25, .patience = 0};
  std::mt19937 random(seed);
  std::vector<sb::InputSet> sets;
  for (int d = 0; d < 2; ++d)
    sets.push_back(norm == sb::expr::Norm::infinity
                       ? random_box(random, network.inputs(), radius)
                       : random_ball(random, network.inputs(), radius, norm));
  sb::RowQuery query;
  query.sides = sb::Sides::both;
  for (int r = 0; r < 3; ++r)
    for (sb::index_t i = 0; i < network.outputs(); ++i) query.matrix.push_back(uniform(random));
  auto pass = sb::prepare(network, method, {.domains = 2, .rows = 12});
  const auto found = pass.run(sets, query);
  const auto outputs = static_cast<std::size_t>(network.outputs());
  for (std::size_t d = 0; d < 2; ++d)
    for (int sample = 0; sample < 60; ++sample) {
      const auto values = host.values(random_point(random, sets[d]));
      const auto inside = [&](const sb::OutputBounds<T>& bounds, const Values& y) {
        for (std::size_t i = 0; i < y.size(); ++i) {
          if (std::isnan(y[i])) continue;
          const long double slack = bounds.slack[i];
          if (!(y[i] >= bounds.lower[i] - slack && y[i] <= bounds.upper[i] + slack)) return false;
        }
        return true;
      };
      for (int v = 1; v < network.plan().size(); ++v) {
        CAPTURE(v);
        REQUIRE(inside(pass.node_bounds(v)[d], values[static_cast<std::size_t>(v)]));
      }
      REQUIRE(inside(found.outputs[d], values.back()));
      for (std::size_t r = 0; r < 3; ++r) {
        long double y = 0;
        for (std::size_t i = 0; i < outputs; ++i)
          y += static_cast<long double>(query.matrix[r * outputs + i]) * values.back()[i];
        if (std::isnan(y)) continue;
        const std::size_t at = d * 3 + r;
        const long double slack = found.rows.slack[at];
        REQUIRE(y >= found.rows.lower[at] - slack);
        REQUIRE(y <= found.rows.upper[at] + slack);
      }
    }
}

}  // namespace

TEST_CASE_TEMPLATE("sampled points stay inside", T, double, float) {
  using sb::expr::Norm;
  unsigned seed = 40;
  for (const Norm norm : {Norm::infinity, Norm::two, Norm::one})
    for (const double radius : {1e-6, 0.3, 3.0}) {
      ++seed;
      sound<zoo::Mlp, T>(seed, norm, radius);
      sound<zoo::Curves, T>(seed, norm, radius);
      sound<zoo::ResNet, T>(seed, norm, radius);
      sound<zoo::Fork, T>(seed, norm, radius);
      sound<zoo::Bare, T>(seed, norm, radius);
      sound<zoo::Run, T>(seed, norm, radius);
      sound<zoo::Nest, T>(seed, norm, radius);
      sound<zoo::Every, T>(seed, norm, radius);
    }
}
