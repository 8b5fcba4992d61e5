// expect: shardbound::Conv: its groups do not divide the channels that come in\. Fix: choose a divisor\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<3, 4, 4>, Conv2d<4, Kernel<3>, Groups<2>>, Flatten, Linear<2>>> network;
