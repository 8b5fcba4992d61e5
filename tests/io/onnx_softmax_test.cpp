// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/io/onnx_softmax.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <tests/support/onnx_cases.hpp>
#include <vector>

namespace {

using namespace shardbound;
using namespace shardbound_test;
using Numbers = std::vector<double>;

OnnxWriter softmax(std::int64_t opset, std::int64_t axis) {
  auto net = network({2, 2, 3});
  return net.opset(opset).node("Softmax", {"x"}, {"y"}, {onnx_integer("axis", axis)});
}

const Numbers x = {0, 1, 2, 3, 4, 5, -1, 0, 1, 2, 3, 7};

// Over runs of `run` elements that lie `step` apart, `first` being where each begins.
Numbers direct(const std::vector<std::size_t>& first, std::size_t run, std::size_t step) {
  Numbers y(x.size());
  for (const std::size_t begin : first) {
    double sum = 0;
    for (std::size_t i = 0; i < run; ++i) sum += std::exp(x[begin + i * step]);
    for (std::size_t i = 0; i < run; ++i) y[begin + i * step] = std::exp(x[begin + i * step]) / sum;
  }
  return y;
}

void check_near(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]));
}

}  // namespace

TEST_CASE("Softmax over one axis") {
  check_near(value_of(softmax(13, -1), x), direct({0, 3, 6, 9}, 3, 1));
  check_near(value_of(softmax(13, 1), x), direct({0, 1, 2, 6, 7, 8}, 2, 3));
  check_near(value_of(softmax(13, 0), x), direct({0, 1, 2, 3, 4, 5}, 2, 6));
  CHECK(model_of(softmax(13, -1)).graph.size() == 2);
  CHECK(model_of(softmax(13, 1)).graph.size() == 4);
  CHECK(model_of(softmax(13, 1)).graph.layers[2].step.run == 2);
}

TEST_CASE("before opset 13 over all axes from one on") {
  check_near(value_of(softmax(11, 1), x), direct({0, 6}, 6, 1));
  check_near(value_of(softmax(11, 2), x), direct({0, 3, 6, 9}, 3, 1));
  check_near(value_of(softmax(11, 0), x), direct({0}, 12, 1));
  CHECK(contains(refusal(softmax(13, 3)), "axis 3 does not exist"));
}
