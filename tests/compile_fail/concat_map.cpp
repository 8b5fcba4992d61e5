// expect: shardbound::Concat: a branch ends in a feature map, not flat features\. Fix: end the branch with Flatten\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<2, 3>, Concat<ReLU, Sequential<Flatten, Linear<4>>>, Linear<2>>> network;
