// expect: shardbound::Conv: its window is larger than the map with its padding\. Fix: a smaller kernel, or more padding\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<3, 4, 4>, Conv2d<4, Kernel<5>>, Flatten, Linear<2>>> network;
