// SPDX-License-Identifier: BSD-3-Clause

// Linear functions of the input, against numbers worked by hand, against the bounds that the same pass finds,
// and against themselves: from other nodes, over several domains, on several ranks.

#include <doctest/doctest.h>

#include <shardbound/bound/linear_bounds.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/ranks.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using doctest::Approx;

namespace {

//   z = (x1 - x2 + 0.5, 2 x1 + x2 - 1), over [-1, 1]^2 within [-1.5, 2.5] and [-4, 2];  y = r1 - 2 r2 + 0.25
using Small = sb::Sequential<sb::Input<2>, sb::Linear<2>, sb::ReLU, sb::Linear<1>>;

template <class T>
void set_small(sb::Instance<T, sb::EigenBackend>& network) {
  network.set_linear(network.linear(0), {1, -1, 2, 1}, {0.5, -1});
  network.set_linear(network.linear(1), {1, -2}, {0.25});
}

template <class T>
void close(const std::vector<T>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(static_cast<double>(found[i]) == Approx(wanted[i]).epsilon(1e-6));
  }
}

/// The least value of a linear function over a box, in long double.
template <class T>
long double least(const sb::LinearBounds<T>& bounds, std::size_t row, const sb::Box& box,
                  double sign) {
  const std::size_t n = box.lower.size();
  long double value = bounds.constant[row] * sign;
  for (std::size_t i = 0; i < n; ++i) {
    const long double a = bounds.coefficients[row * n + i] * sign;
    value += a * (a > 0 ? box.lower[i] : box.upper[i]);
  }
  return value;
}

}  // namespace

TEST_CASE_TEMPLATE("by hand: lines of ReLU on the way down", T, float, double) {
  sb::Network<Small, T> network;
  set_small(network);
  const sb::Box box{{-1, -1}, {1, 1}};
  const auto found = sb::linear_bounds(network, box);
  // below: r1 >= z1 (its upper half is wider), r2 <= z2 / 3 + 4 / 3
  close(found.lower.coefficients, {-1.0 / 3, -5.0 / 3});
  close(found.lower.constant, {-1.25});
  // above: r1 <= 0.625 z1 + 0.9375, r2 >= 0
  close(found.upper.coefficients, {0.625, -0.625});
  close(found.upper.constant, {1.5});
  CHECK(found.lower.slack[0] > 0);
  CHECK(found.lower.slack[0] < 1e3 * std::numeric_limits<T>::epsilon());
  // what CROWN makes of them
  CHECK(static_cast<double>(least(found.lower, 0, box, 1)) == Approx(-3.25));
  CHECK(static_cast<double>(-least(found.upper, 0, box, -1)) == Approx(2.75));
}

TEST_CASE("what overflowed is no function") {
  sb::Network<sb::Sequential<sb::Input<1>, sb::Linear<1>, sb::Linear<1>>, float> network;
  for (int layer : {0, 1}) network.set_linear(network.linear(layer), {1e30}, {0});
  const auto found = sb::linear_bounds(network, sb::Box{{0}, {1e-35}});
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(found.lower.coefficients == std::vector<float>{0});
  CHECK(found.lower.constant == std::vector<float>{-infinity});
  CHECK(found.lower.slack == std::vector<float>{0});
  CHECK(found.upper.coefficients == std::vector<float>{0});
  CHECK(found.upper.constant == std::vector<float>{infinity});
}

TEST_CASE("coefficients on the way, also where a sweep has no place to stop") {
  sb::Network<Small> network;
  set_small(network);
  const int relu = network.activation(0), z = network.linear(0), y = network.linear(1);
  auto pass = sb::prepare(network, sb::Crown{},
                          {.rows = 2, .linear_bounds = true, .coefficients_at = {relu, z, y}});
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}});
  const auto found = pass.run({&box, 1}, {.matrix = {1}, .sides = sb::Sides::both},
                              {.linear_bounds = true, .coefficients = true});
  REQUIRE(found.coefficients.size() == 3);
  CHECK(found.coefficients[0].node == relu);
  close(found.coefficients[0].lower, {1, -2});
  close(found.coefficients[0].upper, {1, -2});
  close(found.coefficients[1].lower, {1, -2.0 / 3});
  close(found.coefficients[1].upper, {0.625, 0});
  close(found.coefficients[2].lower, {1});
  CHECK(found.rows_here == std::vector<sb::index_t>{0});
  CHECK(found.rows.lower[0] == Approx(-3.25));
  CHECK(found.rows.upper[0] == Approx(2.75));
}

