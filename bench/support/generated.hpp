// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks whose weights are generated, so that any width can be rebuilt anywhere without a file: the
// recipe of ../shared/oracles/README.md, wide_mlp.

#include <shardbound/shardbound.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
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

/// 784 -> W, Depth times -> 10, with ReLU.
template <int W, int Depth, class... Hidden>
struct WideMlp : WideMlp<W, Depth - 1, sb::Linear<W>, sb::ReLU, Hidden...> {};
template <int W, class... Hidden>
struct WideMlp<W, 0, Hidden...> {
  using type = sb::Sequential<sb::Input<784>, Hidden..., sb::Linear<10>>;
};
/// Its name in the reference's tables.
inline std::string wide_name(int width, int depth) {
  return std::to_string(width) + "x" + std::to_string(depth);
}

/// `count` numbers of a stream from `first` on, times `scale`; on a few threads, as there may be billions.
inline std::vector<float> numbers_of(const Stream& stream, std::uint64_t first, std::size_t count,
                                     float scale) {
  std::vector<float> numbers(count);
  const auto fill = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) numbers[i] = stream(first + i) * scale;
  };
  const std::size_t helpers = std::clamp(std::thread::hardware_concurrency() / 4, 1u, 8u);
  const std::size_t each = count / helpers + 1;
  if (count < 100000) {
    fill(0, count);
    return numbers;
  }
  std::vector<std::jthread> team;
  for (std::size_t from = 0; from < count; from += each)
    team.emplace_back(fill, from, std::min(from + each, count));
  team.clear();  // waits
  return numbers;
}

/// Sets every product of a network, in order: matrix 2k and bias 2k + 1 for layer k. A few rows at a time,
/// so that no rank ever holds a matrix that it does not keep.
template <class T, class Backend>
void generate_weights(sb::Instance<T, Backend>& network) {
  constexpr sb::index_t strip = 64;
  std::uint64_t layer = 0;
  for (const int node : network.product_nodes()) {
    const auto& tensor = network.parameters(node).weight;
    const sb::index_t out = tensor.out(), in = tensor.in();
    const Stream weights(2 * layer), biases(2 * layer + 1);
    const auto scale = static_cast<float>(std::sqrt(6.0 / static_cast<double>(in)));
    for (sb::index_t first = 0; first < out; first += strip) {
      const sb::Block rows{first, std::min(strip, out - first)};
      if (!network.wants_rows(node, rows)) continue;
      const auto numbers = numbers_of(weights, static_cast<std::uint64_t>(first * in),
                                      static_cast<std::size_t>(rows.count * in), scale);
      network.set_rows(node, rows, numbers.data());
    }
    network.set_bias(node, numbers_of(biases, 0, static_cast<std::size_t>(out), 0.05f));
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
