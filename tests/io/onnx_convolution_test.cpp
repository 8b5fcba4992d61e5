// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_convolution.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <tests/support/onnx_cases.hpp>
#include <utility>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;
using List = std::vector<std::int64_t>;

// A convolution of two axes, drawn at random, and what it computes by ONNX's words.
struct Drawn {
  std::int64_t batch, groups, in, out;  // channels of a group
  std::int64_t size[2], taps[2], stride[2], dilation[2], before[2], after[2], more[2];
  std::vector<float> weight, bias;
  Numbers x;

  explicit Drawn(std::mt19937& random) {
    const auto draw = [&](int least, int most) {
      return std::uniform_int_distribution<std::int64_t>(least, most)(random);
    };
    batch = draw(1, 2), groups = draw(1, 2), in = draw(1, 2), out = draw(1, 3);
    for (int axis = 0; axis < 2; ++axis) {
      size[axis] = draw(5, 7), taps[axis] = draw(1, 3);
      stride[axis] = draw(1, 3), dilation[axis] = draw(1, 2);
      before[axis] = draw(0, 1), after[axis] = draw(0, 1);
      more[axis] = std::min(draw(0, 1), stride[axis] - 1);
    }
    const auto numbers = [&](std::int64_t count) {
      std::vector<float> all;
      while (count-- > 0) all.push_back(static_cast<float>(draw(-8, 8)) / 4);
      return all;
    };
    weight = numbers(groups * in * out * taps[0] * taps[1]), bias = numbers(groups * out);
    const auto point = numbers(batch * groups * in * size[0] * size[1]);
    x.assign(point.begin(), point.end());
  }

  OnnxWriter net(const std::string& op) const {
    auto net = network({batch, groups * in, size[0], size[1]});
    const bool transposed = op == "ConvTranspose";
    net.tensor("W", {groups * (transposed ? in : out), transposed ? out : in, taps[0], taps[1]},
               weight);
    net.tensor("b", {groups * out}, bias);
    std::vector<WireWriter> attributes = {
        onnx_integer("group", groups), onnx_integers("strides", {stride[0], stride[1]}),
        onnx_integers("dilations", {dilation[0], dilation[1]}),
        onnx_integers("pads", {before[0], before[1], after[0], after[1]})};
    if (transposed) attributes.push_back(onnx_integers("output_padding", {more[0], more[1]}));
    return net.node(op, {"x", "W", "b"}, {"y"}, attributes);
  }

  std::int64_t reach(int axis) const { return (taps[axis] - 1) * dilation[axis] + 1; }

  Numbers convolved() const {
    std::int64_t to[2];
    for (int axis = 0; axis < 2; ++axis)
      to[axis] = (size[axis] + before[axis] + after[axis] - reach(axis)) / stride[axis] + 1;
    Numbers y;
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t o = 0; o < groups * out; ++o)
        for (std::int64_t r = 0; r < to[0]; ++r)
          for (std::int64_t c = 0; c < to[1]; ++c) {
            double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
            each([&](std::int64_t i, std::int64_t tr, std::int64_t tc) {
              const std::int64_t row = r * stride[0] + tr * dilation[0] - before[0];
              const std::int64_t column = c * stride[1] + tc * dilation[1] - before[1];
              if (row < 0 || row >= size[0] || column < 0 || column >= size[1]) return;
              const std::int64_t channel = n * groups * in + o / out * in + i;
              sum += at(((o * in + i) * taps[0] + tr) * taps[1] + tc) *
                     x[static_cast<std::size_t>((channel * size[0] + row) * size[1] + column)];
            });
            y.push_back(sum);
          }
    return y;
  }

  Numbers transposed() const {
    std::int64_t to[2];
    for (int axis = 0; axis < 2; ++axis)
      to[axis] =
          (size[axis] - 1) * stride[axis] + reach(axis) + more[axis] - before[axis] - after[axis];
    Numbers y;
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t o = 0; o < groups * out; ++o)
        y.insert(y.end(), static_cast<std::size_t>(to[0] * to[1]),
                 static_cast<double>(bias[static_cast<std::size_t>(o)]));
    std::size_t from = 0;
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t i = 0; i < groups * in; ++i)
        for (std::int64_t r = 0; r < size[0]; ++r)
          for (std::int64_t c = 0; c < size[1]; ++c, ++from)
            for (std::int64_t o = 0; o < out; ++o)
              for (std::int64_t tr = 0; tr < taps[0]; ++tr)
                for (std::int64_t tc = 0; tc < taps[1]; ++tc) {
                  const std::int64_t row = r * stride[0] + tr * dilation[0] - before[0];
                  const std::int64_t column = c * stride[1] + tc * dilation[1] - before[1];
                  if (row < 0 || row >= to[0] || column < 0 || column >= to[1]) continue;
                  const std::int64_t channel = (n * groups + i / in) * out + o;
                  y[static_cast<std::size_t>((channel * to[0] + row) * to[1] + column)] +=
                      at(((i * out + o) * taps[0] + tr) * taps[1] + tc) * x[from];
                }
    return y;
  }

 private:
  double at(std::int64_t element) const {
    return static_cast<double>(weight[static_cast<std::size_t>(element)]);
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::int64_t i = 0; i < in; ++i)
      for (std::int64_t tr = 0; tr < taps[0]; ++tr)
        for (std::int64_t tc = 0; tc < taps[1]; ++tc) visit(i, tr, tc);
  }
};

