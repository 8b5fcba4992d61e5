// expect: shardbound::Concat: it joins at least two branches\. Fix: list them
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<4>, Concat<Linear<4>>>> network;
