// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network small enough to reason about, as a type, as a file and as an engine: it computes
// y = (|x_0| + |x_1|, x_0 - x_1) on two inputs.
//
//   x -> Linear<4> (x_0, -x_0, x_1, -x_1) -> ReLU -> Linear<2>

#include <shardbound/bound/engine_of.hpp>
#include <shardbound/shardbound.hpp>
#include <tests/support/onnx_writer.hpp>

namespace shardbound_test {

using SmallNetwork = shardbound::Sequential<shardbound::Input<2>, shardbound::Linear<4>,
                                            shardbound::ReLU, shardbound::Linear<2>>;

inline const std::vector<float> small_first = {1, 0, -1, 0, 0, 1, 0, -1};
inline const std::vector<float> small_second = {1, 1, 1, 1, 1, -1, -1, 1};

inline OnnxWriter small_onnx() {
  OnnxWriter net;
  net.input("x", {1, 2}).output("y", {1, 2});
  net.tensor("W1", {4, 2}, small_first).tensor("b1", {4}, std::vector<float>(4));
  net.tensor("W2", {2, 4}, small_second).tensor("b2", {2}, std::vector<float>(2));
  net.node("Gemm", {"x", "W1", "b1"}, {"z"}, {onnx_integer("transB", 1)});
  net.node("Relu", {"z"}, {"h"});
  net.node("Gemm", {"h", "W2", "b2"}, {"y"}, {onnx_integer("transB", 1)});
  return net;
}

template <class T = double>
std::unique_ptr<shardbound::Engine> small_engine() {
  auto network = std::make_unique<shardbound::Network<SmallNetwork, T>>();
  network->set_linear(1, small_first, std::vector<float>(4));
  network->set_linear(3, small_second, std::vector<float>(2));
  return std::make_unique<shardbound::EngineOf<T, shardbound::EigenBackend>>(std::move(network));
}

/// Over [-1, 2] x [-1, 1]: |x_0| + |x_1| is between 0 and 3.
inline shardbound::Box small_box() { return {{-1, -1}, {2, 1}}; }

/// Unsafe: y_0 >= threshold.
inline shardbound::Property at_least(double threshold) {
  return {2, 2, {{small_box(), {{{-1, 0}, {-threshold}}}}}};
}

}  // namespace shardbound_test
