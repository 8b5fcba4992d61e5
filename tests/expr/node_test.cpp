// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/expr/node.hpp>

using namespace shardbound;

static_assert(Node{} == Node{});
static_assert(Node{}.kind == NodeKind::input && Node{}.segment.chain < 0 &&
              Node{}.cut == WeightCut::whole);

// Codes of activations are numbers from 0 up; the others must not collide with them.
static_assert(operation::scaled < 0 && operation::biased < 0 &&
              operation::scaled != operation::biased);

static_assert(mixes_features(NodeKind::gather) && mixes_features(NodeKind::multiply));
static_assert(!mixes_features(NodeKind::add) && !mixes_features(NodeKind::concat) &&
              !mixes_features(NodeKind::product));
static_assert(mixes_by_lines(NodeKind::maximum) && mixes_by_lines(NodeKind::softmax) &&
              mixes_by_lines(NodeKind::multiply));
static_assert(!mixes_by_lines(NodeKind::gather) && !mixes_by_lines(NodeKind::sum));

TEST_CASE("nodes that differ in one field differ") {
  Node node, other;
  other.segment.chain = 1;
  CHECK(node != other);
  node.segment.chain = 1;
  CHECK(node == other);
  node.cut = WeightCut::rows;
  CHECK(node != other);
}