// y = conv(x) of [1, 1, length] with these taps.
OnnxWriter line(const std::string& op, std::int64_t length, const std::vector<float>& taps,
                const std::vector<WireWriter>& attributes) {
  auto net = network({1, 1, length});
  net.tensor("W", {1, 1, static_cast<std::int64_t>(taps.size())}, taps);
  return net.node(op, {"x", "W"}, {"y"}, attributes, "conv");
}

}  // namespace

TEST_CASE("convolutions are what ONNX says, whatever their windows, groups and batch") {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const Drawn drawn(random);
    CHECK(value_of(drawn.net("Conv"), drawn.x) == drawn.convolved());
    if (drawn.transposed().empty()) continue;
    CHECK(value_of(drawn.net("ConvTranspose"), drawn.x) == drawn.transposed());
  }
}

TEST_CASE("a convolution keeps its matrix in the file, and its windows") {
  OnnxWriter net;
  net.input("x", {-1, 2, 4, 5}).output("y", {-1, 3, 2, 5});
  net.tensor("W", {3, 2, 3, 1}, std::vector<float>(18, 1)).tensor("b", {3}, {1, 2, 3});
  net.node("Conv", {"x", "W", "b"}, {"y"},
           {onnx_integers("strides", {2, 1}), onnx_integers("pads", {1, 0, 0, 0})});
  const auto model = model_of(net);
  REQUIRE(model.graph.size() == 2);
  const io::Step& step = model.graph.layers[1].step;
  CHECK(step.kind == io::Step::Kind::linear);
  CHECK(step.weight.file != nullptr);
  CHECK(step.weight.rows == 3);
  CHECK(step.weight.columns == 6);
  CHECK(step.bias.rows == 3);
  CHECK(step.features == 30);
  const Geometry expected{2, 3, 1, {4, 2, 3, 2, 1, 1, 1}, {5, 5, 1, 1, 1, 1, 0}};
  CHECK(step.geometry == expected);
}

TEST_CASE("one axis is that of columns, and one position a dense layer") {
  const auto model = model_of(line("Conv", 4, {1, 2}, {}));
  CHECK(model.graph.layers[1].step.geometry.rows == WindowAxis{});
  CHECK(model.graph.layers[1].step.geometry.columns.in == 4);
  CHECK(value(model, {1, 0, 0, 1}) == Numbers{1, 0, 2});
  auto single = network({1, 2, 1, 1});
  single.tensor("W", {2, 2, 1, 1}, {1, 2, 3, 4}).node("Conv", {"x", "W"}, {"y"});
  CHECK(model_of(single).graph.layers[1].step.geometry.in_channels == 0);
  CHECK(value_of(single, {1, 10}) == Numbers{21, 43});
}

