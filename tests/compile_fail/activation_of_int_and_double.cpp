// expect: shardbound::Activation: the state of its functor is not made up of named doubles\. Fix: name each of them
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

struct Powers : relax::ReLU {
  int exponent = 1;
  double scale = 1;
};

Network<Sequential<Input<4>, Linear<8>, Activation<Powers>, Linear<2>>> network;
