// expect: shardbound::Input: it stands after other layers\. Fix: write it once, as the first layer of the network\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<4>, Linear<8>, Input<8>, ReLU>> network;
