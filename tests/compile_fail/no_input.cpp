// expect: shardbound::Network: its type must be a Sequential that begins with Input\. Fix: write Sequential<Input<N>, \.\.\.>\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Linear<4>, ReLU>> network;
