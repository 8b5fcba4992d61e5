// SPDX-License-Identifier: BSD-3-Clause

// Sampled points never escape: for every network of the zoo, every method, boxes and balls, both
// scalars, all nodes stay inside `lower - slack .. upper + slack`, and so do random rows of the output.

#include <doctest/doctest.h>

#include <tests/support/checked_backend.hpp>
#include <tests/support/random_network.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using sb::expr::Norm;

namespace {

constexpr sb::Method methods[] = {
    {sb::Intermediates::interval, sb::Descent::one_product},
    {sb::Intermediates::interval, sb::Descent::input},
    {sb::Intermediates::tightened, sb::Descent::input},
    {sb::Intermediates::textbook, sb::Descent::input},
    {sb::Intermediates::textbook, sb::Descent::one_product},
};

/// How far values stand outside bounds; anything above 0 is a wrong bound. What an activation that is not defined
/// for its input leaves behind is within any bounds.
template <class T>
long double escape(const sb::OutputBounds<T>& bounds, const Values& y) {
  if (bounds.lower.size() != y.size()) return INFINITY;
  long double worst = -INFINITY;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (std::isnan(y[i])) continue;
    const long double slack = bounds.slack[i];
    worst = std::max({worst, bounds.lower[i] - slack - y[i], y[i] - (bounds.upper[i] + slack)});
    if (!(bounds.lower[i] <= bounds.upper[i])) worst = INFINITY;  // crossed, or NaN
  }
  return worst;
}

/// How often node v, an activation that is not defined for what it reads, is bounded nevertheless.
template <class T>
int bounded_in_vain(const sb::OutputBounds<T>& bounds, const sb::PlanView& plan, int v,
                    const std::vector<Values>& values) {
  const auto& x = values[static_cast<std::size_t>(plan.input_of(v))];
  const auto& y = values[static_cast<std::size_t>(v)];
  int count = 0;
  for (std::size_t i = 0; plan.is_activation(v) && i < y.size(); ++i)
    count += std::isnan(y[i]) && std::isfinite(x[i]) &&
             (std::isfinite(bounds.lower[i]) || std::isfinite(bounds.upper[i]));
  return count;
}

/// Of all outputs that were asked for, how many were bounded at all.
struct Share {
  int bounded = 0, asked = 0;
};

