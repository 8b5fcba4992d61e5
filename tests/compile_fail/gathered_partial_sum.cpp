// expect: (Usable<P>|alias template 'Gather').*PartialSum
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/sharding/policy.hpp>

using namespace shardbound;

// A ColSharded product is owed a reduction before anybody may use it.
using Features = placement::Gather<ColSharded::Result>;
