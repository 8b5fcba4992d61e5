// SPDX-License-Identifier: BSD-3-Clause

// Outputs of nodes that mix features, one at a time: by hand, and against points that rounding may have left outside of
// what was found.

#include <doctest/doctest.h>

#include <shardbound/expr/mixed.hpp>

#include <random>
#include <vector>

using namespace shardbound;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// One domain of a node with up to two inputs, of eight features at most.
struct Node8 {
  double in[3][8] = {}, other[3][8] = {}, out[3][8] = {}, lower[4][8] = {}, upper[4][8] = {};
  std::int32_t choice[8] = {}, indices[8] = {};
  double fill[8] = {}, fill_error[8] = {};
  expr::MixedCall<double> call;

  Node8(NodeKind kind, index_t run = 1) {
    call.node.kind = kind;
    call.node.run = run;
    call.node.leading = 8;
    call.node.lower = {lower[0], lower[1], lower[2], lower[3]};
    call.node.upper = {upper[0], upper[1], upper[2], upper[3]};
    call.node.choice = choice;
    call.in = {in[0], in[1], in[2], 1, 8, 8};
    call.other = {other[0], other[1], other[2], 1, 8, 8};
    call.out = {out[0], out[1], out[2], 1, 8, 8};
  }
  void input(index_t i, double l, double u, double e = 0) {
    in[0][i] = l, in[1][i] = u, in[2][i] = e;
  }
  void second(index_t i, double l, double u, double e = 0) {
    other[0][i] = l, other[1][i] = u, other[2][i] = e;
  }
};

}  // namespace

TEST_CASE("a gather copies, and a constant is a point") {
  Node8 node(NodeKind::gather);
  node.call.node.indices = node.indices;
  node.call.node.fill = node.fill;
  node.call.node.fill_error = node.fill_error;
  node.call.gamma = 0.25;
  node.call.meets = 0.5;
  node.input(2, -3, 1, 0.5);
  node.indices[0] = 2;
  node.indices[1] = -1;
  node.fill[1] = -4;
  node.fill_error[1] = 0.125;
  for (index_t i : {0, 1}) expr::gather_interval(node.call, 0, i);
  CHECK(node.out[0][0] == -3);
  CHECK(node.out[1][0] == 1);
  CHECK(node.out[2][0] == 0.5);
  CHECK(node.lower[3][0] == 0.5 * 3.5);  // added up with others at the feature
  CHECK(node.out[0][1] == -4);
  CHECK(node.out[1][1] == -4);
  CHECK(node.out[2][1] >= 0.125);
  CHECK(node.lower[3][1] == 0.125 + 0.25 * 4);  // the constant of a row
  for (index_t i : {0, 1}) expr::gather_value(node.call, 0, i);
  CHECK(node.out[1][0] == -3);
  CHECK(node.out[2][1] == 0);
}

TEST_CASE("sums add up bounds and slacks") {
  Node8 node(NodeKind::sum, 3);
  node.call.run_gamma = gamma<double>(3);
  for (index_t i : {3, 4, 5}) node.input(i, static_cast<double>(i), static_cast<double>(2 * i), 1);
  expr::sum_interval(node.call, 0, 1);
  CHECK(node.out[0][1] == 12);
  CHECK(node.out[1][1] == 24);
  CHECK(node.out[2][1] >= 3);
  CHECK(node.out[2][1] <= 3 + 1e-13);
  CHECK(node.lower[3][1] == 0);
  node.call.meets = 0.5;
  expr::sum_interval(node.call, 0, 1);
  CHECK(node.lower[3][1] == doctest::Approx(0.5 * (7 + 9 + 11)));
  node.input(4, -infinity, 1);
  expr::sum_interval(node.call, 0, 1);
  CHECK(node.out[0][1] == -infinity);
  CHECK(node.out[1][1] == 17);
  expr::sum_value(node.call, 0, 0);
  CHECK(node.out[0][0] == 0);
}

TEST_CASE("a maximum that is one feature's is exact, the others' is below a constant") {
  Node8 node(NodeKind::maximum, 3);
  node.input(0, 0, 1);
  node.input(1, 2, 4);
  node.input(2, -1, 2);
  expr::maximum_interval(node.call, 0, 0);
  expr::maximum_lines(node.call, 0, 0);
  CHECK(node.out[0][0] == 2);
  CHECK(node.out[1][0] == 4);
  CHECK(node.choice[0] == 1);
  CHECK(node.upper[0][0] == 1);  // 2 >= 2: equal will do
  CHECK(node.upper[2][0] == 0);
  CHECK(node.upper[3][0] == 0);
  CHECK(node.lower[3][0] == 0);
  node.input(2, -1, 2.5, 0.25);
  expr::maximum_lines(node.call, 0, 0);
  CHECK(node.choice[0] == 1);
  CHECK(node.upper[0][0] == 0);
  CHECK(node.upper[2][0] == 4);
  CHECK(node.upper[3][0] == 0.25);
  node.input(2, 2, 2);  // the first of those that are highest
  expr::maximum_lines(node.call, 0, 0);
  CHECK(node.choice[0] == 1);
  expr::maximum_value(node.call, 0, 0);
  CHECK(node.out[0][0] == 2);
}

