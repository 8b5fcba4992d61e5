// expect: shardbound::Linear: it follows a feature map, not flat features\. Fix: put Flatten between them\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<16, 8, 8>, ReLU, Linear<10>>> network;