TEST_CASE("zeros that auto_pad means") {
  const auto of = [](const std::string& mode, std::int64_t stride) {
    return value_of(
        line("Conv", 5, {1, 10, 100, 1000},
             {onnx_attribute("auto_pad", 3).bytes(4, mode), onnx_integers("strides", {stride})}),
        {1, 2, 3, 4, 5});
  };
  CHECK(of("VALID", 1) == Numbers{4321, 5432});
  CHECK(of("NOTSET", 1) == Numbers{4321, 5432});
  CHECK(of("SAME_UPPER", 1) == Numbers{3210, 4321, 5432, 543, 54});
  CHECK(of("SAME_LOWER", 1) == Numbers{2100, 3210, 4321, 5432, 543});
  CHECK(of("SAME_UPPER", 2) == Numbers{3210, 5432, 54});
  CHECK(of("SAME_LOWER", 2) == Numbers{2100, 4321, 543});
}

TEST_CASE("a transposed convolution may be told how much it outputs") {
  const auto of = [](const std::vector<WireWriter>& more) {
    std::vector<WireWriter> attributes = {onnx_integers("strides", {2})};
    attributes.insert(attributes.end(), more.begin(), more.end());
    return line("ConvTranspose", 2, {1, 2, 3}, attributes);
  };
  CHECK(value_of(of({}), {1, 10}) == Numbers{1, 2, 13, 20, 30});
  CHECK(value_of(of({onnx_integers("output_shape", {3})}), {1, 10}) == Numbers{2, 13, 20});
  CHECK(value_of(of({onnx_integers("output_padding", {1})}), {1, 10}) ==
        Numbers{1, 2, 13, 20, 30, 0});
  CHECK(contains(refusal(of({onnx_integers("output_shape", {4})})),
                 "an axis of 5 results cannot be cut evenly to 4"));
  CHECK(contains(refusal(of({onnx_integers("output_shape", {7})})), "cannot be cut evenly to 7"));
  CHECK(
      contains(refusal(of({onnx_integers("output_padding", {2})})), "is not smaller than stride"));
  CHECK(contains(refusal(of({onnx_integers("pads", {3, 3})})), "leave nothing of an axis"));
  const auto model = model_of(of({}));
  CHECK(model.graph.layers[1].step.geometry.columns.spread == 2);
  CHECK(model.graph.layers[1].step.geometry.columns.before == 2);
}

TEST_CASE("a constant added behind a convolution is its bias if it is one of each channel") {
  const auto of = [](const List& shape, const std::vector<float>& numbers) {
    auto net = network({1, 1, 3});
    net.tensor("W", {2, 1, 2}, {1, 2, 3, 4}).tensor("c", shape, numbers);
    return net.node("Conv", {"x", "W"}, {"a"}).node("Add", {"a", "c"}, {"y"});
  };
  CHECK(model_of(of({2, 1}, {10, 20})).graph.size() == 2);
  CHECK(value_of(of({2, 1}, {10, 20}), {1, 0, 0}) == Numbers{11, 10, 23, 20});
  CHECK(model_of(of({1}, {10})).graph.layers[1].step.bias.rows == 2);
  CHECK(model_of(of({2}, {10, 20})).graph.size() == 3);
  CHECK(value_of(of({2}, {10, 20}), {1, 0, 0}) == Numbers{11, 20, 13, 20});
}

TEST_CASE("a batch normalisation behind a convolution is a layer of its own") {
  auto net = network({1, 1, 3});
  net.tensor("W", {2, 1, 2}, {1, 2, 3, 4}).tensor("one", {2}, {1, 1}).tensor("g", {2}, {2, 4});
  net.node("Conv", {"x", "W"}, {"a"})
      .node("BatchNormalization", {"a", "g", "one", "one", "one"}, {"y"},
            {onnx_float("epsilon", 3)});
  CHECK(model_of(net).graph.size() == 3);
  CHECK(value_of(net, {1, 0, 1}) == Numbers{1, 2, 5, 7});
}

