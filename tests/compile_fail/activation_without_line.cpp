// expect: shardbound::Activation: its functor must have a name, lipschitz\(\) or lipschitz\(l, u\), value\(x\), range\(l, u\) and line\(l, u\)
// SPDX-License-Identifier: BSD-3-Clause

#include <shardbound/shardbound.hpp>

using namespace shardbound;

struct Squared {
  static constexpr std::string_view name = "Squared";
  constexpr double lipschitz() const { return 2; }
  template <class T>
  constexpr T value(T x) const {
    return x * x;
  }
  template <class T>
  constexpr Interval<T> range(T, T) const {
    return {0, 1};
  }
};

Network<Sequential<Input<4>, Linear<8>, Activation<Squared>, Linear<2>>> network;