TEST_CASE_TEMPLATE("least over the set they are the bounds, within the slack", Net, zoo::Mlp,
                   zoo::Curves, zoo::ResNet, zoo::Fork, zoo::Bare, zoo::Run, zoo::Nest) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    sb::Network<Net> network;
    HostNetwork::random(network, seed).copy_to(network);
    std::mt19937 random(seed);
    const sb::InputSet set = random_box(random, network.inputs(), 0.4);
    const sb::index_t n = network.outputs();
    sb::RowQuery query{.sides = sb::Sides::both};
    for (sb::index_t k = 0; k < n * n; ++k) query.matrix.push_back(k % (n + 1) == 0);
    // One descent, so that no better bound is known from elsewhere.
    auto pass = sb::prepare(network, sb::CrownIbp{}, {.rows = 2 * n, .linear_bounds = true});
    const auto found = pass.run({&set, 1}, query, {.linear_bounds = true});
    const auto& bounds = found.rows;
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      CHECK(std::abs(least(found.lower_linear, i, set.box, 1) - bounds.lower[i]) <=
            bounds.slack[i]);
      CHECK(std::abs(-least(found.upper_linear, i, set.box, -1) - bounds.upper[i]) <=
            bounds.slack[i]);
      CHECK(found.lower_linear.slack[i] <= bounds.slack[i]);
    }
    const auto short_cut = sb::linear_bounds(network, set, sb::output_node, sb::CrownIbp{});
    CHECK(short_cut.lower.coefficients == found.lower_linear.coefficients);
    CHECK(short_cut.upper.constant == found.upper_linear.constant);
  }
}

