// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/generate.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tests/support/model_steps.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using io::Model;
using io::Steps;

io::Step linear(std::int64_t features) {
  io::Step step;
  step.kind = io::Step::Kind::linear;
  step.features = features;
  return step;
}

io::Step activation(const std::string& name) {
  io::Step step;
  step.kind = io::Step::Kind::activation;
  step.activation = name;
  return step;
}

io::Step scale_shift() {
  io::Step step;
  step.kind = io::Step::Kind::scale_shift;
  return step;
}

io::Step join(io::Step::Kind kind, std::vector<Steps> branches) {
  io::Step step;
  step.kind = kind;
  step.branches = std::move(branches);
  return step;
}

Model network(const Steps& steps) {
  Model model;
  model.file = "/some/where/net.onnx";
  model.inputs = 5;
  model.graph = shardbound_test::graph_of(steps);
  return model;
}

// The part between "using Network = " and the end.
std::string type_of(const Steps& steps) {
  const std::string header = io::network_header(network(steps));
  return header.substr(header.find("using Network = ") + 16);
}

}  // namespace

TEST_CASE("the header of a plain network") {
  const Steps steps = {linear(50), activation("ReLU"), linear(50), activation("LeakyReLU"),
                       linear(2)};
  CHECK(io::network_header(network(steps)) ==
        R"(// Generated from net.onnx by shardbound_add_verifier. Change the network, not this file.
#pragma once

#include <shardbound/shardbound.hpp>

namespace sb = shardbound;

template <sb::ShardingPolicy P = sb::Replicated>
using Network = sb::Sequential<
    sb::Input<5>,
    sb::Linear<50, P>, sb::ReLU,
    sb::Linear<50, P>, sb::LeakyReLU,
    sb::Linear<2, P>>;
)");
}

TEST_CASE("an activation shares the line of what comes before it, a second one does not") {
  CHECK(type_of({scale_shift(), activation("Tanh"), activation("Sigmoid"), linear(1)}) ==
        R"(sb::Sequential<
    sb::Input<5>,
    sb::ScaleShift, sb::Tanh,
    sb::Sigmoid,
    sb::Linear<1, P>>;
)");
}

TEST_CASE("short branches stay on a line") {
  CHECK(type_of({linear(3), activation("ReLU"), join(io::Step::Kind::residual, {{linear(3)}, {}}),
                 activation("ReLU"), linear(2)}) == R"(sb::Sequential<
    sb::Input<5>,
    sb::Linear<3, P>, sb::ReLU,
    sb::Residual<sb::Sequential<sb::Linear<3, P>>, sb::Identity>, sb::ReLU,
    sb::Linear<2, P>>;
)");
}

TEST_CASE("long branches are indented, and nest") {
  Steps branch;
  for (int i = 0; i < 3; ++i) branch.push_back(linear(1000)), branch.push_back(activation("ReLU"));
  Steps outer = branch;
  outer.push_back(join(io::Step::Kind::concat, {branch, {linear(7)}, {}}));
  CHECK(type_of({join(io::Step::Kind::residual, {outer, {}}), activation("ReLU")}) ==
        R"(sb::Sequential<
    sb::Input<5>,
    sb::Residual<
        sb::Sequential<
            sb::Linear<1000, P>, sb::ReLU,
            sb::Linear<1000, P>, sb::ReLU,
            sb::Linear<1000, P>, sb::ReLU,
            sb::Concat<
                sb::Sequential<
                    sb::Linear<1000, P>, sb::ReLU,
                    sb::Linear<1000, P>, sb::ReLU,
                    sb::Linear<1000, P>, sb::ReLU>,
                sb::Sequential<sb::Linear<7, P>>,
                sb::Identity>>,
        sb::Identity>, sb::ReLU>;
)");
}

TEST_CASE("convolutions, an input with channels, and Flatten where features are read alone") {
  io::Step first = linear(4 * 5 * 6), second = linear(2 * 5 * 6);
  first.geometry = {3, 4, 1, {5, 5, 3, 1, 1, 1, 1}, {6, 6, 3, 1, 1, 1, 1}};
  second.geometry = {4, 2, 1, {5, 5, 1, 1, 1, 1, 0}, {6, 6, 1, 1, 1, 1, 0}};
  Model model = network({first, activation("ReLU"), second, linear(10), activation("ReLU")});
  model.inputs = 90;
  const std::string header = io::network_header(model);
  CHECK(header.substr(header.find("using Network = ") + 16) == R"(sb::Sequential<
    sb::Input<3, 5, 6>,
    sb::Conv2d<4, sb::Kernel<3>, sb::Padding<1>, P>, sb::ReLU,
    sb::Conv2d<2, sb::Kernel<1>, P>,
    sb::Flatten,
    sb::Linear<10, P>, sb::ReLU>;
)");
}

TEST_CASE("a network with a choice of features, or of products, has no type") {
  io::Step gather = linear(2);
  gather.kind = io::Step::Kind::gather, gather.node = "slice1";
  CHECK_THROWS_WITH_AS(
      io::network_header(network({gather, linear(1)})),
      "/some/where/net.onnx: node 'slice1': choices of features, sums and maxima of several, "
      "softmax and products of branches have no type. Fix: open the file at run time, as the "
      "command "
      "shardbound does",
      FormatError);
}

TEST_CASE("no line is longer than 100 columns") {
  for (int layers = 1; layers < 12; ++layers) {
    Steps branch;
    for (int i = 0; i < layers; ++i) branch.push_back(linear(layers * 97 + i));
    Steps steps = {
        join(io::Step::Kind::concat, {branch, {join(io::Step::Kind::residual, {branch, {}})}}),
        activation("LeakyReLU")};
    const std::string header = io::network_header(network(steps));
    for (std::size_t start = 0; start < header.size();) {
      const std::size_t end = header.find('\n', start);
      CHECK(end - start <= 100);
      start = end + 1;
    }
  }
}

TEST_CASE("names cannot leave the comment or be anything but a type") {
  Model model = network({linear(1)});
  model.file = "dir/a\n#error b\\";
  CHECK(io::network_header(model, "Mine", "me")
            .starts_with(
                "// Generated from a?#error b? by me. Change the network, not this file.\n"));
  CHECK(io::network_header(model, "Mine_2").find("using Mine_2 = ") != std::string::npos);
  for (const char* name : {"", "2nd", "a b", "a::b", "x;"})
    CHECK_THROWS_AS(io::network_header(model, name), ArgumentError);
}
