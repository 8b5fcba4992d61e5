// expect: shardbound::Residual: its branches end in different shapes\. Fix: give both branches the same number of features\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<8>, Residual<Sequential<Linear<6>, ReLU>>, Linear<2>>> network;
