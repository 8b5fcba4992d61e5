// expect: shardbound::Linear: its second argument is not a sharding policy\. Fix: write Replicated, FullySharded, RowSharded or ColSharded, or nothing\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<2>, Linear<2, double>>> network;
