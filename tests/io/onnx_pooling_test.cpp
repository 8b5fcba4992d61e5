// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_pooling.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using List = std::vector<std::int64_t>;

// A pool over [batch, 2, rows, columns], drawn at random, and what it computes by ONNX's words.
struct Drawn {
  std::int64_t batch, size[2], taps[2], stride[2], dilation[2], before[2], after[2];
  bool beyond, counts_zeros;
  Numbers x;

  explicit Drawn(std::mt19937& random) {
    const auto draw = [&](int least, int most) {
      return std::uniform_int_distribution<std::int64_t>(least, most)(random);
    };
    batch = draw(1, 2), beyond = draw(0, 1) == 1, counts_zeros = draw(0, 1) == 1;
    for (int axis = 0; axis < 2; ++axis) {
      size[axis] = draw(5, 7), taps[axis] = draw(2, 3), stride[axis] = draw(1, 3);
      dilation[axis] = draw(1, 2), before[axis] = draw(0, 1), after[axis] = draw(0, 1);
    }
    for (std::int64_t i = 0; i < batch * 2 * size[0] * size[1]; ++i)
      x.push_back(static_cast<double>(draw(-50, 50)));
  }

  OnnxWriter net(const std::string& op) const {
    std::vector<WireWriter> attributes = {
        onnx_integers("kernel_shape", {taps[0], taps[1]}),
        onnx_integers("strides", {stride[0], stride[1]}),
        onnx_integers("dilations", {dilation[0], dilation[1]}),
        onnx_integers("pads", {before[0], before[1], after[0], after[1]}),
        onnx_integer("ceil_mode", beyond)};
    if (op == "AveragePool") attributes.push_back(onnx_integer("count_include_pad", counts_zeros));
    return network({batch, 2, size[0], size[1]}).node(op, {"x"}, {"y"}, attributes);
  }

  std::int64_t out(int axis) const {
    const std::int64_t room =
        size[axis] + before[axis] + after[axis] - (taps[axis] - 1) * dilation[axis] - 1;
    std::int64_t count = room / stride[axis] + 1;
    if (beyond && room % stride[axis] != 0 && count * stride[axis] < size[axis] + before[axis])
      ++count;
    return count;
  }

  /// Calls make(inputs seen, taps that lie in the map or on its pads) for every window.
  template <class Make>
  Numbers each(Make make) const {
    Numbers y;
    for (std::int64_t channel = 0; channel < batch * 2; ++channel)
      for (std::int64_t r = 0; r < out(0); ++r)
        for (std::int64_t c = 0; c < out(1); ++c) {
          Numbers seen;
          int taken = 0;
          for (std::int64_t tr = 0; tr < taps[0]; ++tr)
            for (std::int64_t tc = 0; tc < taps[1]; ++tc) {
              const std::int64_t row = r * stride[0] + tr * dilation[0] - before[0];
              const std::int64_t column = c * stride[1] + tc * dilation[1] - before[1];
              taken += row < size[0] + after[0] && column < size[1] + after[1];
              if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) continue;
              seen.push_back(
                  x[static_cast<std::size_t>((channel * size[0] + row) * size[1] + column)]);
            }
          y.push_back(make(seen, taken));
        }
    return y;
  }
};

OnnxWriter line(const std::string& op, std::int64_t length,
                const std::vector<WireWriter>& attributes) {
  return network({1, 1, length}).node(op, {"x"}, {"y"}, attributes, "pool");
}

}  // namespace

TEST_CASE("pools are what ONNX says, whatever their windows") {
  std::mt19937 random(2);
  for (int i = 0; i < 100; ++i) {
    const Drawn drawn(random);
    const Numbers largest = drawn.each([](const Numbers& seen, int) {
      return seen.empty() ? std::numeric_limits<double>::quiet_NaN()
                          : *std::max_element(seen.begin(), seen.end());
    });
    if (std::any_of(largest.begin(), largest.end(), [](double y) { return y != y; })) {
      CHECK(contains(refusal(drawn.net("MaxPool")), "sees nothing but what is around the map"));
      continue;
    }
    CHECK(value_of(drawn.net("MaxPool"), drawn.x) == largest);
    const Numbers means = drawn.each([&](const Numbers& seen, int taken) {
      double sum = 0;
      for (const double one : seen) sum += one;
      return sum / (drawn.counts_zeros ? taken : static_cast<double>(seen.size()));
    });
    const Numbers y = value_of(drawn.net("AveragePool"), drawn.x);
    REQUIRE(y.size() == means.size());
    for (std::size_t at = 0; at < y.size(); ++at) CHECK(y[at] == doctest::Approx(means[at]));
  }
}

