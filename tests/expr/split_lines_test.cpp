// SPDX-License-Identifier: BSD-3-Clause

// One neuron that is split between two points: lines over less than its interval, free ones among them, and a multiplier of
// whichever end its sign says.

#include <doctest/doctest.h>

#include <shardbound/expr/split_calls.hpp>
#include <shardbound/relax/relu.hpp>
#include <shardbound/relax/s_shaped.hpp>

#include <algorithm>
#include <limits>
#include <utility>

using namespace shardbound;
using namespace shardbound::expr;

namespace {

/// One neuron, one row over the only domain, an activation alone: what is known of it, and what becomes of coefficients
/// and points.
struct OneNeuron {
  double numbers[split_numbers] = {};
  std::int32_t neuron = 0, index = 0, domain = 0, home = 0;
  double sign = 1, multiplier = 0, met = 0, taken = 0, constant = 0, slack = 0;
  double lower_line = std::numeric_limits<double>::quiet_NaN(), upper_line = lower_line;
  double lower_gradient = 0, upper_gradient = 0;
  double lower = -3, upper = 5, in_slack = 0, weight = 1, gradient = 0;

  double& operator[](SplitNumber which) { return numbers[static_cast<std::size_t>(which)]; }
  OneNeuron(double low, double high) {
    (*this)[SplitNumber::low] = low;
    (*this)[SplitNumber::high] = high;
    (*this)[SplitNumber::lower_slope] = 0.5;
    (*this)[SplitNumber::lower_intercept] = -1;
    (*this)[SplitNumber::upper_slope] = 0.25;
    (*this)[SplitNumber::upper_intercept] = 2;
  }
  SplitChainCall<double> call() {
    SplitChainCall<double> call;
    call.of = {{},
               {&index, &domain, &sign, 1, &home},
               {&neuron, nullptr, {}, numbers, 1, &met, 1, &multiplier, &lower_line, &upper_line},
               &taken};
    call.sums = {&constant, &slack};
    call.in = {&lower, &upper, &in_slack, 1, 1, 1};
    call.weight = &weight;
    call.gradient = &gradient;
    call.lower_gradient = &lower_gradient;
    call.upper_gradient = &upper_gradient;
    return call;
  }
  void pull(double a) {
    taken = a;
    constant = slack = 0;
    pull_splits<Chain<Relaxed<LineKind::any>>>(call(), 0);
  }
  double gain(double at, double now) {
    multiplier = now;
    taken = at;
    push_splits<Chain<Relaxed<LineKind::any>>>(call(), 0);
    return gradient;
  }
};
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE(
    "a coefficient takes the lower or the upper line by its sign, and a multiplier its point") {
  OneNeuron one(1, 4);
  one[SplitNumber::lower_slack] = 0.125;
  one[SplitNumber::upper_slack] = 0.5;
  one.pull(2);
  CHECK(one.taken == 1);
  CHECK(one.constant == -2);
  CHECK(one.slack == doctest::Approx(0.25));
  CHECK(one.met == 2);
  one.pull(-2);
  CHECK(one.taken == -0.5);
  CHECK(one.constant == -4);
  CHECK(one.slack == doctest::Approx(1));
  // 3 (z - 1) >= 0 is taken away, or -3 (z - 4) >= 0.
  one.multiplier = 3;
  one.pull(2);
  CHECK(one.taken == 1 - 3);
  CHECK(one.constant == -2 + 3);
  one.multiplier = -3;
  one.pull(2);
  CHECK(one.taken == 1 + 3);
  CHECK(one.constant == -2 - 12);
  // What is not known is never met.
  OneNeuron half(-infinity, 4);
  half.pull(2);
  CHECK(half.constant == -2);
}

TEST_CASE("points go up by the line that the coefficient took") {
  OneNeuron one(1, 4);
  one.pull(2);
  one.taken = 4;
  push_splits<Chain<Relaxed<LineKind::any>>>(one.call(), 0);
  CHECK(one.taken == 1);
  one.pull(-2);
  one.taken = 4;
  push_splits<Chain<Relaxed<LineKind::any>>>(one.call(), 0);
  CHECK(one.taken == 3);
}

TEST_CASE(
    "a multiplier gains by how far the point is beyond what is known, and at 0 on either side") {
  OneNeuron both(1, 4);
  CHECK(both.gain(0, 0) == 1);
  CHECK(both.gain(2, 0) == 0);
  CHECK(both.gain(6, 0) == -2);
  CHECK(both.gain(6, 0.5) == -5);
  CHECK(both.gain(0, -0.5) == 4);
  OneNeuron low(1, infinity), high(-infinity, 4);
  CHECK(low.gain(0, 0) == 1);
  CHECK(low.gain(6, 0) == -5);
  CHECK(high.gain(0, 0) == 4);
  CHECK(high.gain(6, 0) == -2);
}

TEST_CASE("where a line is free, its parameter says which it is, and what that gains") {
  using FreeTanh = Freed<relax::FreeLineOf<relax::Tanh>>;
  OneNeuron one(1, 4);
  one.lower_line = 2;
  const auto pull = [&](double a) {
    one.taken = a;
    one.constant = 0;
    pull_splits<Chain<FreeTanh>>(one.call(), 0);
  };
  const auto tangent = relax::Tanh::at(2.0);
  pull(2);
  CHECK(one.taken == 2 * tangent.slope);
  CHECK(one.constant == 2 * tangent.intercept);
  pull(-2);  // the other line is not free
  CHECK(one.taken == -0.5);
  one.taken = 3;
  push_splits<Chain<FreeTanh>>(one.call(), 0);
  CHECK(one.lower_gradient == 0);
  CHECK(one.upper_gradient == 0);
  pull(2);
  one.taken = 3;
  push_splits<Chain<FreeTanh>>(one.call(), 0);
  CHECK(one.taken == doctest::Approx(tangent.slope * 3 + tangent.intercept));
  CHECK(one.lower_gradient == 2 * relax::Tanh::at_gradient(2.0, 3.0));
  CHECK(one.upper_gradient == 0);
  one.upper_line = 1.5;
  pull(-2);
  CHECK(one.taken == -2 * relax::Tanh::at(1.5).slope);
  one.taken = 3;
  push_splits<Chain<FreeTanh>>(one.call(), 0);
  CHECK(one.upper_gradient == -2 * relax::Tanh::at_gradient(1.5, 3.0));
}

TEST_CASE("rounding of a multiplier's constant is paid for") {
  OneNeuron one(1, 4);
  one.multiplier = -3;
  auto call = one.call();
  call.gamma = 0.25;
  one.taken = 2;
  pull_splits<Chain<Relaxed<LineKind::any>>>(call, 0);
  CHECK(one.slack == doctest::Approx(12 * 0.25));
}

TEST_CASE_TEMPLATE("lines of parts: a side where it bends, otherwise those of the smaller interval",
                   T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  const auto above = split_lines(relax::ReLU{}, PartOfInterval<T>{-2, 3, 0, 0, inf});
  CHECK(above.fixed.lines.lower.slope == 1);
  CHECK(above.fixed.lines.upper.slope == 1);
  CHECK(above.fixed.lower_slack == 0);
  const auto below = split_lines(relax::ReLU{}, PartOfInterval<T>{-2, 3, 0, -inf, 0});
  CHECK(below.fixed.lines.lower.slope == 0);
  CHECK(below.fixed.lines.upper.slope == 0);
  CHECK(below.fixed.lines.upper.intercept == 0);
  const auto some = split_lines(relax::ReLU{}, PartOfInterval<T>{-2, 3, 0, -1, 1});
  CHECK(some.fixed.lines.upper.slope == T(0.5));
  CHECK(some.fixed.lines.upper.intercept == T(0.5));

  const relax::Tanh f;
  for (const auto& [low, high] :
       {std::pair{T(-1), T(0.5)}, {T(0), inf}, {-inf, T(1)}, {T(2), T(4)}}) {
    const T l = std::max(T(-2), low), u = std::min(T(3), high);
    const auto part = split_lines(f, PartOfInterval<T>{-2, 3, T(0.125), low, high});
    const auto expected = relax::lines(f, l, u);
    CHECK(part.fixed.lines.lower.slope == expected.lower.slope);
    CHECK(part.fixed.lines.upper.intercept == expected.upper.intercept);
    CHECK(part.fixed.lower_slack > 0);
    for (T z = l; z <= u; z += T(1) / 64) {
      CHECK(part.fixed.lines.lower.slope * z + part.fixed.lines.lower.intercept <=
            f.value(z) + part.fixed.lower_slack);
      CHECK(part.fixed.lines.upper.slope * z + part.fixed.lines.upper.intercept >=
            f.value(z) - part.fixed.upper_slack);
    }
  }
  // Over [0, 3] it is above its chord and below its tangents, of which slack is paid for all.
  const auto upper = split_lines(f, PartOfInterval<T>{-2, 3, 0, 0, inf});
  CHECK_FALSE(upper.free.lower.is_free());
  CHECK(upper.free.upper.is_free());
  CHECK(upper.free.upper.least == 0);
  CHECK(upper.free.upper.most == 3);
  // Nothing is left of it: any line will do, but it is one.
  const auto empty = split_lines(f, PartOfInterval<T>{-2, 3, 0, 5, inf});
  CHECK(empty.fixed.lines.lower.slope - empty.fixed.lines.lower.slope == 0);
}
