// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/pass.hpp>
#include <shardbound/layer/linear.hpp>

using namespace shardbound;

// z = (x0 - x1, x0 + x1) over [-1, 2]^2; the row 2 relu(z0) - 3 relu(z1): its coefficients above the activation, below it
// - once it was replaced by its lines, z0 in [-3, 3] by the lower one and z1 in [-2, 4] by the upper - and on the input.
TEST_CASE("coefficients are kept where a tile is, and within a chain where none is") {
  using Net = Sequential<Input<2>, Linear<2>, ReLU>;
  Network<Net> network;
  network.set_linear(1, {1, -1, 1, 1}, {0, 0});
  Pass<double, EigenBackend> pass(network, Crown{}, {.rows = 1, .coefficients_at = {0, 1, 2}});
  const InputSet set(Box{{-1, -1}, {2, 2}});
  RowQuery query;
  query.matrix = {2, -3};
  Wanted wanted;
  wanted.coefficients = true;
  const auto found = pass.run({&set, 1}, query, wanted);
  REQUIRE(found.coefficients.size() == 3);
  const auto on = [&](int node) {
    for (const auto& one : found.coefficients)
      if (one.node == node) return one.lower;
    return std::vector<double>{};
  };
  CHECK(on(2) == std::vector<double>{2, -3});
  const double above = -3 * (4.0 / 6.0);
  CHECK(on(1) == std::vector<double>{0, above});
  CHECK(on(0) == std::vector<double>{above, above});
}
