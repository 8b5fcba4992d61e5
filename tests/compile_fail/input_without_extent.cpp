// expect: shardbound::Input: every extent must be positive\. Fix: name the input's extents without the batch axis
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<0, 3, 32>, Flatten, Linear<8>>> network;
