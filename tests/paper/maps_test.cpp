// SPDX-License-Identifier: BSD-3-Clause

// E3 and E5 of the worked numbers: auto_LiRPA's bounds (2002.12920) of networks over maps of one channel.
//
//   E3   3 x 3 --- 3 x 3 kernel, padding 1 ---> 3 x 3 --- ReLU ---> 9 --- matrix ---> 2
//   E5   4 x 4 --- 2 x - 0.5 ---> 4 x 4 --- maximum of 2 x 2 ---> 4 --- matrix ---> 1

#include <shardbound/network/planned_network.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/by_hand.hpp>

using namespace shardbound_test;

namespace {

const sb::Crown textbook{sb::Intermediates::textbook};

}  // namespace

TEST_CASE("E3, a convolution and ReLU over a box") {
  using Net = sb::Sequential<sb::Input<1, 3, 3>, sb::Conv2d<1, sb::Kernel<3>, sb::Padding<1>>,
                             sb::ReLU, sb::Flatten, sb::Linear<2>>;
  sb::Network<Net> network;
  set(network,
      {{{.5, -1, .25, 1, .75, -.5, -.25, .5, -1}, {.1}},
       {{1, -1, .5, .25, -.75, 1, -.5, .6, -.4, -.3, .8, -1, .5, .2, -.6, 1, -.9, .7}, {.2, -.1}}});
  const auto box = cube_around({.1, .2, -.1, .3, 0, -.2, .4, -.3, .2}, .3);
  const auto outputs = [&](const sb::Method& method) {
    auto pass = sb::prepare(network, method);
    const auto found = pass.run({&box, 1}).outputs.front();
    check_bounds(pass.node_bounds(1).front(),
                 {-.6, -.675, -.625, -.425, -1.85, -.875, -.5, -.925, -.825},
                 {1.05, 1.725, .875, 1.975, 1.6, 1.525, 1, 1.475, 1.125});
    return found;
  };
  check_bounds(outputs(sb::Ibp{}), {-3.675, -3.5325}, {4.59125, 4.375});
  check_bounds(outputs(sb::CrownIbp{}), {-2.99714569, -2.75627841}, {3.66933949, 3.63682274});
  check_bounds(outputs(textbook), {-2.99714569, -2.75627841}, {3.66933949, 3.63682274});
}

TEST_CASE("E5, maxima of windows over a box") {
  sb::RuntimePlan plan(8, 8);
  const auto push = [&](sb::NodeKind kind, sb::Shape shape, int from) {
    sb::Node node;
    node.kind = kind;
    node.shape = shape;
    if (kind == sb::NodeKind::maximum) node.run = 4;
    return plan.push(node, std::vector<int>{from});
  };
  sb::Node convolution;
  convolution.kind = sb::NodeKind::product;
  convolution.geometry.in_channels = convolution.geometry.out_channels = 1;
  convolution.geometry.rows = convolution.geometry.columns = {.in = 4, .out = 4};
  convolution.shape = sb::Shape{1, 4, 4};
  const int map = plan.push(convolution, std::vector<int>{plan.begin(sb::Shape{1, 4, 4})});
  const int windows = push(sb::NodeKind::gather, sb::Shape{16}, map);
  const int maxima = push(sb::NodeKind::maximum, sb::Shape{4}, windows);
  push(sb::NodeKind::product, sb::Shape{1}, maxima);
  plan.fold();
  sb::PlannedNetwork<double> network(plan, sb::AnyCommunicator{},
                                     std::make_unique<sb::EigenBackend>(1));
  set(network, {{{2}, {-.5}}, {{1, -1, .5, -2}, {.1}}});
  network.set_gather(
      windows, std::vector<std::int32_t>{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15});
  const auto box =
      cube_around({.1, .2, -.1, .4, .3, 0, -.2, .9, .4, -.3, .2, .1, 0, .1, .6, -.5}, .15);
  for (const sb::Method& method :
       {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}), sb::Method(textbook)}) {
    auto pass = sb::prepare(network, method);
    check_bounds(pass.run({&box, 1}).outputs.front(), {-3.7}, {-1});
  }
}
