// SPDX-License-Identifier: BSD-3-Clause

// The algebra of placements, as laws.

#include <doctest/doctest.h>

#include <shardbound/sharding/placement.hpp>

#include <type_traits>

using namespace shardbound;
using namespace shardbound::placement;

namespace {

template <class A, class B>
constexpr bool same = std::is_same_v<A, B>;
template <class A, class B>
using Sum = typename SumOf<A, B>::type;

template <class P>
concept Reducible = requires {
  typename Reduce<P>;
};
template <class P>
concept Gatherable = requires {
  typename Gather<P>;
};
template <class P>
concept Scatterable = requires {
  typename Scatter<P>;
};

}  // namespace

static_assert(Placement<Full> && Placement<Split> && Placement<PartialSum>);
static_assert(!Placement<int> && !Placement<const Full>);

// A partial sum cannot be used, gathered or scattered, only reduced: a forgotten all-reduce would be an
// unsound bound.
static_assert(Usable<Full> && Usable<Split> && !Usable<PartialSum>);
static_assert(!Gatherable<PartialSum> && !Scatterable<PartialSum> && Reducible<PartialSum>);
static_assert(!Reducible<Split>);

static_assert(same<Reduce<PartialSum>, Full> && same<Gather<Split>, Full> &&
              same<Scatter<Full>, Split>);
static_assert(same<Reduce<Full>, Full> && same<Gather<Full>, Full>);  // identities
static_assert(same<Gather<Scatter<Full>>, Full>);                     // there and back
static_assert(same<Scatter<Gather<Split>>, Split>);
static_assert(same<Gather<Gather<Split>>, Gather<Split>>);  // idempotent
static_assert(same<Scatter<Scatter<Split>>, Split>);

// Sums: commutative; unequal branches meet in Full; equal ones stay.
static_assert(same<Sum<Full, Full>, Full> && same<Sum<Split, Split>, Split>);
static_assert(same<Sum<PartialSum, PartialSum>, PartialSum>);
static_assert(same<Sum<Full, Split>, Full> && same<Sum<Split, Full>, Full>);
static_assert(same<Sum<Full, PartialSum>, Full> && same<Sum<PartialSum, Full>, Full>);
static_assert(same<Sum<Split, PartialSum>, Full> && same<Sum<PartialSum, Split>, Full>);

TEST_CASE("placements are empty types") {
  CHECK((std::is_empty_v<Full> && std::is_empty_v<Split> && std::is_empty_v<PartialSum>));
}
