// expect: shardbound::Linear: it must have at least one output\. Fix: write Linear<N> with the number of rows of its matrix\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<4>, Linear<0>, ReLU, Linear<2>>> network;
