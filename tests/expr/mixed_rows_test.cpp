// SPDX-License-Identifier: BSD-3-Clause

// Rows through a gather, reader by reader and feature by feature, and how many units a node has. (Through every kind:
// backend/eigen/mixed_test.)

#include <doctest/doctest.h>

#include <shardbound/expr/mixed_rows.hpp>

#include <vector>

using namespace shardbound;

TEST_CASE("a gather's rows are the same from either side") {
  const std::vector<std::int32_t> indices = {2, 0, -1, 2}, first = {0, 1, 1, 3},
                                  readers = {1, 0, 3};
  std::vector<double> slack = {1, 1, 1, 1}, fill = {0, 0, 8, 0};
  const std::vector<double> a = {1, 2, 4, 16};
  expr::PullCall<double> call;
  call.node.kind = NodeKind::gather;
  call.node.indices = indices.data();
  call.node.first_reader = first.data();
  call.node.readers = readers.data();
  call.node.fill = fill.data();
  call.node.lower.slack = slack.data();
  const expr::MixedRow<double> lines(call.node, 0);
  std::vector<double> by_output(3), by_feature(3);
  double constant = 0, slacks = 0;
  for (index_t i = 0; i < 4; ++i) {
    expr::pull_unit(call, lines, a.data(), by_output.data(), i);
    expr::add_sums(call.node, lines, a[static_cast<std::size_t>(i)], i, constant, slacks);
  }
  for (index_t j = 0; j < 3; ++j) expr::pull_feature(call, a.data(), by_feature.data(), j);
  CHECK(by_output == std::vector<double>{2, 0, 17});
  CHECK(by_feature == by_output);
  CHECK(constant == 32);
  CHECK(slacks == 23);
}

TEST_CASE("a softmax is worked on run by run") {
  expr::Mixing<double> node;
  node.run = 3;
  node.kind = NodeKind::softmax;
  CHECK(expr::units_of(node, 12) == 4);
  node.kind = NodeKind::maximum;
  CHECK(expr::units_of(node, 12) == 12);
}
