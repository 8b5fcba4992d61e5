// expect: (ShardingPolicy<Policy>|class template 'Linear' .*Policy = shardbound::Full)
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

using Layer = Linear<8, Full>;