TEST_CASE("a feature that a window names twice is not its own rival") {
  Node8 node(NodeKind::maximum, 3);
  node.input(0, 2, 4);
  node.input(1, 2, 4);
  node.input(2, 0, 1);
  expr::maximum_lines(node.call, 0, 0);
  CHECK(node.upper[0][0] == 0);  // nobody says that the two are one
  node.indices[0] = node.indices[1] = 5;
  node.indices[2] = 6;
  node.call.node.indices = node.indices;
  expr::maximum_lines(node.call, 0, 0);
  CHECK(node.upper[0][0] == 1);
  CHECK(node.choice[0] == 0);
  node.indices[0] = node.indices[1] = -1;  // two constants are two
  node.input(1, 2, 3);
  expr::maximum_lines(node.call, 0, 0);
  CHECK(node.upper[0][0] == 0);
}

TEST_CASE("a product's corners, and McCormick's lines at the lower ends") {
  Node8 node(NodeKind::multiply);
  node.input(0, -1, 2);
  node.second(0, 3, 5);
  expr::multiply_interval(node.call, 0, 0);
  CHECK(node.out[0][0] == -5);
  CHECK(node.out[1][0] == 10);
  CHECK(node.out[2][0] <= 1e-13);
  expr::multiply_lines(node.call, 0, 0);
  CHECK(node.lower[0][0] == 3);   // y_l x
  CHECK(node.lower[1][0] == -1);  // x_l y
  CHECK(node.lower[2][0] == 3);   // - x_l y_l
  CHECK(node.upper[0][0] == 5);
  CHECK(node.upper[1][0] == -1);
  CHECK(node.upper[2][0] == 5);
  CHECK(node.lower[3][0] <= 1e-12);
  node.second(0, 3, infinity);
  expr::multiply_interval(node.call, 0, 0);
  expr::multiply_lines(node.call, 0, 0);
  CHECK(node.out[1][0] == infinity);
  CHECK(node.upper[0][0] == 0);
  CHECK(node.upper[2][0] == infinity);
  CHECK_FALSE(std::isnan(node.lower[2][0]));
}

TEST_CASE("points that rounding left outside of the bounds stay within the slack") {
  std::mt19937 random(3);
  const auto uniform = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  for (int trial = 0; trial < 4000; ++trial) {
    Node8 product(NodeKind::multiply), largest(NodeKind::maximum, 4), total(NodeKind::sum, 4);
    total.call.run_gamma = gamma<double>(4);
    for (index_t i = 0; i < 4; ++i) {
      const double l = uniform(-2, 2), u = l + (random() % 4 ? uniform(0, 1) : 0);
      const double e = random() % 3 ? 0.1 * uniform(0, 1) : 0;
      for (Node8* node : {&product, &largest, &total}) node->input(i, l, u, e);
      product.second(i, u - 1.5, u - uniform(0, 1.5), random() % 3 ? 0.1 * uniform(0, 1) : 0);
    }
    for (index_t i = 0; i < 4; ++i) {
      expr::multiply_interval(product.call, 0, i);
      expr::multiply_lines(product.call, 0, i);
    }
    expr::maximum_interval(largest.call, 0, 0);
    expr::maximum_lines(largest.call, 0, 0);
    expr::sum_interval(total.call, 0, 0);
    for (int sample = 0; sample < 8; ++sample) {
      long double x[4], y[4], sum = 0;
      const auto low = [](const auto& planes, index_t i) {
        return static_cast<long double>(planes[0][i]) - planes[2][i];
      };
      const auto high = [](const auto& planes, index_t i) {
        return static_cast<long double>(planes[1][i]) + planes[2][i];
      };
      const auto inside = [&](const double(&planes)[3][8], index_t i) {
        const long double l = low(planes, i), u = high(planes, i);
        const long double part = uniform(0, 1);
        return random() % 3 ? (random() % 2 ? l : u) : l + (u - l) * part;
      };
      for (index_t i = 0; i < 4; ++i) {
        x[i] = inside(product.in, i);
        y[i] = inside(product.other, i);
        sum += x[i];
        const long double z = x[i] * y[i];
        REQUIRE(z >= low(product.out, i));
        REQUIRE(z <= high(product.out, i));
        const auto& [a, b, c, e] = product.lower;
        REQUIRE(z >= a[i] * x[i] + b[i] * y[i] + c[i] - e[i]);
        const auto& [a_up, b_up, c_up, e_up] = product.upper;
        REQUIRE(z <= a_up[i] * x[i] + b_up[i] * y[i] + c_up[i] + e_up[i]);
      }
      const long double most = *std::max_element(x, x + 4), one = x[largest.choice[0]];
      REQUIRE(most >= one);
      REQUIRE(most <= largest.upper[0][0] * one + largest.upper[2][0] + largest.upper[3][0]);
      REQUIRE(most >= low(largest.out, 0));
      REQUIRE(most <= high(largest.out, 0));
      REQUIRE(sum >= low(total.out, 0));
      REQUIRE(sum <= high(total.out, 0));
    }
  }
}
