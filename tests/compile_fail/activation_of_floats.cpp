// expect: shardbound::Activation: the state of its functor is not made up of named doubles\. Fix: name each of them
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

struct Floats : relax::ReLU {
  float scale = 1, shift = 0;  // as large as one double
};

Network<Sequential<Input<4>, Linear<8>, Activation<Floats>, Linear<2>>> network;
