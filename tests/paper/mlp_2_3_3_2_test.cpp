// SPDX-License-Identifier: BSD-3-Clause

// E4 of the worked numbers: two hidden layers, where CROWN's dense pass is looser than intervals on one
// neuron, rows of a property, and a ball.
//
//   x --W1--> z1 --relu--> . --W2--> z2 --relu--> . --W3--> y --C--> y1 - y2
//   2         3                      3                      2

#include <shardbound/shardbound.hpp>
#include <tests/support/by_hand.hpp>

using namespace shardbound_test;

namespace {

using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Linear<3>, sb::ReLU, sb::Linear<2>>;
constexpr int z1 = 1, z2 = 3;

const std::vector<Affine> weights = {
    {{1, -1, 1, 1, -0.5, 2}, {0, -0.5, 0.2}},
    {{1, -1, 0.5, -1, 0.5, 1, 0.5, 1, -1}, {0.1, 0, -0.2}},
    {{1, -1, 1, -1, 1, 0.5}, {0, 0.3}},
};
const sb::Crown textbook{sb::Intermediates::textbook};

struct Run {
  sb::Bounds<double> found;
  sb::OutputBounds<double> at_z1, at_z2;

  Run(sb::Method method, const sb::InputSet& set) {
    sb::Network<Net> network;
    shardbound_test::set(network, weights);
    auto pass = sb::prepare(network, method, sb::Capacity{1, 2});
    found = pass.run({&set, 1}, {{1, -1, -1, 1}, {0, 0}});  // y1 - y2 from below, and from above
    at_z1 = pass.node_bounds(z1).front();
    at_z2 = pass.node_bounds(z2).front();
  }
  const sb::OutputBounds<double>& y() const { return found.outputs.front(); }
  sb::OutputBounds<double> margin() const {
    return {{found.rows.lower[0]}, {-found.rows.lower[1]}, {}};
  }
};

const auto box = cube_around({0.1, 0.2}, 0.5);

}  // namespace

TEST_CASE("E4, intermediate bounds") {
  const Run ibp(sb::Ibp{}, box), crown(textbook, box);
  check_bounds(ibp.at_z1, {-1.1, -1.2, -0.7}, {0.9, 0.8, 1.8});
  check_bounds(ibp.at_z2, {-0.7, -0.9, -2}, {1.9, 2.2, 1.05});
  check_bounds(crown.at_z1, {-1.1, -1.2, -0.7}, {0.9, 0.8, 1.8});
  check_bounds(crown.at_z2, {-0.65, -1.6, -2}, {1.27, 2, 1.35});
}

TEST_CASE("E4, outputs") {
  check_bounds(Run(sb::Ibp{}, box).y(), {-2.2, -1.6}, {2.95, 3.025});
  check_bounds(Run(sb::CrownIbp{}, box).y(), {-1.92451613, -2.28653846}, {3.60211223, 2.42418826});
  check_bounds(Run(textbook, box).y(), {-1.89111111, -2.15989583}, {3.64870180, 2.44527363});
  // Ours by default is the reference's compare_crown_with_ibp.
  check_bounds(Run(sb::Crown{}, box).y(), {-1.86965517, -0.97}, {2.32, 2.36932730});
}

TEST_CASE("E4, a row of a property") {
  check_bounds(Run(sb::Ibp{}, box).margin(), {-4.7}, {4.025});
  check_bounds(Run(sb::CrownIbp{}, box).margin(), {-4.14903226}, {5.38086381});
  check_bounds(Run(textbook, box).margin(), {-4.08222222}, {5.21419465});
}

TEST_CASE("E4, a ball of the 2-norm") {
  const auto ball = sb::InputSet::ball({0.1, 0.2}, 0.5, sb::expr::Norm::two);
  const Run crown(textbook, ball);
  check_bounds(crown.at_z1, {-0.80710678, -0.90710678, -0.48077641},
               {0.60710678, 0.50710678, 1.58077641});
  check_bounds(Run(sb::Ibp{}, ball).y(), {-1.83432980, -1.19749498}, {2.10815516, 2.43965988});
  check_bounds(crown.y(), {-1.39123292, -1.34258564}, {2.31882902, 1.81304098});
}