TEST_CASE("convolutions that do not fit are refused in a sentence") {
  const auto of = [](const List& input, const List& weight,
                     const std::vector<WireWriter>& attributes, const std::string& op = "Conv") {
    auto net = network(input);
    net.tensor(onnx_tensor("W", weight, 1)
                   .bytes(9, std::string(static_cast<std::size_t>(4 * io::extent(weight)), '\0')));
    return refusal(net.node(op, {"x", "W"}, {"y"}, attributes, "conv"));
  };
  const std::string opening = "net.onnx: node 'conv' (Conv): ";
  CHECK(of({1, 2}, {1, 2}, {}) ==
        opening +
            "an operand of shape [1, 2] is not supported; [N, C, ...] of 1 to 2 axes behind "
            "the channels is");
  CHECK(contains(of({1, 1, 2, 2, 2}, {1, 1, 1, 1, 1}, {}), "of 1 to 2 axes"));
  CHECK(of({1, 3, 4}, {2, 2, 1}, {}) ==
        opening + "its weight 'W' of shape [2, 2, 1] with 1 groups does not fit [1, 3, 4]");
  CHECK(contains(of({1, 3, 4}, {2, 3, 1, 1}, {}), "does not fit"));
  for (const std::int64_t groups : {0, -1, 2, 4})
    CHECK(contains(of({1, 3, 4}, {3, 1, 1}, {onnx_integer("group", groups)}), "does not fit"));
  CHECK(contains(of({1, 2, 4}, {3, 1, 1}, {onnx_integer("group", 2)}), "does not fit"));
  CHECK(contains(of({1, 1, 4}, {1, 1, 5}, {}), "over 5 inputs does not fit on an axis of 4"));
  CHECK(contains(of({1, 1, 4}, {1, 1, 2}, {onnx_integers("strides", {0})}), "strides of 0"));
  CHECK(
      contains(of({1, 1, 4}, {1, 1, 2}, {onnx_integers("strides", {1, 1})}), "are not 1 numbers"));
  CHECK(contains(of({1, 1, 4}, {1, 1, 2}, {onnx_integers("pads", {-1, 0})}), "pads of -1"));
  const std::int64_t huge = std::int64_t{1} << 62;
  for (const char* name : {"strides", "dilations"})
    CHECK(contains(of({1, 1, 4}, {1, 1, 2}, {onnx_integers(name, {huge})}), "are not supported"));
  CHECK(contains(of({1, 1, 4}, {1, 1, 2}, {onnx_integers("pads", {1 << 24, 1 << 24})}),
                 "is not supported"));
  CHECK(
      contains(of({1, 1, 4}, {1, 1, 2}, {onnx_integers("kernel_shape", {3})}), "kernel_shape [3]"));
  CHECK(contains(of({1, 1, 4}, {1, 1, 2}, {onnx_attribute("auto_pad", 3).bytes(4, "EVEN")}),
                 "auto_pad = 'EVEN' is not known"));
  CHECK(
      contains(of({1, 1, 4}, {1, 1, 2},
                  {onnx_attribute("auto_pad", 3).bytes(4, "VALID"), onnx_integers("pads", {1, 1})}),
               "its pads are given twice"));
  CHECK(contains(of({5000, 1, 4}, {1, 1, 2}, {}), "a batch of 5000 maps"));
  CHECK(contains(of({1, 3, 4}, {2, 1, 2}, {}, "ConvTranspose"), "does not fit"));
  CHECK(contains(
      of({1, 1, 1 << 20}, {1, 1, 2}, {onnx_integers("strides", {1 << 24})}, "ConvTranspose"),
      "is not supported"));
  auto bias = network({1, 1, 2});
  bias.tensor("W", {1, 1, 1}, {1}).tensor("b", {2}, {1, 2}).node("Conv", {"x", "W", "b"}, {"y"});
  CHECK(contains(refusal(bias), "its bias 'b' has 2 numbers for 1 channels"));
  auto varying = network({1, 1, 1});
  varying.node("Conv", {"x", "x"}, {"y"});
  CHECK(contains(refusal(varying), "operand 'x' depends on the network's input"));
}
