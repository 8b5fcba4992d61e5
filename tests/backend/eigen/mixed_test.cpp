// SPDX-License-Identifier: BSD-3-Clause

// Rows through nodes that mix features: by hand, and against the points that go the other way, as what a row makes of a
// node's lines at a point must be what it is worth below them.

#include <doctest/doctest.h>

#include <shardbound/backend/eigen/backend.hpp>

#include <random>
#include <vector>

using namespace shardbound;

namespace {

/// `rows` rows over two domains of a node of 8 outputs, with random lines.
struct Random {
  static constexpr index_t rows = 40, outputs = 8, domains = 2;
  NodeKind kind;
  index_t inputs;
  std::mt19937 random{7};
  std::vector<double> planes, fill, a, y[2], sums;
  std::vector<std::int32_t> choice, indices, index, domain;
  std::vector<double> sign;
  expr::Mixing<double> node;

  double uniform() { return std::uniform_real_distribution<double>(-1, 1)(random); }
  explicit Random(NodeKind of)
      : kind(of), inputs(of == NodeKind::sum || of == NodeKind::maximum ? 16 : 8) {
    const auto draw = [&](std::vector<double>& numbers, index_t count) {
      for (index_t i = 0; i < count; ++i) numbers.push_back(uniform());
    };
    draw(planes, 8 * domains * outputs);
    draw(fill, outputs);
    draw(a, rows * outputs);
    for (auto& points : y) draw(points, rows * inputs);
    for (index_t r = 0; r < rows; ++r) {
      domain.push_back(static_cast<std::int32_t>(random() % domains));
      index.push_back(0);
      sign.push_back(1);
      a[static_cast<std::size_t>(r * outputs)] = 0;
    }
    for (index_t i = 0; i < domains * outputs; ++i)
      choice.push_back(static_cast<std::int32_t>(2 * (i % outputs) + random() % 2));
    indices = {3, -1, 3, 0, 7, 3, -1, 1};
    node.kind = kind;
    node.run = kind == NodeKind::softmax ? 4 : 2;
    node.leading = outputs;
    const auto side = [&](index_t first) {
      double* const data = planes.data() + first * domains * outputs;
      return expr::MixedSide<double>{data, data + 16, data + 32, data + 48};
    };
    node.lower = side(0);
    node.upper = side(4);
    for (double* slack : {node.lower.slack, node.upper.slack})
      for (index_t i = 0; i < domains * outputs; ++i) slack[i] = std::abs(slack[i]);
    if (kind == NodeKind::maximum) node.lower.slope = node.lower.intercept = nullptr;
    node.choice = choice.data();
    node.indices = indices.data();
    node.fill = fill.data();
    sums.assign(2 * rows, 0);
  }
  RowsView<double> view() const { return {index.data(), domain.data(), sign.data(), rows}; }
  int operands() const { return kind == NodeKind::multiply ? 2 : 1; }

  std::vector<double> pulled(EigenBackend& backend, int operand, Write write, double before = 0) {
    std::vector<double> to(static_cast<std::size_t>(rows * inputs), before);
    expr::PullCall<double> call;
    call.node = node;
    call.operand = operand;
    call.from = {a.data(), rows, outputs, outputs};
    call.to = {to.data(), rows, inputs, inputs};
    call.write = write;
    call.rows = view();
    call.sums = {sums.data(), sums.data() + rows};
    backend.pull_mixed(call);
    return to;
  }
};

constexpr NodeKind kinds[] = {NodeKind::gather, NodeKind::sum, NodeKind::maximum, NodeKind::softmax,
                              NodeKind::multiply};

}  // namespace

TEST_CASE("what a row makes of a node at a point is what it is worth below") {
  EigenBackend backend;
  for (const NodeKind kind : kinds) {
    CAPTURE(static_cast<int>(kind));
    Random one(kind);
    std::vector<double> value(one.rows, 0.0), above(one.rows * one.outputs, NAN);
    for (int operand = 0; operand < one.operands(); ++operand) {
      const auto to = one.pulled(backend, operand, Write::assign, NAN);
      const auto& y = one.y[operand];
      for (std::size_t i = 0; i < to.size(); ++i)
        value[i / static_cast<std::size_t>(one.inputs)] += to[i] * y[i];
      expr::MixedPushCall<double> call;
      call.node = one.node;
      call.operand = operand;
      call.coefficients = {one.a.data(), one.rows, one.outputs, one.outputs};
      call.from = {y.data(), one.rows, one.inputs, one.inputs};
      call.to = {above.data(), one.rows, one.outputs, one.outputs};
      call.write = operand == 0 ? Write::assign : Write::add;
      call.rows = one.view();
      backend.push_mixed(call);
    }
    for (std::size_t r = 0; r < value.size(); ++r) {
      double expected = 0;
      for (std::size_t i = 0; i < 8; ++i) expected += one.a[8 * r + i] * above[8 * r + i];
      CHECK(value[r] + one.sums[r] == doctest::Approx(expected).epsilon(1e-12));
    }
  }
}

TEST_CASE("slack is the coefficients' sizes times the slack of the side that they take") {
  EigenBackend backend;
  for (const NodeKind kind : kinds) {
    Random one(kind);
    for (int operand = 0; operand < one.operands(); ++operand)
      one.pulled(backend, operand, Write::assign);
    for (std::size_t r = 0; r < one.rows; ++r) {
      double slack = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        const double a = one.a[8 * r + i];
        const auto& side = a >= 0 || !one.node.has_lines() ? one.node.lower : one.node.upper;
        slack += std::abs(a) * side.slack[8 * static_cast<std::size_t>(one.domain[r]) + i];
      }
      CHECK(one.sums[Random::rows + r] == doctest::Approx(slack));
    }
  }
}

TEST_CASE("rows are added to those that are there, whatever threads do") {
  EigenBackend alone, three(3);
  for (const NodeKind kind : kinds) {
    Random one(kind), again(kind);
    const auto fresh = one.pulled(alone, 0, Write::assign);
    const auto added = one.pulled(alone, 0, Write::add, 4);
    for (std::size_t i = 0; i < fresh.size(); ++i)
      CHECK(added[i] == doctest::Approx(fresh[i] + 4).epsilon(1e-12));
    CHECK(again.pulled(three, 0, Write::assign) == fresh);
    CHECK(again.pulled(three, 0, Write::add, 4) == added);
    CHECK(again.sums == one.sums);
  }
}

TEST_CASE("a gather's rows, by hand") {
  EigenBackend backend;
  Random one(NodeKind::gather);
  const auto to = one.pulled(backend, 0, Write::assign);
  const double* const a = one.a.data() + 8;  // the second row
  const std::vector<double> expected = {a[3], a[7], 0, a[0] + a[2] + a[5], 0, 0, 0, a[4]};
  CHECK(std::vector<double>(to.begin() + 8, to.begin() + 16) == expected);
  CHECK(one.sums[1] == a[1] * one.fill[1] + a[6] * one.fill[6]);
}

TEST_CASE("no line is too steep for a coefficient of 0") {
  EigenBackend backend;
  for (const NodeKind kind : {NodeKind::maximum, NodeKind::multiply}) {
    Random one(kind);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (auto& side : {one.node.lower, one.node.upper})
      for (index_t d = 0; d < 2; ++d) {
        side.slack[8 * d] = infinity;
        if (side.intercept) side.intercept[8 * d] = infinity;
      }
    one.pulled(backend, 0, Write::assign);
    for (const double sum : one.sums) CHECK(std::isfinite(sum));
  }
}
