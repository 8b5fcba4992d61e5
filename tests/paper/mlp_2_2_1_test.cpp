// SPDX-License-Identifier: BSD-3-Clause

// E1 of the worked numbers: auto_LiRPA's IBP (1810.12715), CROWN-IBP (1906.06316) and CROWN (1811.00866)
// on a network that can be followed by hand.
//
//      x1 ---1---> z1 --act--> h1 ---1--.
//         \  _-1_/  (+0.5)               \.
//          \/                             y  (+0.25)
//          /\_2__                        /
//         /      \ (-1)                 /
//      x2 ---1---> z2 --act--> h2 --(-2)

#include <shardbound/shardbound.hpp>
#include <tests/support/by_hand.hpp>

using namespace shardbound_test;
using sb::expr::Norm;

namespace {

const std::vector<Affine> weights = {{{1, -1, 2, 1}, {0.5, -1}}, {{1, -2}, {0.25}}};
const sb::Crown textbook{sb::Intermediates::textbook};

template <class Activation>
using Net = sb::Sequential<sb::Input<2>, sb::Linear<2>, Activation, sb::Linear<1>>;

/// The outputs of one run, and the first pre-activation's bounds.
template <class Activation>
struct Run {
  sb::OutputBounds<double> y, z;

  Run(sb::Method method, const sb::InputSet& set, double negative_slope = 0) {
    sb::Network<Net<Activation>> network;
    shardbound_test::set(network, weights);
    if (negative_slope != 0) network.set_activation(2, std::span<const double>(&negative_slope, 1));
    auto pass = sb::prepare(network, method);
    y = pass.run({&set, 1}).outputs.front();
    z = pass.node_bounds(1).front();
  }
};

/// Never looser than the reference, whose tangents come from a table, and within 1 % of its width.
void check_tangents(const sb::OutputBounds<double>& found, double lower, double upper) {
  const double margin = (upper - lower) / 100;
  CHECK(found.lower[0] >= lower - 1e-8);
  CHECK(found.upper[0] <= upper + 1e-8);
  CHECK(found.lower[0] <= lower + margin);
  CHECK(found.upper[0] >= upper - margin);
}

}  // namespace

TEST_CASE("E1, ReLU over a box") {
  const auto box = cube_around({0, 0}, 1);
  check_bounds(Run<sb::ReLU>(sb::Ibp{}, box).z, {-1.5, -4}, {2.5, 2});
  check_bounds(Run<sb::ReLU>(sb::Ibp{}, box).y, {-3.75}, {2.75});
  check_bounds(Run<sb::ReLU>(sb::CrownIbp{}, box).y, {-3.25}, {2.75});
  check_bounds(Run<sb::ReLU>(textbook, box).y, {-3.25}, {2.75});
}

TEST_CASE("E1, ReLU over a ball of the 2-norm") {
  const auto ball = sb::InputSet::ball({0, 0}, 1, Norm::two);
  check_bounds(Run<sb::ReLU>(textbook, ball).z, {-0.91421356, -3.23606798},
               {1.91421356, 1.23606798});
  check_bounds(Run<sb::ReLU>(sb::Ibp{}, ball).y, {-2.22213595}, {2.16421356});
  check_bounds(Run<sb::ReLU>(sb::CrownIbp{}, ball).y, {-2.04243915}, {2.16421356});
  check_bounds(Run<sb::ReLU>(textbook, ball).y, {-2.04243915}, {2.16421356});
}

TEST_CASE("E1, LeakyReLU 0.1 over a box") {
  const auto box = cube_around({0, 0}, 1);
  check_bounds(Run<sb::LeakyReLU>(sb::Ibp{}, box, 0.1).y, {-3.9}, {3.55});
  check_bounds(Run<sb::LeakyReLU>(textbook, box, 0.1).y, {-3.25}, {2.75});
}

TEST_CASE("E1, S-shaped activations over a box") {
  const auto box = cube_around({0, 0}, 0.5);
  check_bounds(Run<sb::Tanh>(sb::Ibp{}, box).y, {-1.13635147}, {3.12837685});
  check_tangents(Run<sb::Tanh>(textbook, box).y, -0.45271877, 3.49522849);
  check_bounds(Run<sb::Sigmoid>(sb::Ibp{}, box).y, {-0.61737799}, {0.91585812});
  check_tangents(Run<sb::Sigmoid>(textbook, box).y, -0.39736109, 0.92441229);
}

// The reference takes a ball without its bounding box for a point when anything but a product reads
// the input, and then claims [0.75, 0.75] for IBP and a CROWN bound of -2.08, while the network takes
// values down to -4.53 (algorithms.md, section 1). Ours hold.
TEST_CASE("E1 behind a normalisation, over a ball") {
  sb::Network<sb::Sequential<sb::Input<2>, sb::ScaleShift, sb::Linear<2>, sb::ReLU, sb::Linear<1>>>
      network;
  shardbound_test::set(network, weights);
  const Numbers scale{2, 2}, shift{-0.2, -0.2};  // (x - 0.1) / 0.5
  network.set_scale_shift(1, std::span<const double>(scale), std::span<const double>(shift));
  const auto ball = sb::InputSet::ball({0, 0}, 1, Norm::two);
  for (const sb::Method method : {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}),
                                  sb::Method(sb::Crown{}), sb::Method(textbook)}) {
    const auto found = sb::prepare(network, method).run({&ball, 1}).outputs.front();
    CHECK(found.lower[0] <= -4.53);
    CHECK(found.lower[0] >= -12);
  }
}
