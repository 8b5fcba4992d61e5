// SPDX-License-Identifier: BSD-3-Clause

// Softmax of one run: its interval and its lines against points of the run's box, in long double.

#include <doctest/doctest.h>

#include <shardbound/expr/softmax.hpp>

#include <random>
#include <vector>

using namespace shardbound;

namespace {

/// One run with bounds, and all that is drawn over them.
template <class T>
struct Run {
  std::vector<T> lower, upper, slack, out, planes;
  expr::MixedCall<T> call;

  explicit Run(std::size_t n) : lower(n), upper(n), slack(n), out(3 * n), planes(8 * n) {
    const auto features = static_cast<index_t>(n);
    call.node.kind = NodeKind::softmax;
    call.node.run = call.node.leading = features;
    call.in = {lower.data(), upper.data(), slack.data(), 1, features, features};
    call.out = {out.data(), out.data() + n, out.data() + 2 * n, 1, features, features};
    const auto side = [&](std::size_t first) {
      T* const data = planes.data() + first * n;
      return expr::MixedSide<T>{data, data + n, data + 2 * n, data + 3 * n};
    };
    call.node.lower = side(0);
    call.node.upper = side(4);
  }
  std::size_t size() const { return lower.size(); }
  void draw() {
    expr::softmax_interval(call, 0, 0);
    expr::softmax_lines(call, 0, 0);
  }
  long double line(const expr::MixedSide<T>& side, std::size_t k,
                   const std::vector<long double>& x) const {
    long double mean = 0;
    for (std::size_t j = 0; j < x.size(); ++j)
      mean += static_cast<long double>(side.other[j]) * x[j];
    return side.slope[k] * (x[k] - mean) + side.intercept[k];
  }
};

std::vector<long double> softmax(const std::vector<long double>& x) {
  const long double largest = *std::max_element(x.begin(), x.end());
  long double sum = 0;
  for (const long double z : x) sum += std::exp(z - largest);
  std::vector<long double> y;
  for (const long double z : x) y.push_back(std::exp(z - largest) / sum);
  return y;
}

/// Runs with bounds around `spread` apart and up to `width` wide, whose slack is worth a part `off` of that.
template <class T>
void encloses(unsigned seed, double spread, double width, double off) {
  std::mt19937 random(seed);
  const auto uniform = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  Run<T> run(1 + random() % 9);
  const std::size_t n = run.size();
  for (std::size_t k = 0; k < n; ++k) {
    run.lower[k] = static_cast<T>(uniform(-spread, spread));
    run.upper[k] = random() % 8 ? run.lower[k] + static_cast<T>(uniform(0, width)) : run.lower[k];
    run.slack[k] = random() % 2 ? static_cast<T>(off * uniform(0, width)) : T(0);
  }
  run.draw();
  const auto& call = run.call;
  for (int sample = 0; sample < 30; ++sample) {
    std::vector<long double> x(n);
    for (std::size_t k = 0; k < n; ++k) {
      const long double l = static_cast<long double>(run.lower[k]) - run.slack[k];
      const long double u = static_cast<long double>(run.upper[k]) + run.slack[k];
      x[k] = random() % 3 ? (random() % 2 ? l : u)
                          : l + (u - l) * static_cast<long double>(uniform(0, 1));
    }
    const auto y = softmax(x);
    for (std::size_t k = 0; k < n; ++k) {
      CAPTURE(k);
      const long double own = 1e-17L;  // what long double itself may round
      REQUIRE(y[k] + own >= static_cast<long double>(call.out.lower[k]) - call.out.slack[k]);
      REQUIRE(y[k] - own <= static_cast<long double>(call.out.upper[k]) + call.out.slack[k]);
      REQUIRE(y[k] + own >= run.line(call.node.lower, k, x) - call.node.lower.slack[k]);
      REQUIRE(y[k] - own <= run.line(call.node.upper, k, x) + call.node.upper.slack[k]);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("points of a run never escape", T, float, double) {
  for (unsigned seed = 0; seed < 80; ++seed)
    for (const double spread : {0.0, 1.0, 30.0, 1000.0})
      for (const double width : {1e-6, 0.5, 5.0, 200.0})
        for (const double off : {0.0, 1e-3, 0.5}) {
          CAPTURE(seed);
          CAPTURE(spread);
          CAPTURE(width);
          encloses<T>(seed, spread, width, off);
        }
}

TEST_CASE("the slack is that of rounding, and no more") {
  Run<double> run(4);
  run.lower = {-1, 0, 0.5, -3};
  run.upper = {1, 0.25, 2, 1};
  run.call.in = {run.lower.data(), run.upper.data(), run.slack.data(), 1, 4, 4};
  run.draw();
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(run.call.out.slack[k] < 1e-14);
    CHECK(run.call.node.lower.slack[k] < 1e-12);
    CHECK(run.call.node.upper.slack[k] < 1e-12);
  }
}

TEST_CASE("a point has the tangent on both sides, and one feature the constant 1") {
  Run<double> run(2);
  run.lower = run.upper = {1, 0};
  run.call.in = {run.lower.data(), run.upper.data(), run.slack.data(), 1, 2, 2};
  run.draw();
  const double p = 1 / (1 + std::exp(-1.0)), rise = p * (1 - p);
  for (const auto* side : {&run.call.node.lower, &run.call.node.upper}) {
    CHECK(side->slope[0] * (1 - side->other[0]) == doctest::Approx(rise));
    CHECK(-side->slope[0] * side->other[1] == doctest::Approx(-rise));
    CHECK(static_cast<double>(run.line(*side, 0, {1, 0})) == doctest::Approx(p));
  }
  Run<double> one(1);
  one.lower = {-5};
  one.upper = {700};
  one.call.in = {one.lower.data(), one.upper.data(), one.slack.data(), 1, 1, 1};
  one.draw();
  CHECK(one.call.out.lower[0] == 1);
  CHECK(one.call.out.upper[0] == 1);
  CHECK(one.call.node.lower.intercept[0] == 1);
}

TEST_CASE("what is infinite leaves probabilities") {
  Run<double> run(3);
  run.lower = {-1, -std::numeric_limits<double>::infinity(), 0};
  run.upper = {1, 2, std::numeric_limits<double>::infinity()};
  run.call.in = {run.lower.data(), run.upper.data(), run.slack.data(), 1, 3, 3};
  run.draw();
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(run.call.out.lower[k] == 0);
    CHECK(run.call.out.upper[k] == 1);
    CHECK(run.call.node.upper.slope[k] == 0);
    CHECK(run.call.node.upper.intercept[k] == 1);
  }
}
