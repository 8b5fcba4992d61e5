// SPDX-License-Identifier: BSD-3-Clause

// Calls are values that a queue or a kernel launch can hold: no references, nothing to destroy.

#include <doctest/doctest.h>

#include <shardbound/expr/calls.hpp>

#include <type_traits>

using namespace shardbound;
using namespace shardbound::expr;

template <class Call>
constexpr bool is_value =
    std::is_trivially_copyable_v<Call>&& std::is_trivially_destructible_v<Call>;

static_assert(is_value<SweepCall<float>> && is_value<PushCall<float>> &&
              is_value<SelectCall<float>> && is_value<SetView<float>> &&
              is_value<ConcretizeCall<float>> && is_value<AffineCall<float>> &&
              is_value<PartialAffineCall<float>> && is_value<PointwiseCall<float>> &&
              is_value<StoreCall<float>> && is_value<RowsTarget<float>>);

// What a call says if nobody says otherwise.
static_assert(SelectCall<float>{}.matrix.data == nullptr && SelectCall<float>{}.bias == nullptr);
static_assert(ConcretizeCall<float>{}.worst.data == nullptr);
static_assert(PartialAffineCall<float>{}.parts == 1 && !PartialAffineCall<float>{}.points);
static_assert(SetView<float>{}.norm == Norm::infinity);
static_assert(StoreCall<float>{}.meet == Meet::assign);
static_assert(SweepCall<float>{}.trace.data == nullptr);

TEST_CASE("a sweep has room for the longest chain") {
  CHECK(std::extent_v<decltype(SweepCall<double>::data)> == longest_chain);
  CHECK(std::extent_v<decltype(PushCall<double>::data)> == longest_chain);
}