TEST_CASE("a mean keeps its windows, and its divisor is off by its rounding") {
  const auto model = model_of(line("AveragePool", 6, {onnx_integers("kernel_shape", {3})}));
  REQUIRE(model.graph.size() == 3);
  const io::Step& sums = model.graph.layers[1].step;
  CHECK(sums.weight.values == Numbers{1, 1, 1});
  CHECK(sums.geometry.columns.taps == 3);
  CHECK(sums.geometry.groups == 1);
  CHECK(model.graph.layers[2].step.scale == Numbers{1.0 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3});
  CHECK(model.graph.layers[2].step.scale_error.at(0) > 0);
}

TEST_CASE(
    "a maximum gathers its windows, an entry outside of the map by another one of its window") {
  const auto model = model_of(
      line("MaxPool", 3, {onnx_integers("kernel_shape", {2}), onnx_integers("pads", {1, 1})}));
  REQUIRE(model.graph.size() == 3);
  CHECK(model.graph.layers[1].step.indices == std::vector<std::int32_t>{0, 0, 0, 1, 1, 2, 2, 2});
  CHECK(model.graph.layers[2].step.kind == io::Step::Kind::maximum);
  CHECK(model.graph.layers[2].step.run == 2);
  CHECK(value(model, {-3, -2, -5}) == Numbers{-3, -2, -2, -5});
  CHECK(model_of(
            line("MaxPool", 4, {onnx_integers("kernel_shape", {2}), onnx_integers("strides", {2})}))
            .graph.size() == 2);  // windows side by side are already in order
}

TEST_CASE("pools over all positions") {
  auto mean = network({1, 2, 2, 2});
  mean.node("GlobalAveragePool", {"x"}, {"y"});
  CHECK(value_of(mean, {1, 2, 3, 4, 0, 0, 0, 8}) == Numbers{2.5, 2});
  CHECK(model_of(mean).output_tensors.at(0).shape == List{1, 2, 1, 1});
  CHECK(model_of(mean).graph.layers[1].step.geometry.rows.taps == 2);
  auto most = network({1, 2, 3});
  most.node("GlobalMaxPool", {"x"}, {"y"});
  CHECK(value_of(most, {1, 5, 3, -1, -2, -3}) == Numbers{5, -1});
  auto deep = network({1, 1, 2, 1, 2});
  deep.node("GlobalAveragePool", {"x"}, {"y"});
  CHECK(value_of(deep, {1, 2, 3, 6}) == Numbers{3});
  auto cube = network({1, 1, 2, 2, 2});
  cube.node("MaxPool", {"x"}, {"y"}, {onnx_integers("kernel_shape", {2, 1, 2})});
  CHECK(value_of(cube, {1, 2, 3, 4, 5, 6, 0, 0}) == Numbers{6, 4});
}

TEST_CASE("pools that do not fit are refused in a sentence") {
  CHECK(
      refusal(line("MaxPool", 3, {})) ==
      "net.onnx: node 'pool' (MaxPool): it has no kernel_shape for an operand of shape [1, 1, 3]");
  CHECK(contains(refusal(line("MaxPool", 3, {onnx_integers("kernel_shape", {0})})), "of 0 taps"));
  CHECK(
      contains(refusal(line("MaxPool", 3, {onnx_integers("kernel_shape", {4})})), "does not fit"));
  CHECK(contains(refusal(line("MaxPool", 3,
                              {onnx_integers("kernel_shape", {1}), onnx_integer("ceil_mode", 2)})),
                 "ceil_mode = 2"));
  CHECK(contains(refusal(line("MaxPool", 3,
                              {onnx_integers("kernel_shape", {1}), onnx_integers("pads", {1, 0})})),
                 "window 0 sees nothing but what is around the map"));
  CHECK(contains(refusal(line("AveragePool", 3,
                              {onnx_integers("kernel_shape", {1}), onnx_integers("pads", {0, 1})})),
                 "window 3 sees nothing but what is around the map"));
  CHECK(contains(refusal(line("MaxPool", 1 << 13, {onnx_integers("kernel_shape", {1 << 12})})),
                 "1 to 16777216 features are"));
  const auto same = [](const std::string& op, std::int64_t taps) {
    return line(op, 4,
                {onnx_attribute("auto_pad", 3).bytes(4, "SAME_UPPER"),
                 onnx_integers("kernel_shape", {taps}), onnx_integers("strides", {4})});
  };
  for (const char* op : {"MaxPool", "AveragePool"}) {
    CHECK(contains(refusal(same(op, 3)),
                   "strides of 4 that leave inputs out between windows of 3 are not supported"));
    CHECK(refusal(same(op, 4)).empty());
    CHECK(contains(
        refusal(line(op, 4,
                     {onnx_attribute("auto_pad", 3).bytes(4, "SAME_LOWER"),
                      onnx_integers("kernel_shape", {2}), onnx_integers("dilations", {2})})),
        "dilations of 2 are not supported with auto_pad"));
  }
  auto indices = network({1, 1, 2});
  indices.node("MaxPool", {"x"}, {"m", "i"}, {onnx_integers("kernel_shape", {1})});
  indices.node("Add", {"m", "i"}, {"y"});
  CHECK(contains(refusal(indices), "its operand 'i' is not computed by any node, or is an output"));
}
