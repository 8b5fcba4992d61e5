// SPDX-License-Identifier: BSD-3-Clause

// Operations on one coefficient: a row a . y + c over y = op(x) becomes a row over x that is never above
// it, and what rounding may have cost is counted per unit of |a|.

#include <doctest/doctest.h>

#include <shardbound/expr/chain.hpp>
#include <shardbound/relax/leaky_relu.hpp>
#include <shardbound/relax/s_shaped.hpp>

using namespace shardbound;
using namespace shardbound::expr;

namespace {

// Two neurons over two domains; numbers that are exact in binary.
struct Lines {
  double lower_slope[4] = {0.5, 2, 4, 8}, lower_intercept[4] = {1, -1, 3, -3};
  double upper_slope[4] = {0.25, 1, -1, 16}, upper_intercept[4] = {10, 20, 30, 40};
  double lower_slack[4] = {1, 2, 3, 4}, upper_slack[4] = {5, 6, 7, 8};

  OperationData<double> data() const {
    OperationData<double> operation;
    operation.lines = {lower_slope, lower_intercept, upper_slope, upper_intercept,
                       lower_slack, upper_slack,     2,           LinesPer::domain};
    return operation;
  }
};

template <class Operation>
Coefficient<double> pulled(const OperationData<double>& data, index_t domain, index_t column,
                           double a) {
  Coefficient<double> coefficient{a, 100, 1000};
  Operation::pull_back(Operation::row(data, 7, domain), column, coefficient);
  return coefficient;
}

bool same(const Coefficient<double>& a, double value, double constant, double slack) {
  return a.value == value && a.constant == constant && a.slack == slack;
}

}  // namespace

TEST_CASE("a nonnegative coefficient takes the lower line, a negative one the upper") {
  const Lines lines;
  using Op = Relaxed<relax::Sigmoid>;
  CHECK(same(pulled<Op>(lines.data(), 0, 1, 4), 8, 100 - 4, 1000 + 4 * 2));
  CHECK(same(pulled<Op>(lines.data(), 0, 1, -4), -4, 100 - 80, 1000 + 4 * 6));
  CHECK(same(pulled<Op>(lines.data(), 1, 0, 2), 8, 100 + 6, 1000 + 2 * 3));  // another domain
  CHECK(same(pulled<Op>(lines.data(), 1, 0, 0), 0, 100, 1000));
}

TEST_CASE("a lower line through the origin has no intercept to read") {
  const Lines lines;
  using Op = Relaxed<relax::LeakyReLU>;
  CHECK(same(pulled<Op>(lines.data(), 0, 1, 4), 8, 100, 1000 + 4 * 2));
  CHECK(same(pulled<Op>(lines.data(), 0, 1, -4), -4, 100 - 80, 1000 + 4 * 6));
}

TEST_CASE("scales and shifts, and biases, are exact whatever the sign") {
  const double scale[2] = {2, -3}, shift[2] = {10, 20}, slack[4] = {1, 2, 3, 4};
  OperationData<double> data;
  data.scale = scale;
  data.shift = shift;
  data.slack = slack;
  data.slack_leading = 2;
  CHECK(same(pulled<Scaled>(data, 0, 1, 4), -12, 180, 1008));
  CHECK(same(pulled<Scaled>(data, 1, 1, -4), 12, 20, 1016));
  CHECK(same(pulled<Biased>(data, 0, 0, -4), -4, 60, 1004));
  CHECK(same(pulled<Biased>(data, 1, 1, 0.5), 0.5, 110, 1002));
}

static_assert(Chain<Biased>::length == 1 &&
              Chain<Scaled, Relaxed<relax::Tanh>, Biased>::length == 3);
