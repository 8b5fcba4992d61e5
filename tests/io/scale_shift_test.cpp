// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/scale_shift.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace {

using namespace shardbound;
using io::Steps;

io::Step linear(bool with_bias) {
  io::Step step;
  step.kind = io::Step::Kind::linear;
  step.weight.rows = step.weight.columns = 2;
  if (with_bias) step.bias.rows = 2;
  step.tensor = "linear";
  step.features = 2;
  return step;
}

io::Step affine(std::vector<double> scale, std::vector<double> shift,
                const std::string& name = "a") {
  io::Step step;
  step.kind = io::Step::Kind::scale_shift;
  step.scale = std::move(scale), step.shift = std::move(shift);
  step.node = name, step.tensor = name + "_out";
  step.features = 2;
  return step;
}

io::Step added(std::vector<double> shift) {
  io::Step step = affine({1, 1}, std::move(shift), "add");
  step.bias.name = "constant", step.bias.rows = 2, step.bias.columns = 1;
  return step;
}

}  // namespace

TEST_CASE("constants in a row are one step: (x - mean) / deviation") {
  const Steps out = io::simplified(
      {affine({1, 1}, {-0.5, -1}, "sub"), affine({4, 2}, {0, 0}, "div"), linear(true)}, "f");
  REQUIRE(out.size() == 2);
  CHECK(out[0].scale == std::vector<double>{4, 2});
  CHECK(out[0].shift == std::vector<double>{-2, -2});
  CHECK(out[0].node == "div");
  CHECK(out[0].tensor == "div_out");
}

TEST_CASE("what changes nothing disappears, also when it does so together") {
  CHECK(io::simplified({affine({1, 1}, {0, -0.0})}, "f").empty());
  CHECK(io::simplified({affine({2, 2}, {1, 1}), affine({0.5, 0.5}, {-0.5, -0.5})}, "f").empty());
  CHECK(io::simplified({affine({1, 1}, {0, 1e-300})}, "f").size() == 1);
}

TEST_CASE("constants that cancel in a row do so exactly") {
  const Steps out = io::simplified(
      {affine({1, 1}, {-1e16, 0}), affine({1, 1}, {3, 0.5}), affine({1, 1}, {1e16, 0})}, "f");
  REQUIRE(out.size() == 1);
  CHECK(out[0].shift == std::vector<double>{3, 0.5});
  CHECK(out[0].scale_error.empty());
  CHECK(out[0].shift_error.empty());
}

TEST_CASE("what a double cannot hold of a fold is said, feature by feature") {
  const Steps out = io::simplified({affine({0.1, 2}, {0.1, 1}), affine({0.1, 2}, {1, 1})}, "f");
  REQUIRE(out.size() == 1);
  REQUIRE(out[0].scale_error.size() == 2);
  CHECK(out[0].scale_error[0] > 0);
  CHECK(out[0].scale_error[0] < 0x1p-58);
  CHECK(out[0].scale_error[1] == 0);
  CHECK(out[0].shift_error.at(0) > 0);
  CHECK(out[0].shift_error.at(1) == 0);

  io::Step off = affine({1, 1}, {0, 0});  // not known to change nothing
  off.shift_error = {0, 1e-9};
  CHECK(io::simplified({off}, "f").size() == 1);
  const Steps both = io::simplified({off, affine({3, -3}, {1, 1}), off}, "f");
  CHECK(both.at(0).shift_error.at(1) >= 4e-9);
  CHECK(both.at(0).shift_error.at(1) <= 4.001e-9);
  off.scale_error = {std::numeric_limits<double>::infinity(), 0};
  CHECK_THROWS_WITH_AS(
      io::simplified({off}, "net.onnx: node 'a' (Mul)"),
      "net.onnx: node 'a' (Mul): what feature 0 is multiplied by and increased by is "
      "lost in rounding",
      FormatError);
}

TEST_CASE("a constant added right after a linear layer without a bias is its bias") {
  const Steps out = io::simplified({linear(false), added({1, 2})}, "f");
  REQUIRE(out.size() == 1);
  CHECK(out[0].bias.name == "constant");
  CHECK(out[0].tensor == "add_out");
  const Steps zeros = io::simplified({linear(false), added({0, 0})}, "f");
  CHECK(zeros.at(0).bias.name == "constant");
  CHECK(zeros.size() == 1);
}

TEST_CASE("a second added constant, or one after something else, stays a step") {
  const Steps second = io::simplified({linear(true), added({1, 2})}, "f");
  REQUIRE(second.size() == 2);
  CHECK(second[1].bias.empty());
  CHECK(second[1].shift == std::vector<double>{1, 2});
  CHECK(io::simplified({linear(false), affine({2, 2}, {0, 0}), added({1, 2})}, "f").size() == 2);
  CHECK(io::simplified({linear(false), affine({1, 1}, {0, 0}), added({1, 2})}, "f").size() == 1);
}

TEST_CASE("a constant that is not finite is refused, except as a bias") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  try {
    io::simplified({affine({1, 1}, {0, nan}, "shifter")}, "net.onnx: node 'shifter' (Add)");
    FAIL("accepted");
  } catch (const FormatError& error) {
    CHECK(std::string(error.what()).starts_with("net.onnx: node 'shifter' (Add): feature 1 "));
  }
  CHECK_THROWS_AS(io::simplified({affine({1e300, 1}, {0, 0}), affine({1e300, 1}, {0, 0})}, "f"),
                  FormatError);
  CHECK(io::simplified({linear(false), added({0, nan})}, "f").size() == 1);
}

TEST_CASE("a constant behind a convolution is its bias if it is one of each channel") {
  io::Step convolution;
  convolution.kind = io::Step::Kind::linear, convolution.features = 4;
  convolution.geometry = {1, 2, 1, {}, {2, 2, 1, 1, 1, 1, 0}};
  const auto with = [&](const std::vector<double>& shift) {
    io::Step added;
    added.kind = io::Step::Kind::scale_shift, added.features = 4;
    added.scale.assign(4, 1), added.shift = shift;
    added.bias.rows = 4, added.bias.columns = 1, added.bias.values = shift;
    return io::simplified({convolution, added}, "f");
  };
  REQUIRE(with({1, 1, 2, 2}).size() == 1);
  CHECK(with({1, 1, 2, 2}).at(0).bias.values == std::vector<double>{1, 2});
  CHECK(with({1, 1, 2, 2}).at(0).bias.rows == 2);
  CHECK(with({1, 1, 2, 3}).size() == 2);
  CHECK(with({1, 1, 2, 3}).at(0).bias.empty());
}
