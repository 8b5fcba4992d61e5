// expect: shardbound::Activation: the state of its functor is not made up of named doubles\. Fix: name each of them
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

struct Scaled : relax::ReLU {
  double scale = 1, shift = 0;
  static constexpr NamedCoefficient<Scaled> coefficients[] = {
      {.name = "scale", .member = &Scaled::scale}, {.name = "shift", .member = &Scaled::scale}};
};

Network<Sequential<Input<4>, Linear<8>, Activation<Scaled>, Linear<2>>> network;
