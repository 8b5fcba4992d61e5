// SPDX-License-Identifier: BSD-3-Clause

// What rounding can do is in the slack. Networks whose neurons never change side are affine: their
// bounds are attained, at points that the pass names, so `lower - slack` has nothing but the slack to
// keep it below the value there, computed in long double.

#include <doctest/doctest.h>

#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

#include <cmath>

using namespace shardbound_test;

namespace {

const sb::Method methods[] = {sb::CrownIbp{}, sb::Crown{}, sb::Crown{sb::Intermediates::textbook}};

/// Both sides of every output over a box: the value at the worst point is proved, and the slack is no
/// more than `units` units in the last place of the terms that the value is a sum of.
template <class Net, class T>
void attained_and_proved(const HostNetwork& host, const sb::Box& box, double units) {
  sb::Network<Net, T> network;
  host.copy_to(network);
  const auto n = static_cast<std::size_t>(network.outputs());
  sb::RowQuery query;
  for (std::size_t i = 0; i < n; ++i)
    for (const double sign : {1.0, -1.0}) {
      query.domain.push_back(0);
      for (std::size_t j = 0; j < n; ++j) query.matrix.push_back(i == j ? sign : 0);
    }
  const sb::InputSet set(box);
  const auto m = static_cast<std::size_t>(network.inputs());
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(number);
    auto pass = sb::prepare(network, method,
                            {.rows = static_cast<sb::index_t>(2 * n), .worst_points = true});
    const auto found = pass.run({&set, 1}, query, {true, true});
    for (std::size_t r = 0; r < 2 * n; ++r) {
      CAPTURE(r);
      const auto* point = found.worst_points.data() + r * m;
      const auto values = host.values({point, point + m});
      const long double least = (r % 2 ? -1 : 1) * values.back()[r / 2];
      const long double lower = found.rows.lower[r], slack = found.rows.slack[r];
      CHECK(lower - slack <= least);
      CHECK(lower + slack >= least);  // attained: the bound itself is off by rounding only
      const auto& outputs = found.outputs.front();
      const long double side = r % 2 ? -outputs.upper[r / 2] : outputs.lower[r / 2];
      CHECK(side - outputs.slack[r / 2] <= least);
      long double size = 1;
      for (const auto& layer : values)
        for (long double y : layer) size = std::max(size, std::abs(y));
      CHECK(slack <= units * size * sb::unit_roundoff<T>);
    }
  }
}

template <class Net>
HostNetwork affine(unsigned seed, double weight_low, double weight_high, double bias) {
  HostNetwork host(sb::Network<Net, double>{});
  std::mt19937 random(seed);
  for (int v = 0; v < host.plan().size(); ++v) {
    if (host.plan()[v].kind != sb::NodeKind::product) continue;
    const auto out = static_cast<std::size_t>(host.plan()[v].features);
    const auto in = static_cast<std::size_t>(host.plan()[host.plan().input_of(v)].features);
    auto& own = host.numbers(v);
    for (std::size_t k = 0; k < out * in; ++k)
      own.weight.push_back(static_cast<float>(uniform(random, weight_low, weight_high)));
    own.bias.assign(out, static_cast<float>(bias));
  }
  return host;
}

/// The same network with every parameter larger by nearly half a unit of float: a float network is made of
/// the nearest floats, all of them below.
HostNetwork rounded(HostNetwork host) {
  const auto grow = [](double& x) {
    const float next = std::nextafter(static_cast<float>(x), INFINITY);
    x += 0.49 * (static_cast<double>(next) - x);
  };
  for (int v = 0; v < host.plan().size(); ++v) {
    for (double& x : host.numbers(v).weight) grow(x);
    for (double& x : host.numbers(v).bias) grow(x);
  }
  return host;
}

template <sb::index_t Width>
using Deep = sb::Sequential<sb::Input<Width>, sb::Linear<Width>, sb::ReLU, sb::Linear<Width>,
                            sb::ReLU, sb::Linear<Width>, sb::ReLU, sb::Linear<Width>, sb::ReLU,
                            sb::Linear<Width>, sb::ReLU, sb::Linear<1>>;
using Tall = sb::Sequential<sb::Input<1>, sb::Linear<4096>, sb::ReLU, sb::Linear<1>>;
using Flat = sb::Sequential<sb::Input<4096>, sb::Linear<2>, sb::ReLU, sb::Linear<1>>;

sb::Box cube(std::size_t size, double lower, double upper) {
  return {std::vector<double>(size, lower), std::vector<double>(size, upper)};
}

}  // namespace

