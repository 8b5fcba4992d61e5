// SPDX-License-Identifier: BSD-3-Clause

// Calls on nodes that mix features are values, as all calls are.

#include <doctest/doctest.h>

#include <shardbound/expr/mixed_calls.hpp>

#include <type_traits>

using namespace shardbound;
using namespace shardbound::expr;

static_assert(std::is_trivially_copyable_v<MixedCall<float>> &&
              std::is_trivially_copyable_v<PullCall<float>> &&
              std::is_trivially_copyable_v<MixedPushCall<float>>);
static_assert(PullCall<float>{}.write == Write::assign && PullCall<float>{}.operand == 0);

TEST_CASE("lines of a later domain begin further on, where there are any") {
  float numbers[8] = {};
  const MixedSide<float> side{numbers, nullptr, numbers + 2, numbers + 4};
  const auto later = side.from(3);
  CHECK(later.slope == numbers + 3);
  CHECK(later.other == nullptr);
  CHECK(later.intercept == numbers + 5);
  CHECK(later.slack == numbers + 7);
}

TEST_CASE("gathers and sums are linear") {
  Mixing<double> node;
  for (const auto kind : {NodeKind::gather, NodeKind::sum, NodeKind::maximum, NodeKind::softmax,
                          NodeKind::multiply}) {
    node.kind = kind;
    CHECK(node.has_lines() == (kind != NodeKind::gather && kind != NodeKind::sum));
  }
}
