// expect: shardbound::Conv: it does not follow a feature map of its axes\. Fix: begin with Input<channels, rows, columns>, of Conv1d Input<channels, length>, and keep Flatten for after the convolutions\.
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

Network<Sequential<Input<3, 8, 8>, Flatten, Conv2d<4, Kernel<3>>, Flatten, Linear<2>>> network;
