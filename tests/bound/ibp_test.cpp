// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/ibp.hpp>
#include <tests/support/by_hand.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

// x in [-1, 1]:  h = relu(x, -x) in [0, 1]^2,  y = (h1 + h2, h1 - h2)
using Net = sb::Sequential<sb::Input<1>, sb::Linear<2>, sb::ReLU, sb::Linear<2>>;
const std::vector<Affine> weights = {{{1, -1}, {0, 0}}, {{1, 1, 1, -1}, {0, 0}}};

TEST_CASE_TEMPLATE("intervals layer by layer", B, sb::EigenBackend, CheckedBackend) {
  sb::Network<Net, double, B> network;
  shardbound_test::set(network, weights);
  check_bounds(sb::ibp(network, cube_around({0}, 1)), {0, -1}, {2, 1});
}

TEST_CASE_TEMPLATE("rows are folded into the last affine layer", B, sb::EigenBackend,
                   CheckedBackend) {
  sb::Network<Net, double, B> network;
  shardbound_test::set(network, weights);
  auto pass = sb::prepare(network, sb::Ibp{}, sb::Capacity{1, 1});
  const auto box = cube_around({0}, 1);
  // y1 + y2 = 2 h1: at least 0, where the outputs' intervals give -1
  const auto found = pass.run({&box, 1}, {{1, 1}, {0}});
  CHECK(std::abs(found.rows.lower[0]) <= 1e-12);
}

TEST_CASE("an output that is no affine layer is bounded where it stands") {
  sb::Network<zoo::Lone> network;
  const auto found = sb::ibp(network, sb::InputSet(sb::Box{{-100, 1, -2}, {0, 2, 3}}));
  check_bounds(found, {-1, 1, -0.02}, {0, 2, 3});
}
