// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/verify/certificate.hpp>
#include <tests/support/small_network.hpp>

#include <cmath>
#include <random>

using namespace shardbound;
using namespace shardbound_test;

namespace {

// Of y_0 = |x_0| + |x_1| and y_1 = x_0 - x_1 at a point.
bool stands(const Conjunction& set, const std::vector<double>& x, bool between = false) {
  Property property{2, 2, {{small_box(), {set}}}};
  if (between) property.regions[0].between = {true, false};
  const auto engine = small_engine();
  return certified(*engine, property, {}, x, nullptr);
}

}  // namespace

TEST_CASE("a point stands if its rows hold by more than rounding") {
  CHECK(stands({{1, 0}, {1.5001}}, {1, 0.5}));
  CHECK(stands({{1, 0, 0, -1}, {1.5001, -0.4999}}, {1, 0.5}));
  CHECK_FALSE(stands({{1, 0, 0, -1}, {1.5001, -0.5001}}, {1, 0.5}));
  // 1.5 to the last bit is the computed sum, which shows nothing of what it may have lost.
  CHECK_FALSE(stands({{1, 0}, {1.5}}, {1, 0.5}));
  CHECK_FALSE(stands({{1, 0}, {1.5}, {true}}, {1, 0.5}));
  CHECK(stands({}, {1, 0.5}));
}

TEST_CASE("what lies between two doubles may be either of them") {
  const double third = 1.0 / 3;
  const Conjunction below{{1, 0}, {third + 0.5 + 1e-14}}, edge{{1, 0}, {third + 0.5}};
  CHECK(stands(below, {third, 0.5}, true));
  CHECK_FALSE(stands(edge, {third, 0.5}, true));
  const Box box = box_around({small_box(), {}, {}, {true, false}}, std::vector{third, 0.5});
  CHECK(box.lower == std::vector{std::nextafter(third, 0), 0.5});
  CHECK(box.upper == std::vector{std::nextafter(third, 1), 0.5});
  CHECK_FALSE(stands(below, {std::numeric_limits<double>::max(), 0.5}, true));
}

TEST_CASE("rows over inputs are summed exactly, and a strict one is not met on its edge") {
  auto network = std::make_unique<Network<Sequential<Input<2>, Linear<4>>>>();
  const double weights[] = {1, 1, 1, -1, 1, 0, 0, 1}, zero[4] = {};
  network->set_linear(1, weights, zero);
  EngineOf<double, EigenBackend> engine(std::move(network));
  Property property{2, 4, {{small_box(), {{}}}}, Observed::outputs_and_inputs};
  const auto holds = [&](const Conjunction& set, std::vector<double> x) {
    property.regions[0].unsafe[0] = set;
    return certified(engine, property, {}, x, nullptr);
  };
  CHECK(holds({{0, 0, 1, -1}, {0}}, {0.1, 0.1}));
  CHECK_FALSE(holds({{0, 0, 1, -1}, {0}, {true}}, {0.1, 0.1}));
  CHECK_FALSE(holds({{0, 0, 1, 1}, {1}}, {1, 1e-30}));
  CHECK(holds({{0, 0, 1, -1, 1, 0, 0, 0}, {0, 0.3}}, {0.1, 0.1}));
  CHECK_FALSE(holds({{0, 0, 1, -1, 1, 0, 0, 0}, {0, 0.2}}, {0.1, 0.1}));
}

TEST_CASE("an equality holds somewhere between two points on either side of it") {
  // y_0 = |x_0| + |x_1| is to be 1.5, and y_1 = x_0 - x_1 at most a threshold.
  const auto engine = small_engine();
  const auto between = [&](double most, const std::vector<double>& below,
                           const std::vector<double>& above) {
    const Property property{2, 2, {{small_box(), {{{1, 0, -1, 0, 0, 1}, {1.5, -1.5, most}}}}}};
    return certified_between(*engine, property, {0, 0}, {0, 1}, below, above, nullptr);
  };
  CHECK(between(3, {0.5, 0.5}, {1.5, 0.5}));
  CHECK(!between(3, {1.5, 0.5}, {0.5, 0.5}));    // the other way round
  CHECK(!between(3, {0.25, 0.25}, {0.5, 0.5}));  // both below
  CHECK(!between(0.5, {0.5, 0.5}, {1.5, 0.5}));  // the other row fails on the way
}