TEST_CASE("rows from a node in the middle go on as those from above did") {
  sb::Network<zoo::Mlp> network;  // no branches: all goes through node 3
  HostNetwork::random(network, 3).copy_to(network);
  std::mt19937 random(4);
  const sb::InputSet set = random_box(random, 5, 0.3);
  const int middle = 3;
  auto pass = sb::prepare(
      network, sb::Crown{},
      {.rows = 6, .linear_bounds = true, .coefficients_at = {middle}, .starts = {middle}});
  const auto above = pass.run({&set, 1}, {.matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                              {.linear_bounds = true, .coefficients = true});
  const auto& there = above.coefficients[0].lower;
  const auto below = pass.run({&set, 1}, {.matrix = {there.begin(), there.end()}, .node = middle},
                              {.linear_bounds = true});
  REQUIRE(below.lower_linear.coefficients.size() == 15);
  for (std::size_t i = 0; i < 15; ++i)
    CHECK(below.lower_linear.coefficients[i] ==
          Approx(above.lower_linear.coefficients[i]).epsilon(1e-9));
  CHECK_THROWS_WITH_AS(
      pass.run({&set, 1}, {.matrix = {1, 0, 0, 0, 0, 0, 0, 0, 0}, .node = 1}),
      "rows start at node 1 (Linear<9>), which the pass was not prepared for. Fix: name it in "
      "Capacity::starts",
      sb::ArgumentError);
  CHECK_THROWS_AS(pass.run({&set, 1}, {.matrix = {1}, .node = 17}), sb::ArgumentError);
}

TEST_CASE("rows without domains are bounded over every one of them") {
  sb::Network<zoo::ResNet> network;
  HostNetwork::random(network, 5).copy_to(network);
  std::mt19937 random(6);
  std::vector<sb::InputSet> sets;
  for (int d = 0; d < 3; ++d) sets.push_back(random_box(random, 6, 0.3));
  const std::vector<double> rows = {1, 0, 0.5, -1};  // two of them
  auto pass = sb::prepare(network, sb::Crown{}, {.domains = 3, .rows = 12, .linear_bounds = true});
  const auto shared =
      pass.run(sets, {.matrix = rows, .sides = sb::Sides::both}, {.linear_bounds = true});
  sb::RowQuery copied{.sides = sb::Sides::both};
  for (std::int32_t d = 0; d < 3; ++d)
    for (std::size_t r = 0; r < 2; ++r) {
      copied.matrix.insert(copied.matrix.end(), {rows[2 * r], rows[2 * r + 1]});
      copied.domain.push_back(d);
    }
  const auto apart = pass.run(sets, copied, {.linear_bounds = true});
  CHECK(shared.rows.lower == apart.rows.lower);
  CHECK(shared.rows.upper == apart.rows.upper);
  CHECK(shared.lower_linear.coefficients == apart.lower_linear.coefficients);
  CHECK(shared.upper_linear.constant == apart.upper_linear.constant);
  CHECK(shared.rows.lower.size() == 6);
}

TEST_CASE_TEMPLATE("on ranks: the same bits, collected or where they were dealt", T, float,
                   double) {
  using Net = zoo::Nest;
  const auto host = HostNetwork::random(sb::Network<Net>{}, 7);
  std::mt19937 random(8);
  const std::vector<sb::InputSet> sets{random_box(random, 4, 0.3), random_box(random, 4, 0.3)};
  const sb::RowQuery query{.matrix = {1, 0, 0, 1, 1, 1}, .sides = sb::Sides::both};
  const auto ask = [&](auto& network, sb::Collect collect) {
    auto pass =
        sb::prepare(network, sb::Crown{},
                    {.domains = 2, .rows = 12, .linear_bounds = true, .coefficients_at = {1, 5}});
    return pass.run(sets, query, {.linear_bounds = true, .coefficients = true, .collect = collect});
  };
  sb::Network<Net, T> alone;
  host.copy_to(alone);
  const auto reference = ask(alone, sb::Collect::everywhere);
  for (const int ranks : {2, 3})
    for (const auto store : {sb::Store::replicated, sb::Store::fully_sharded}) {
      std::vector<int> seen(6, 0);
      std::mutex mutex;
      sb::threads::run(ranks, [&](sb::Threads& communicator) {
        sb::Network<Net, T> network(communicator, 1, store);
        host.copy_to(network);
        const auto all = ask(network, sb::Collect::everywhere);
        const auto own = ask(network, sb::Collect::where_dealt);
        const std::lock_guard lock(mutex);
        CHECK(all.lower_linear.coefficients == reference.lower_linear.coefficients);
        CHECK(all.upper_linear.constant == reference.upper_linear.constant);
        CHECK(all.lower_linear.slack == reference.lower_linear.slack);
        CHECK(all.coefficients[1].upper == reference.coefficients[1].upper);
        CHECK(own.rows.lower == reference.rows.lower);  // bounds are everywhere
        REQUIRE(own.lower_linear.constant.size() == own.rows_here.size());
        for (std::size_t k = 0; k < own.rows_here.size(); ++k) {
          const auto r = static_cast<std::size_t>(own.rows_here[k]);
          ++seen[r];
          CHECK(own.lower_linear.constant[k] == reference.lower_linear.constant[r]);
          for (std::size_t i = 0; i < 4; ++i)
            CHECK(own.lower_linear.coefficients[4 * k + i] ==
                  reference.lower_linear.coefficients[4 * r + i]);
        }
      });
      CHECK(seen == std::vector<int>(6, 1));  // each row on one rank
    }
  // In zones columns are split, and brought together for what is kept.
  sb::threads::run(3, [&](sb::Threads& communicator) {
    sb::Network<sb::RowCol<Net>, T> network(communicator);
    host.copy_to(network);
    const auto found = ask(network, sb::Collect::everywhere);
    for (std::size_t i = 0; i < reference.lower_linear.coefficients.size(); ++i)
      CHECK(static_cast<double>(found.lower_linear.coefficients[i]) ==
            Approx(static_cast<double>(reference.lower_linear.coefficients[i])).epsilon(1e-4));
    for (std::size_t k = 0; k < 2; ++k)
      for (std::size_t i = 0; i < reference.coefficients[k].lower.size(); ++i)
        CHECK(static_cast<double>(found.coefficients[k].lower[i]) ==
              Approx(static_cast<double>(reference.coefficients[k].lower[i])).epsilon(1e-4));
  });
}
