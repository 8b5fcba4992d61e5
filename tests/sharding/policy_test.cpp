// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/sharding/policy.hpp>

#include <set>

using namespace shardbound;

static_assert(ShardingPolicy<Replicated> && ShardingPolicy<FullySharded>);
static_assert(ShardingPolicy<RowSharded> && ShardingPolicy<ColSharded>);

namespace {

struct Nameless {
  [[maybe_unused]] static constexpr WeightCut cut = WeightCut::whole;
  using Features = Full;
  using Result = Full;
};
struct Placeless : Replicated {
  using Result = int;
};
static_assert(!ShardingPolicy<Nameless> && !ShardingPolicy<Placeless> && !ShardingPolicy<Full>);

template <class P, class Features, class Result>
constexpr bool maps =
    std::is_same_v<typename P::Features, Features>&& std::is_same_v<typename P::Result, Result>;

}  // namespace

// The table of design section 4.
static_assert(maps<Replicated, Full, Full> && maps<FullySharded, Full, Full>);
static_assert(maps<RowSharded, Full, Split> && maps<ColSharded, Split, PartialSum>);
// Row then column: the split edge between them needs no communication, and one reduction ends the pair.
static_assert(std::is_same_v<RowSharded::Result, ColSharded::Features>);
static_assert(std::is_same_v<placement::Reduce<ColSharded::Result>, RowSharded::Features>);

TEST_CASE("every policy cuts differently and says so") {
  const std::set<WeightCut> cuts{Replicated::cut, FullySharded::cut, RowSharded::cut,
                                 ColSharded::cut};
  const std::set<std::string_view> names{Replicated::name, FullySharded::name, RowSharded::name,
                                         ColSharded::name};
  CHECK(cuts.size() == 4);
  CHECK(names.size() == 4);
}
