// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/bound/linearization.hpp>
#include <tests/support/small_network.hpp>

using namespace shardbound;
using namespace shardbound_test;

TEST_CASE("values are the network's, point by point") {
  Network<SmallNetwork> net;
  net.set_linear<float>(1, small_first, std::vector<float>(4));
  net.set_linear<float>(3, small_second, std::vector<float>(2));
  Linearization<double, EigenBackend> at(net, 3);
  const std::vector<double> points = {1, 2, -3, 0.5, 0, 0};
  CHECK(at.values(points) == std::vector<double>{3, -1, 3.5, -3.5, 0, 0});
  CHECK_THROWS_AS(at.values(std::vector<double>(8)), ArgumentError);
}

TEST_CASE("the least point follows the gradient at the point") {
  Network<SmallNetwork> net;
  net.set_linear<float>(1, small_first, std::vector<float>(4));
  net.set_linear<float>(3, small_second, std::vector<float>(2));
  Linearization<double, EigenBackend> at(net, 2);
  at.values(std::vector<double>{1, -1, -1, 1});
  const std::vector<double> rows = {1, 0, -1, 0};  // min |x_0| + |x_1| at (1,-1), max at (-1,1)
  const std::vector<InputSet> boxes(2, InputSet(small_box()));
  CHECK(at.least_points(rows, boxes) == std::vector<double>{-1, 1, -1, 1});
  const std::vector<InputSet> balls(2, InputSet::ball({0, 0}, 1, expr::Norm::one));
  const auto points = at.least_points(rows, balls);
  for (int d : {0, 1}) CHECK(std::abs(points[2 * d]) + std::abs(points[2 * d + 1]) == 1);
}
