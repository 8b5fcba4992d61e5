// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/bound/crown_ibp.hpp>
#include <tests/support/by_hand.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;

// x in [-1, 3]:  h = relu(x, -x),  y = h1 - h2 = x
using Net = sb::Sequential<sb::Input<1>, sb::Linear<2>, sb::ReLU, sb::Linear<1>>;
const std::vector<Affine> weights = {{{1, -1}, {0, 0}}, {{1, -1}, {0}}};

TEST_CASE_TEMPLATE("rows remember what intervals forget", B, sb::EigenBackend, CheckedBackend) {
  sb::Network<Net, double, B> network;
  shardbound_test::set(network, weights);
  // z1 in [-1, 3]: h1 between z and (z + 1) 3/4; z2 in [-3, 1]: h2 between 0 and (z + 3) / 4.
  // y >= x - (3 - x) / 4 >= -2;  y <= (x + 1) 3/4 - 0 <= 3
  check_bounds(sb::crown_ibp(network, sb::InputSet(sb::Box{{-1}, {3}})), {-2}, {3});
}

TEST_CASE("a network that is only an activation is bounded by its lines") {
  sb::Network<zoo::Lone> network;
  const auto found = sb::crown_ibp(network, sb::InputSet(sb::Box{{-1, 1, -2}, {0, 2, 2}}));
  check_bounds(found, {-0.01, 1, -2}, {0, 2, 2});
}
