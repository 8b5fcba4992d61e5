// expect: (constraint|ShardingPolicy)
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

using Layer = Linear<8, Full>;
