// SPDX-License-Identifier: BSD-3-Clause

// E2 of the worked numbers: a residual network, whose pre-activation behind the sum is bounded by rows
// that start there and meet again at h.
//
//   x --W1--> z1 --relu--> h --+--W2--> . --> + --relu--> r --W3--> y
//   2         3                |              ^                     2
//                              +--------------+

#include <shardbound/shardbound.hpp>
#include <tests/support/by_hand.hpp>

using namespace shardbound_test;

namespace {

using Net = sb::Sequential<sb::Input<2>, sb::Linear<3>, sb::ReLU, sb::Residual<sb::Linear<3>>,
                           sb::ReLU, sb::Linear<2>>;
constexpr int z1 = 1, sum = 4;

const std::vector<Affine> weights = {
    {{1, 0.5, -1, 1, 0.5, -1.5}, {0.1, -0.2, 0.3}},
    {{1, -1, 0.5, -0.5, 1, 1, 0.25, 0.75, -1}, {0, 0.1, -0.1}},
    {{1, -1, 0.5, -0.5, 0.25, 1}, {0.05, -0.05}},
};

struct Run {
  sb::Network<Net> network;
  sb::OutputBounds<double> y;
  std::vector<sb::OutputBounds<double>> nodes;

  explicit Run(sb::Method method) {
    set(network, weights);
    const auto box = cube_around({0.2, -0.1}, 0.5);
    auto pass = sb::prepare(network, method);
    y = pass.run({&box, 1}).outputs.front();
    for (int v = 0; v < network.plan().size(); ++v) nodes.push_back(pass.node_bounds(v).front());
  }
  const sb::OutputBounds<double>& at(int node) const {
    return nodes[static_cast<std::size_t>(node)];
  }
};

}  // namespace

TEST_CASE("E2, intermediate bounds") {
  const Run ibp(sb::Ibp{}), crown(sb::Crown{sb::Intermediates::textbook});
  check_bounds(ibp.at(z1), {-0.5, -1.5, -0.45}, {1, 0.5, 1.55});
  check_bounds(ibp.at(sum), {-0.5, -0.4, -1.65}, {2.775, 2.65, 2.075});
  check_bounds(crown.at(z1), {-0.5, -1.5, -0.45}, {1, 0.5, 1.55});
  check_bounds(crown.at(sum), {-0.725, -0.51666667, -0.225}, {2.19375, 2.0125, 0.35833333});
  // By default the better of both, neuron by neuron and side by side.
  check_bounds(Run(sb::Crown{}).at(sum), {-0.5, -0.4, -0.225}, {2.19375, 2.0125, 0.35833333});
}

TEST_CASE("E2, outputs") {
  check_bounds(Run(sb::Ibp{}).y, {-2.6, -1.4375}, {3.8625, 2.6875});
  check_bounds(Run(sb::CrownIbp{}).y, {-2.73360656, -1.05725191}, {3.04084610, 1.71032842});
  const Run textbook(sb::Crown{sb::Intermediates::textbook});
  check_bounds(textbook.y, {-2.65, -1.02095824}, {2.58209506, 0.90842404});
  const Run tightened(sb::Crown{});
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(tightened.y.lower[i] >= textbook.y.lower[i] - 1e-12);
    CHECK(tightened.y.upper[i] <= textbook.y.upper[i] + 1e-12);
  }
}
