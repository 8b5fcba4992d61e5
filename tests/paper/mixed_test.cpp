// SPDX-License-Identifier: BSD-3-Clause

// E5 to E7 of the worked numbers: a maximum over windows, a product of two branches (McCormick) and a softmax (LSE
// bounds, 2303.01713), by auto_LiRPA's IBP, CROWN-IBP and CROWN.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <tests/support/random_plan.hpp>

using namespace shardbound_test;

namespace {

const sb::Crown textbook{sb::Intermediates::textbook};
using Numbers = std::vector<double>;

sb::InputSet around(const Numbers& centre, double radius) {
  sb::Box box;
  for (const double x : centre) {
    box.lower.push_back(x - radius);
    box.upper.push_back(x + radius);
  }
  return box;
}

template <class Network>
sb::OutputBounds<double> bounds(const Network& network, const sb::Method& method,
                                const sb::InputSet& set) {
  return sb::prepare(network, method).run({&set, 1}).outputs.front();
}

void agrees(const Numbers& found, const Numbers& expected, double within = 1e-8) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(std::abs(found[i] - expected[i]) <= within * (1 + std::abs(expected[i])));
}

}  // namespace

//   4 x 4 map --2x - 0.5--> maximum of each 2 x 2 window --[1, -1, .5, -2] + .1--> y
TEST_CASE("E5: a maximum over windows") {
  PlanWriter plan(16);
  sb::Node scaled;
  scaled.operation = sb::operation::scaled;
  const int map = plan.add(sb::NodeKind::pointwise, 16, {0}, scaled);
  const int windows = plan.gather(16, map);
  const int largest = plan.runs(sb::NodeKind::maximum, 4, windows);
  const int last = plan.linear(1, largest);
  const auto network = network_of<double>(plan.written());
  network->set_scale_shift(map, Numbers(16, 2.0), Numbers(16, -0.5));
  std::vector<std::int32_t> indices;
  for (const std::int32_t corner : {0, 2, 8, 10})
    for (const std::int32_t step : {0, 1, 4, 5}) indices.push_back(corner + step);
  network->set_gather(windows, indices);
  network->set_linear(last, {1.0, -1.0, 0.5, -2.0}, {0.1});
  const auto set = around({.1, .2, -.1, .4, .3, 0, -.2, .9, .4, -.3, .2, .1, 0, .1, .6, -.5}, 0.15);
  for (const sb::Method& method : {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}),
                                   sb::Method(textbook), sb::Method(sb::Crown{})}) {
    const auto y = bounds(*network, method, set);
    agrees(y.lower, {-3.70});
    agrees(y.upper, {-1.00});
  }
  // Bounds of the features are found below the gather, once for each.
  CHECK(network->plan().is_pre_activation(map));
  CHECK_FALSE(network->plan().is_pre_activation(windows));
}

//   x --W1--> u --.
//                   * --[1, -1]--> y
//   x --V---> v --'
TEST_CASE("E6: a product of two branches") {
  PlanWriter plan(2);
  const int u = plan.linear(2, 0), v = plan.linear(2, 0);
  const int product = plan.multiply(u, v);
  const int last = plan.linear(1, product);
  const auto network = network_of<double>(plan.written());
  network->set_linear(u, {1.0, -1.0, 2.0, 1.0}, {0.5, -1.0});
  network->set_linear(v, {1.0, 0.5, -1.0, 1.0}, {0.0, 0.2});
  network->set_linear(last, {1.0, -1.0}, {0.0});
  const auto set = around({0, 0}, 0.5);
  const auto check = [&](const sb::Method& method, double lower, double upper) {
    const auto y = bounds(*network, method, set);
    agrees(y.lower, {lower});
    agrees(y.upper, {upper});
  };
  check(sb::Ibp{}, -3.125, 4.125);
  check(textbook, -6.025, 3.925);
  check(sb::Crown{}, -3.125, 3.925);  // the better of the two
}

TEST_CASE("E7: a softmax") {
  PlanWriter plan(2);
  const int z = plan.linear(3, 0);
  plan.runs(sb::NodeKind::softmax, 3, z);
  const auto network = network_of<double>(plan.written());
  network->set_linear(z, {1.0, -1.0, 2.0, 1.0, 0.0, 1.0}, {0.5, -1.0, 0.0});
  const auto set = around({0, 0}, 0.5);
  const auto interval = bounds(*network, sb::Ibp{}, set);
  agrees(interval.lower, {.15536240, .01321289, .09003057});
  agrees(interval.upper, {.86681333, .57611688, .70538451});
  const auto rows = bounds(*network, textbook, set);
  agrees(rows.lower, {.13435966, -.01723014, .02870835}, 2e-8);
  agrees(rows.upper, {.90696818, .51627006, .76118004}, 2e-8);
  CHECK(*std::max_element(rows.slack.begin(), rows.slack.end()) <= 1e-12);
}
