// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks whose weights are generated, so that any width can be rebuilt anywhere without a file: the
// recipe of ../shared/oracles/README.md, wide_mlp.

#include <shardbound/network/instance.hpp>
#include <shardbound/spec/input_set.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace shardbound_bench {

namespace sb = shardbound;

/// Numbers in [-1, 1) on a grid of 2^-23, the same on every machine.
class Stream {
 public:
  explicit Stream(std::uint64_t number) : key_(mix(1000003 + number)) {}

  float operator()(std::uint64_t i) const {
    const auto bits = mix(key_ + (i + 1) * 0x9E3779B97F4A7C15) >> 40;
    return static_cast<float>(static_cast<std::int64_t>(bits) - (1 << 23)) * 0x1p-23f;
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t key_;
};

/// Sets every product of a network, in order: matrix 2k and bias 2k + 1 for layer k.
template <class T, class Backend>
void generate_weights(sb::Instance<T, Backend>& network) {
  std::uint64_t layer = 0;
  for (const int node : network.product_nodes()) {
    const auto& tensor = network.parameters(node).weight;
    const Stream weights(2 * layer), biases(2 * layer + 1);
    const auto scale = static_cast<float>(std::sqrt(6.0 / static_cast<double>(tensor.in())));
    std::vector<float> matrix(static_cast<std::size_t>(tensor.out() * tensor.in()));
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = weights(i) * scale;
    std::vector<float> bias(static_cast<std::size_t>(tensor.out()));
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = biases(i) * 0.05f;
    network.template set_linear<float>(node, matrix, bias);
    ++layer;
  }
}

/// The box of the recipe: a centre in [0, 1), 0.01 to either side, in float32.
inline sb::Box generated_box(sb::index_t inputs) {
  sb::Box box;
  const Stream centres(1000);
  for (sb::index_t i = 0; i < inputs; ++i) {
    const auto centre = static_cast<float>(0.5 + 0.5 * centres(static_cast<std::uint64_t>(i)));
    box.lower.push_back(centre - 0.01f);
    box.upper.push_back(centre + 0.01f);
  }
  return box;
}

}  // namespace shardbound_bench
