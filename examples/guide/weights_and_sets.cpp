// SPDX-License-Identifier: BSD-3-Clause

// Weights by hand, what is missing of them, input sets, and feature maps: docs/guide/weights.md, sets.md and maps.md.

#include <shardbound/shardbound.hpp>

#include <guide/expect.hpp>

#include <string>
#include <vector>

namespace sb = shardbound;

// clang-format off
// [maps]
template <sb::ShardingPolicy P = sb::Replicated>
using Maps = sb::Sequential<
    sb::Input<1, 6, 6>,                                          // channels, rows, columns
    sb::Conv2d<2, sb::Kernel<3>, sb::Padding<1>, P>, sb::ReLU,   // (2, 6, 6)
    sb::Residual<                                                // plus what it begins with
        sb::Sequential<sb::Conv2d<2, sb::Kernel<1>, P>, sb::ReLU>>,
    sb::Conv2d<1, sb::Kernel<2>, sb::Stride<2>, P>, sb::ReLU,    // (1, 3, 3)
    sb::Flatten,                                                 // 9 features
    sb::Linear<1, P>>;
// [maps]
// clang-format on

// [network]
using Net = sb::Sequential<sb::Input<2>,    // node 0
                           sb::ScaleShift,  // node 1
                           sb::Linear<2>,   // node 2
                           sb::LeakyReLU,   // node 3
                           sb::Linear<1>>;  // node 4
// [network]

int main() try {
  // [weights]
  sb::Network<Net> net;  // double; sb::Network<Net, float> computes in float

  net.set_scale_shift(net.scale_shift(0), {2, 2}, {-0.2, -0.2});  // y = 2 x - 0.2
  net.set_linear(net.linear(0), {1, -1, 2, 1}, {0.5, -1});        // out x in, row by row

  const std::vector<float> from_elsewhere = {1, -2};  // any contiguous range, of any numbers
  const std::vector<float> bias = {0.25};
  net.set_linear(net.linear(1), from_elsewhere, bias);

  const double negative_slope[] = {0.1};  // activations that carry numbers have defaults
  net.set_activation(net.activation(0), negative_slope);
  // [weights]

  // [names]
  net.set_name(net.linear(0), "hidden");
  const int hidden = net.node("hidden");  // 2, as is net.linear(0)
  // [names]
  expect("nodes are numbered as they are written", hidden == 2);

  // [missing]
  sb::Network<Net> empty;
  empty.set_scale_shift(1, {2, 2}, {-0.2, -0.2});
  for (const auto& what : empty.missing()) std::puts(what.c_str());
  // [missing]
  expect(
      "two layers miss theirs",
      empty.missing() == std::vector<std::string>{"node 2 (Linear<2>) misses its weight and bias",
                                                  "node 4 (Linear<1>) misses its weight and bias"});

  // [errors]
  try {
    net.set_linear(net.linear(0), {1, 2, 3}, {0, 0});
  } catch (const sb::ShapeError& error) {  // or sb::Error, which all of them are
    std::puts(error.what());
  }
  // [errors]

  // [box]
  const sb::Box box{{-0.4, -0.4}, {0.6, 0.6}};  // lower and upper ends
  const auto over_box = sb::crown(net, box);
  // [box]
  expect("box: lower", over_box.lower[0], -3.25);
  expect("box: upper", over_box.upper[0], 2.75);

  // [point]
  const sb::Box point{{0.1, 0.1}, {0.1, 0.1}};  // a box without width: bounds are the value
  const auto at_point = sb::crown(net, point);
  // [point]
  expect("point: lower", at_point.lower[0], 0.95);
  expect("point: upper", at_point.upper[0], 0.95);

  // [slack]
  const double lower = sb::proved(over_box.lower[0], over_box.slack[0]);    // lower - slack
  const double upper = -sb::proved(-over_box.upper[0], over_box.slack[0]);  // upper + slack
  // [slack]
  expect("rounding costs something, but little", lower < -3.25 && lower > -3.2500001);
  expect("on either side", upper > 2.75 && upper < 2.7500001);

  using Plain = sb::Sequential<sb::Input<2>, sb::Linear<2>, sb::ReLU, sb::Linear<1>>;
  sb::Network<Plain> plain;
  plain.set_linear(plain.linear(0), {1, -1, 2, 1}, {0.5, -1});
  plain.set_linear(plain.linear(1), {1, -2}, {0.25});

  // [balls]
  const auto ball = sb::InputSet::ball({0, 0}, 1, sb::Norm::two);       // |x|_2 <= 1
  const auto diamond = sb::InputSet::ball({0, 0}, 1, sb::Norm::one);    // |x|_1 <= 1
  const auto cube = sb::InputSet::ball({0, 0}, 1, sb::Norm::infinity);  // |x_i| <= 1, a box
  const auto over_ball = sb::crown(plain, ball);
  const auto over_diamond = sb::crown(plain, diamond);
  const auto over_cube = sb::crown(plain, cube);
  // [balls]
  expect("2-norm: lower", over_ball.lower[0], -2.04243915);
  expect("2-norm: upper", over_ball.upper[0], 2.16421356);
  expect("2-norm: IBP, lower", sb::ibp(plain, ball).lower[0], -2.22213595);
  expect("1-norm: lower", over_diamond.lower[0], -1.75);
  expect("1-norm: upper", over_diamond.upper[0], 1.75);
  expect("1-norm: lower, IBP's", sb::ibp(plain, diamond).lower[0], -1.75);
  expect("infinity norm: lower", over_cube.lower[0], -3.25);

  // [map weights]
  sb::Network<Maps<>> maps;
  maps.set_linear(maps.convolution(0),
                  {0, 0, 0, -1, 1, 0, 0, 0, 0,   // channel 0: a position less its left neighbour
                   0, -1, 0, 0, 1, 0, 0, 0, 0},  // channel 1: less the one above
                  {0, 0});                       // a bias for each channel
  maps.set_linear(maps.convolution(1), {1, -1, -1, 1}, {0, 0});          // out x in x 1 x 1
  maps.set_linear(maps.convolution(2), {1, 1, 1, 1, 1, 1, 1, 1}, {-1});  // out x in x 2 x 2
  maps.set_linear(maps.linear(0), std::vector<double>(9, 1), {0});  // reads (channel, row, column)
  // [map weights]

  // [map bounds]
  const std::vector<double> dark(36, 0.4), bright(36, 0.6);
  const auto over_images = sb::crown(maps, sb::Box{dark, bright});
  // [map bounds]
  const std::vector<double> grey(36, 0.5);
  expect("maps: value", sb::crown(maps, sb::Box{grey, grey}).lower[0], 6);
  expect("maps: lower", over_images.lower[0], 3.8);
  expect("maps: upper", over_images.upper[0], 15);
} catch (const sb::Error& error) {
  std::printf("error: %s\n", error.what());
  return 2;
}