TEST_CASE_TEMPLATE("attained bounds are proved", T, float, double) {
  // Sums of equal terms drift the furthest; what the drift is multiplied with comes from below.
  SUBCASE("many outputs of one input") {
    for (const double bias : {0.0, 1.0, 1000.0})
      for (const double weight : {0.1, 0.0123, 0.3, 0.7, 0.9})
        attained_and_proved<Tall, T>(affine<Tall>(1, weight, weight, bias), cube(1, 1, 1.5), 1e8);
    attained_and_proved<Tall, T>(affine<Tall>(2, 0.1, 0.3, 0), cube(1, 0.7, 0.7), 1e8);
  }
  SUBCASE("many inputs") {
    attained_and_proved<Flat, T>(affine<Flat>(3, 0.1, 0.1, 0), cube(4096, 0.3, 0.4), 1e5);
    attained_and_proved<Flat, T>(affine<Flat>(4, 0.1, 0.7, 1e6), cube(4096, -0.3, 0.1), 1e5);
  }
  SUBCASE("many layers") {
    attained_and_proved<Deep<31>, T>(affine<Deep<31>>(5, 0.01, 0.06, 0.1), cube(31, 1, 1.25), 1e5);
    attained_and_proved<Deep<31>, T>(affine<Deep<31>>(6, -0.06, 0.06, 10), cube(31, -1, 1), 1e5);
    attained_and_proved<Deep<1>, T>(affine<Deep<1>>(7, 0.3, 3, 1), cube(1, 1e-3, 1), 1e5);
  }
  SUBCASE("parameters that are rounded to T, all of them downwards") {
    attained_and_proved<Tall, T>(rounded(affine<Tall>(8, 1, 1, 1)), cube(1, 1, 1.5), 1e8);
    attained_and_proved<Flat, T>(rounded(affine<Flat>(9, 1, 1, 0)), cube(4096, 1, 1.5), 1e5);
    attained_and_proved<Deep<31>, T>(rounded(affine<Deep<31>>(10, 0.0625, 0.0625, 1)),
                                     cube(31, 1, 1.25), 1e5);
    attained_and_proved<Deep<1>, T>(rounded(affine<Deep<1>>(11, 1, 1, 1)), cube(1, 1, 1), 1e5);
    attained_and_proved<Deep<1>, T>(rounded(affine<Deep<1>>(12, 1, 1, 0)), cube(1, 1, 1), 1e5);
  }
  SUBCASE("a large bias on small terms") {
    using Net = sb::Sequential<sb::Input<5>, sb::Linear<9>, sb::ReLU, sb::Linear<3>>;
    for (unsigned seed = 0; seed < 50; ++seed) {
      auto host = affine<Net>(seed, -1e-4, 1e-4, 1);
      host.numbers(3).bias = {1, -1e3, 0.1f};
      attained_and_proved<Net, T>(host, cube(5, -1, 1), 1e4);
    }
  }
}

// Interval arithmetic makes no choices, so both scalars estimate the same real number.
TEST_CASE("a slope that float rounds to 1 is paid for") {
  sb::Network<sb::Sequential<sb::Input<1>, sb::LeakyReLU>, float> network;
  constexpr double slope = 1 - 1e-9;
  network.set_activation(1, {slope});
  const sb::InputSet point(sb::Box{{-1}, {-1}});
  for (const auto& method : methods) {
    const auto found = sb::prepare(network, method).run({&point, 1}).outputs.front();
    CHECK(static_cast<double>(found.lower[0]) - static_cast<double>(found.slack[0]) <= -slope);
    CHECK(static_cast<double>(found.upper[0]) + static_cast<double>(found.slack[0]) >= -slope);
  }
}

TEST_CASE("interval bounds in float agree with those in double, given both slacks") {
  const auto agree = []<class Net>(Net*, unsigned seed, double gain, double radius) {
    sb::Network<Net, double> fine;
    sb::Network<Net, float> coarse;
    const auto host = HostNetwork::random(fine, seed, gain);
    host.copy_to(fine), host.copy_to(coarse);
    std::mt19937 random(seed);
    const sb::InputSet set = random_box(random, fine.inputs(), radius);
    const auto d = sb::ibp(fine, set);
    const auto f = sb::ibp(coarse, set);
    for (std::size_t i = 0; i < d.lower.size(); ++i) {
      CAPTURE(i);
      CHECK(double{f.lower[i]} - f.slack[i] <= d.lower[i] + d.slack[i]);
      CHECK(double{f.upper[i]} + f.slack[i] >= d.upper[i] - d.slack[i]);
      if (std::isfinite(f.lower[i]) && std::isfinite(f.upper[i]))  // else nothing is left to say
        CHECK(d.slack[i] <= 1e-6 * f.slack[i]);
    }
  };
  for (unsigned seed = 0; seed < 40; ++seed)
    for (const double gain : {0.5, 1.0, 3.0})
      for (const double radius : {0.0, 1e-6, 0.3, 10.0}) {
        CAPTURE(seed);
        agree(static_cast<zoo::Mlp*>(nullptr), seed, gain, radius);
        agree(static_cast<zoo::Curves*>(nullptr), seed, gain, radius);
        agree(static_cast<zoo::Every*>(nullptr), seed, gain, radius);
        agree(static_cast<zoo::Nest*>(nullptr), seed, gain, radius);
        agree(static_cast<zoo::Bare*>(nullptr), seed, gain, radius);
      }
}
