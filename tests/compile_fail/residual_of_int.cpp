// expect: shardbound::Network: a part of it is not a layer\. Fix: put a layer there, or a functor inside Activation<\.\.\.>
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<2>, Residual<int>, Linear<2>>> network;
