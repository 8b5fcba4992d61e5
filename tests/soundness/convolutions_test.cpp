// SPDX-License-Identifier: BSD-3-Clause

// A convolution is the big matrix that it is as a whole: bounds by every method are those of the network that has
// its convolutions written out; and no point that is sampled escapes.

#include <doctest/doctest.h>

#include <tests/support/convolutions.hpp>

#include <shardbound/backend/eigen/backend.hpp>
#include <shardbound/bound/alpha_crown.hpp>
#include <shardbound/bound/crown.hpp>
#include <shardbound/bound/crown_ibp.hpp>
#include <shardbound/bound/ibp.hpp>
#include <shardbound/bound/pass.hpp>

#include <cmath>

using namespace shardbound_test;

namespace {

template <class T>
void check_close(const std::vector<T>& a, const std::vector<T>& b) {
  REQUIRE(a.size() == b.size());
  const double margin = std::is_same_v<T, double> ? 1e-11 : 2e-4;
  for (std::size_t i = 0; i < a.size(); ++i)
    CHECK(std::abs(a[i] - b[i]) <= margin * std::max(1.0, std::abs(static_cast<double>(b[i]))));
}

sb::InputSet box_around(sb::index_t features, double radius, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  sb::InputSet set;
  for (sb::index_t i = 0; i < features; ++i) {
    const double centre = uniform(random), reach = radius * std::abs(uniform(random));
    set.box.lower.push_back(centre - reach);
    set.box.upper.push_back(centre + reach);
  }
  return set;
}

/// The values of every node at a point, from the numbers as T has them.
template <class T>
std::vector<std::vector<long double>> values_at(const Drawn& drawn,
                                                const std::vector<long double>& point) {
  const sb::PlanView plan = drawn.plan.view();
  std::vector<std::vector<long double>> all{point};
  for (int v = 1; v < plan.size(); ++v) {
    const auto& x = all[static_cast<std::size_t>(plan.input_of(v))];
    std::vector<long double> y;
    if (plan[v].kind == sb::NodeKind::product) {
      const sb::Geometry& g = plan[v].geometry;
      std::vector<double> weight = drawn.weight[static_cast<std::size_t>(v)];
      for (double& number : weight) number = static_cast<T>(number);
      for (sb::index_t i = 0; i < g.out_features(); ++i) {
        const auto channel = static_cast<std::size_t>(i / g.out_positions());
        y.push_back(static_cast<T>(drawn.bias[static_cast<std::size_t>(v)][channel]));
        for (sb::index_t j = 0; j < g.in_features(); ++j)
          y.back() += static_cast<long double>(written_out(g, weight, i, j)) *
                      x[static_cast<std::size_t>(j)];
      }
    } else if (plan[v].kind == sb::NodeKind::add) {
      const auto& z = all[static_cast<std::size_t>(plan.inputs_of(v)[1])];
      for (std::size_t i = 0; i < x.size(); ++i) y.push_back(x[i] + z[i]);
    } else if (plan[v].kind == sb::NodeKind::concat) {
      const auto& z = all[static_cast<std::size_t>(plan.inputs_of(v)[1])];
      y = x;
      y.insert(y.end(), z.begin(), z.end());
    } else if (plan[v].kind == sb::NodeKind::gather) {
      for (const std::int32_t i : drawn.indices[static_cast<std::size_t>(v)])
        y.push_back(x[static_cast<std::size_t>(i)]);
    } else {
      for (const long double number : x) y.push_back(std::max(number, 0.0L));
    }
    all.push_back(std::move(y));
  }
  return all;
}

/// Bounds of every node by every method, over two domains, are those of the network with matrices.
template <class T>
void check_same(const sb::PlannedNetwork<T>& windows, const sb::PlannedNetwork<T>& matrices,
                std::span<const sb::InputSet> sets) {
  for (const sb::Method& method :
       {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{}),
        sb::Method(sb::Crown{sb::Intermediates::textbook}),
        sb::Method(sb::AlphaCrown{{.iterations = 4}})}) {
    sb::Capacity capacity;
    capacity.domains = 2;
    sb::Pass<T, sb::EigenBackend> ours(windows, method, capacity),
        theirs(matrices, method, capacity);
    const auto found = ours.run(sets), wanted = theirs.run(sets);
    for (std::size_t d = 0; d < 2; ++d) {
      check_close(found.outputs[d].lower, wanted.outputs[d].lower);
      check_close(found.outputs[d].upper, wanted.outputs[d].upper);
    }
    for (int v = 1; v < windows.plan().size(); ++v)
      for (std::size_t d = 0; d < 2; ++d) {
        check_close(ours.node_bounds(v)[d].lower, theirs.node_bounds(v)[d].lower);
        check_close(ours.node_bounds(v)[d].upper, theirs.node_bounds(v)[d].upper);
      }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("no point escapes from bounds of convolutions", T, float, double) {
  long double least = INFINITY;  // room that some bound leaves
  for (unsigned seed = 200; seed < 220; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Drawn drawn = drawn_convolutions(random, Joins::any);
    const auto network = network_of<T>(drawn, false);
    const double radius = seed % 2 == 0 ? 0.2 : 0.001;
    const sb::InputSet set = box_around(network->inputs(), radius, random);
    std::vector<std::vector<std::vector<long double>>> points;
    for (int sample = 0; sample < 12; ++sample) {
      std::vector<long double> point;
      for (std::size_t i = 0; i < set.box.lower.size(); ++i) {
        const auto part = static_cast<long double>(random() % 3) / 2;  // corners, mostly
        point.push_back(set.box.lower[i] + part * (set.box.upper[i] - set.box.lower[i]));
      }
      points.push_back(values_at<T>(drawn, point));
    }
    for (const sb::Method& method :
         {sb::Method(sb::Ibp{}), sb::Method(sb::CrownIbp{}), sb::Method(sb::Crown{}),
          sb::Method(sb::Crown{sb::Intermediates::textbook}),
          sb::Method(sb::AlphaCrown{{.iterations = 3}})}) {
      sb::Pass<T, sb::EigenBackend> pass(*network, method, {});
      pass.run({&set, 1});
      for (int v = 1; v < network->plan().size(); ++v) {
        const auto bounds = pass.node_bounds(v).front();
        for (const auto& values : points) {
          const auto& y = values[static_cast<std::size_t>(v)];
          REQUIRE(bounds.lower.size() == y.size());
          for (std::size_t i = 0; i < y.size(); ++i) {
            const auto slack = static_cast<long double>(bounds.slack[i]);
            const long double below = y[i] - (bounds.lower[i] - slack);
            const long double above = bounds.upper[i] + slack - y[i];
            REQUIRE(below >= 0);
            REQUIRE(above >= 0);
            least = std::min({least, below, above});
          }
        }
      }
    }
  }
  CHECK(least < 1e-3);  // some bound was nearly reached
}

TEST_CASE_TEMPLATE("convolutions are matrices", T, double) {
  int regional = 0;
  for (unsigned seed = 0; seed < 90; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Drawn drawn = drawn_convolutions(random, Joins::any);
    const auto windows = network_of<T>(drawn, false, {}, 1 + seed % 2),
               matrices = network_of<T>(drawn, true);
    for (int v = 1; v < windows->plan().size(); ++v)
      if (windows->plan().is_pre_activation(v))
        regional += sb::StartTiles(windows->plan(), v, sb::EigenBackend::step_cost).any();
    const sb::InputSet sets[] = {box_around(windows->inputs(), 0.3, random),
                                 box_around(windows->inputs(), 0.1, random)};
    check_same(*windows, *matrices, sets);
  }
  CHECK(regional > 10);  // rows of tiles were among them
}

TEST_CASE("regions widen where a map loses its shape") {
  for (const Between between :
       {Between::concatenation, Between::flat_permutation, Between::permutation}) {
    CAPTURE(static_cast<int>(between));
    std::mt19937 random(3);
    const Drawn drawn = drawn_join(between, random);
    const auto windows = network_of<double>(drawn, false),
               matrices = network_of<double>(drawn, true);
    const sb::PlanView& plan = windows->plan();
    REQUIRE(sb::StartTiles(plan, plan.size() - 3, sb::EigenBackend::step_cost).any());
    const sb::InputSet sets[] = {box_around(windows->inputs(), 0.3, random),
                                 box_around(windows->inputs(), 0.1, random)};
    check_same(*windows, *matrices, sets);
  }
}