template <class Net, class T, class Backend = sb::EigenBackend>
Share never_escapes(unsigned seed, double gain, double radius, Norm norm) {
  std::mt19937 random(seed);
  sb::Network<Net, T, Backend> network;
  const auto host = HostNetwork::random(network, seed, gain);
  host.copy_to(network);
  const auto inputs = network.inputs(), outputs = network.outputs();

  constexpr std::size_t domains = 3, rows = 5, samples = 60;
  std::vector<sb::InputSet> sets;
  for (std::size_t d = 0; d < domains; ++d)
    sets.push_back(norm == Norm::infinity ? random_box(random, inputs, radius)
                                          : random_ball(random, inputs, radius, norm));
  sb::RowQuery query;
  query.sides = sb::Sides::both;
  for (std::size_t r = 0; r < rows; ++r) {
    query.domain.push_back(static_cast<std::int32_t>(r % domains));
    for (sb::index_t i = 0; i < outputs; ++i)
      query.matrix.push_back(uniform(random));  // not exact in float
  }
  std::vector<std::vector<std::vector<Values>>> points(domains);
  for (std::size_t d = 0; d < domains; ++d)
    for (std::size_t s = 0; s < samples; ++s)
      points[d].push_back(host.values(random_point(random, sets[d])));

  Share share;
  for (const auto& method : methods) {
    const auto number = &method - methods;
    CAPTURE(seed);
    CAPTURE(number);
    sb::Capacity capacity{static_cast<sb::index_t>(domains), static_cast<sb::index_t>(rows), 16};
    const bool deep = method.descent == sb::Descent::input;
    capacity.worst_points = capacity.linear_bounds = deep;
    capacity.rows *= 2;
    auto pass = sb::prepare(network, method, capacity);
    const auto found = pass.run(sets, query, {.worst_points = deep, .linear_bounds = deep});
    for (std::size_t d = 0; d < domains; ++d) {
      long double outside = -1;
      int in_vain = 0;
      for (int v = 1; v < network.plan().size(); ++v) {
        const auto bounds = pass.node_bounds(v)[d];
        for (const auto& values : points[d]) {
          outside = std::max(outside, escape(bounds, values[static_cast<std::size_t>(v)]));
          in_vain += bounded_in_vain(bounds, network.plan(), v, values);
        }
      }
      CHECK(outside <= 0);
      CHECK(in_vain == 0);
      for (std::size_t i = 0; i < found.outputs[d].lower.size(); ++i, ++share.asked)
        share.bounded +=
            std::isfinite(found.outputs[d].lower[i]) && std::isfinite(found.outputs[d].upper[i]);
      for (const auto& values : points[d])
        outside = std::max(outside, escape(found.outputs[d], values.back()));
      CHECK(outside <= 0);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const auto row = [&](const std::vector<Values>& values) {
        long double y = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(outputs); ++i)
          y += query.matrix[r * static_cast<std::size_t>(outputs) + i] * values.back()[i];
        return y;
      };
      long double least = INFINITY;
      for (const auto& values : points[static_cast<std::size_t>(query.domain[r])])
        least = std::min(least, row(values));
      if (!found.worst_points.empty() && norm == Norm::infinity) {
        const auto* point = found.worst_points.data() + 2 * r * static_cast<std::size_t>(inputs);
        least = std::min(least, row(host.values({point, point + inputs})));
      }
      const long double slack = found.rows.slack[r];
      CHECK(found.rows.lower[r] - slack <= least);
      long double above = -1, outside = -1;
      for (const auto& values : points[static_cast<std::size_t>(query.domain[r])]) {
        const long double y = row(values);
        above = std::max(above, y - found.rows.upper[r] - slack);
        if (!deep) continue;
        const auto line = [&](const sb::LinearBounds<T>& bounds) {
          long double at = bounds.constant[r];
          for (std::size_t i = 0; i < static_cast<std::size_t>(inputs); ++i)
            at += bounds.coefficients[r * static_cast<std::size_t>(inputs) + i] * values[0][i];
          return at;
        };
        outside = std::max(outside, line(found.lower_linear) - found.lower_linear.slack[r] - y);
        outside = std::max(outside, y - line(found.upper_linear) - found.upper_linear.slack[r]);
      }
      CHECK(above <= 0);
      CHECK(outside <= 0);
    }
  }
  return share;
}

}  // namespace

TEST_CASE_TEMPLATE("sampled points stay inside all bounds", T, double, float) {
  unsigned seed = 0;
  Share every;
  for (const double radius : {0.0, 1e-7, 0.05, 1.0, 100.0})
    for (const double gain : {0.5, 1.0, 4.0})
      for (const Norm norm : {Norm::infinity, Norm::two, Norm::one}) {
        ++seed;
        never_escapes<zoo::Mlp, T>(seed, gain, radius, norm);
        never_escapes<zoo::Curves, T>(seed, gain, radius, norm);
        const auto one = never_escapes<zoo::Every, T>(seed, gain, radius, norm);
        every.bounded += one.bounded, every.asked += one.asked;
        never_escapes<zoo::ResNet, T>(seed, gain, radius, norm);
        never_escapes<zoo::Fork, T>(seed, gain, radius, norm);
        never_escapes<zoo::Bare, T>(seed, gain, radius, norm);
        never_escapes<zoo::Lone, T>(seed, gain, radius, norm);
        never_escapes<zoo::Run, T>(seed, gain, radius, norm);
        never_escapes<zoo::Nest, T>(seed, gain, radius, norm);
      }
  // Some draws leave a domain, and then nothing is known; were it most of them, this would test little.
  CHECK(every.bounded * 2 > every.asked);
  CHECK(every.bounded < every.asked);
}

// Every method on a device-like backend; that its bits are EigenBackend's is tested in bound/.
TEST_CASE("sampled points stay inside bounds of the checked backend") {
  for (unsigned seed = 100; seed < 104; ++seed) {
    never_escapes<zoo::Nest, double, CheckedBackend>(seed, 1, 0.5, Norm::infinity);
    never_escapes<zoo::Nest, float, CheckedBackend>(seed, 1, 0.5, Norm::two);
  }
}
