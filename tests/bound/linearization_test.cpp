// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/bound/linearization.hpp>
#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/small_network.hpp>
#include <tests/support/zoo.hpp>

#include <numeric>
#include <random>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("values are the network's, point by point") {
  Network<SmallNetwork> net;
  net.set_linear(1, small_first, std::vector<float>(4));
  net.set_linear(3, small_second, std::vector<float>(2));
  Linearization<double, EigenBackend> at(net, 3);
  const std::vector<double> points = {1, 2, -3, 0.5, 0, 0};
  CHECK(at.values(points) == std::vector<double>{3, -1, 3.5, -3.5, 0, 0});
  CHECK_THROWS_AS(at.values(std::vector<double>(8)), ArgumentError);
}

TEST_CASE("points, sets and capacities that do not belong are refused") {
  using At = Linearization<double, EigenBackend>;
  Network<SmallNetwork> net;
  net.set_linear(1, small_first, std::vector<float>(4));
  net.set_linear(3, small_second, std::vector<float>(2));
  CHECK_THROWS_WITH_AS(At(net, 0),
                       "a linearization with room for 0 points was asked for. Fix: 1 or more",
                       ArgumentError);
  At at(net, 2);
  const std::vector<double> row = {1, 0};
  CHECK_THROWS_WITH_AS(at.worst_points({}, {}), "worst_points needs a call of values first",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(at.gradients(row), "gradients need a call of values first", ArgumentError);
  CHECK_THROWS_WITH_AS(at.values(std::vector<double>(3)),
                       "3 numbers are no whole points of 2 inputs", ArgumentError);
  CHECK_THROWS_AS(at.values(std::vector<double>{}), ArgumentError);
  CHECK_THROWS_AS(at.values(std::vector<double>{0, std::nan("")}), ArgumentError);
  at.values(std::vector<double>{0, 0});
  CHECK_THROWS_WITH_AS(at.gradients(std::vector<double>(3)),
                       "gradients need one row for each of 1 points", ArgumentError);
  const InputSet narrow(Box{{0}, {1}});
  CHECK_THROWS_AS(at.worst_points(row, {&narrow, 1}), ArgumentError);
  at.values(std::vector<double>{0, 0, 1, 1});
  const InputSet mixed[] = {small_box(), InputSet::ball({0, 0}, 1, expr::Norm::one)};
  CHECK_THROWS_WITH_AS(at.worst_points(std::vector<double>(4), mixed),
                       "input sets of one batch must share their norm", ArgumentError);
}

TEST_CASE("the least point follows the gradient at the point") {
  Network<SmallNetwork> net;
  net.set_linear(1, small_first, std::vector<float>(4));
  net.set_linear(3, small_second, std::vector<float>(2));
  Linearization<double, EigenBackend> at(net, 2);
  at.values(std::vector<double>{1, -1, -1, 1});
  const std::vector<double> rows = {1, 0, -1, 0};  // min |x_0| + |x_1| at (1,-1), max at (-1,1)
  const std::vector<InputSet> boxes(2, InputSet(small_box()));
  CHECK(at.worst_points(rows, boxes) == std::vector<double>{-1, 1, -1, 1});
  const std::vector<InputSet> balls(2, InputSet::ball({0, 0}, 1, expr::Norm::one));
  const auto points = at.worst_points(rows, balls);
  for (int d : {0, 1}) CHECK(std::abs(points[2 * d]) + std::abs(points[2 * d + 1]) == 1);
}

TEST_CASE("gradients are those of the rows, also between calls for least points") {
  Network<SmallNetwork> net;
  net.set_linear(1, small_first, std::vector<float>(4));
  net.set_linear(3, small_second, std::vector<float>(2));
  Linearization<double, EigenBackend> at(net, 3);
  at.values(std::vector<double>{1, -1, -1, 1});
  const std::vector<double> rows = {1, 0, 2, -1};  // |x_0| + |x_1|, and twice that less x_0 - x_1
  CHECK(at.gradients(rows) == std::vector<double>{1, -1, -3, 3});
  const std::vector<InputSet> boxes(2, InputSet(small_box()));
  CHECK(at.worst_points(rows, boxes) == std::vector<double>{-1, 1, 2, -1});
  CHECK(at.gradients(rows) == std::vector<double>{1, -1, -3, 3});
}

TEST_CASE("gradients follow differences of values, through every kind of node") {
  Network<zoo::Nest> net;
  const auto host = HostNetwork::random(net, 3);
  host.copy_to(net);
  const auto n = static_cast<std::size_t>(net.inputs()),
             m = static_cast<std::size_t>(net.outputs());
  const index_t count = 5;
  Linearization<double, EigenBackend> at(net, count);
  std::mt19937 random(5);
  std::uniform_real_distribution<double> number(-1, 1);
  std::vector<double> points, rows;
  for (std::size_t i = 0; i < count * n; ++i) points.push_back(number(random));
  for (std::size_t i = 0; i < count * m; ++i) rows.push_back(number(random));
  at.values(points);
  const auto gradients = at.gradients(rows);
  REQUIRE(gradients.size() == points.size());
  const auto along_rows = [&](const std::vector<double>& x) {
    const auto y = at.values(x);
    std::vector<double> found;
    for (std::size_t d = 0; d < count; ++d)
      found.push_back(std::inner_product(y.begin() + static_cast<std::ptrdiff_t>(d * m),
                                         y.begin() + static_cast<std::ptrdiff_t>((d + 1) * m),
                                         rows.begin() + static_cast<std::ptrdiff_t>(d * m), 0.0));
    return found;
  };
  constexpr double step = 1e-6;
  for (std::size_t i = 0; i < n; ++i) {
    auto left = points, right = points;
    for (std::size_t d = 0; d < count; ++d) left[d * n + i] -= step, right[d * n + i] += step;
    const auto low = along_rows(left), high = along_rows(right);
    for (std::size_t d = 0; d < count; ++d)
      CHECK(gradients[d * n + i] == doctest::Approx((high[d] - low[d]) / (2 * step)).epsilon(1e-5));
  }
}

TEST_CASE("a device-like backend finds the same values and points") {
  Network<zoo::Nest> plain;
  Network<zoo::Nest, double, CheckedBackend> checked;
  const auto host = HostNetwork::random(plain, 1);
  host.copy_to(plain), host.copy_to(checked);
  Linearization<double, EigenBackend> here(plain, 3);
  Linearization<double, CheckedBackend> there(checked, 3);
  const std::vector<double> points = {0.1, -0.2, 0.3, 1, -1, 0.5, 0, 2};
  const auto values = here.values(points);
  CHECK(there.values(points) == values);
  const auto expected = host.values({points.begin(), points.begin() + 4}).back();
  CHECK(values[0] == doctest::Approx(static_cast<double>(expected[0])));
  const std::vector<InputSet> sets(2, Box{{-1, -1, -1, -1}, {2, 2, 2, 2}});
  const std::vector<double> rows = {1, -1, -1, 0.5};
  CHECK(there.worst_points(rows, sets) == here.worst_points(rows, sets));
  CHECK(there.gradients(rows) == here.gradients(rows));
}
