// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Networks of convolutions, and the same networks with every convolution written out as one big matrix.

#include <shardbound/network/planned_network.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace shardbound_test {

namespace sb = shardbound;

/// A plan with numbers for its products, as they are set: matrices as files have them.
struct Drawn {
  sb::RuntimePlan plan{64, 128};
  std::vector<std::vector<double>> weight{{}}, bias{{}};
  std::vector<std::vector<std::int32_t>> indices{{}};  // of gathers

  int begin(sb::Shape shape) { return plan.begin(shape); }
  int push(sb::Node node, std::vector<int> from) {
    weight.emplace_back();
    bias.emplace_back();
    indices.emplace_back();
    return plan.push(node, from);
  }
  int product(int from, const sb::Geometry& geometry, sb::Shape shape, std::mt19937& random,
              sb::WeightCut cut = sb::WeightCut::whole) {
    sb::Node node;
    node.kind = sb::NodeKind::product;
    node.geometry = geometry;
    node.shape = shape;
    node.cut = cut;
    const int made = push(node, {from});
    std::normal_distribution<double> normal;
    const double scale = 1 / std::sqrt(static_cast<double>(geometry.width()));
    for (sb::index_t i = 0; i < geometry.out_channels * geometry.width(); ++i)
      weight.back().push_back(scale * normal(random));
    for (sb::index_t i = 0; i < geometry.out_channels; ++i) bias.back().push_back(normal(random));
    return made;
  }
  int relu(int from) {
    sb::Node node = sb::activation_node(sb::KnownFunctions{}, 0);
    node.shape = plan.nodes[static_cast<std::size_t>(from)].shape;
    return push(node, {from});
  }
  int add(int a, int b) {
    sb::Node node;
    node.kind = sb::NodeKind::add;
    node.shape = plan.nodes[static_cast<std::size_t>(a)].shape;
    return push(node, {a, b});
  }
  /// Without a shape, as files have it.
  int concat(int a, int b) {
    sb::Node node;
    node.kind = sb::NodeKind::concat;
    node.shape = sb::Shape{features(a) + features(b)};
    return push(node, {a, b});
  }
  /// All features in another order.
  int permutation(int from, sb::Shape shape, std::mt19937& random) {
    sb::Node node;
    node.kind = sb::NodeKind::gather;
    node.shape = shape;
    const int made = push(node, {from});
    indices.back().resize(static_cast<std::size_t>(features(from)));
    std::iota(indices.back().begin(), indices.back().end(), 0);
    std::shuffle(indices.back().begin(), indices.back().end(), random);
    return made;
  }
  sb::index_t features(int v) const { return plan.nodes[static_cast<std::size_t>(v)].features; }
};

/// Number (i, j) of the matrix that a convolution is as a whole.
inline double written_out(const sb::Geometry& g, const std::vector<double>& weight, sb::index_t i,
                          sb::index_t j) {
  const auto out_channel = i / g.out_positions(), out = i % g.out_positions();
  const auto in_channel = j / g.in_positions(), in = j % g.in_positions();
  const auto group = out_channel / g.out_group();
  if (in_channel / g.in_group() != group) return 0;
  double sum = 0;
  for (sb::index_t y = 0; y < g.rows.taps; ++y)
    for (sb::index_t x = 0; x < g.columns.taps; ++x)
      if (g.rows.input_of(out / g.columns.out, y) == in / g.columns.in &&
          g.columns.input_of(out % g.columns.out, x) == in % g.columns.in)
        sum += weight[static_cast<std::size_t>(
            (out_channel * g.in_group() + in_channel % g.in_group()) * g.taps() +
            y * g.columns.taps + x)];
  return sum;
}

/// A backend that works with so many threads, if it has any.
template <class Backend>
std::unique_ptr<Backend> backend_with(int threads) {
  if constexpr (std::constructible_from<Backend, int>)
    return std::make_unique<Backend>(threads);
  else
    return std::make_unique<Backend>();
}

/// The network that was drawn, and - `dense` - that of the same functions without a convolution.
template <class T, class Backend = sb::EigenBackend>
std::unique_ptr<sb::PlannedNetwork<T, Backend>> network_of(const Drawn& drawn, bool dense,
                                                           sb::AnyCommunicator communicator = {},
                                                           int threads = 1) {
  sb::RuntimePlan plan(64, 128);
  const auto view = drawn.plan.view();
  plan.begin(view[0].shape);
  for (int v = 1; v < view.size(); ++v) {
    sb::Node node = view[v];
    node.consumers = 0;
    if (dense) node.geometry = {};
    plan.push(node, view.inputs_of(v));
  }
  plan.fold();
  auto network = std::make_unique<sb::PlannedNetwork<T, Backend>>(plan, std::move(communicator),
                                                                  backend_with<Backend>(threads));
  for (int v = 1; v < view.size(); ++v) {
    if (view[v].kind == sb::NodeKind::gather)
      network->set_gather(v, drawn.indices[static_cast<std::size_t>(v)]);
    if (view[v].kind != sb::NodeKind::product) continue;
    const auto& weight = drawn.weight[static_cast<std::size_t>(v)];
    const auto& bias = drawn.bias[static_cast<std::size_t>(v)];
    const sb::Geometry& g = view[v].geometry;
    if (!dense) {
      network->set_linear(v, weight, bias);
      continue;
    }
    std::vector<double> matrix, all;
    for (sb::index_t i = 0; i < g.out_features(); ++i) {
      for (sb::index_t j = 0; j < g.in_features(); ++j)
        matrix.push_back(written_out(g, weight, i, j));
      all.push_back(bias[static_cast<std::size_t>(i / g.out_positions())]);
    }
    network->set_linear(v, matrix, all);
  }
  return network;
}

/// Stacks of random windows - kernels even and odd, strides that do not divide, dilation, groups, padding on one side,
/// spreads - with and without ReLUs, skips around some of them, and a dense layer at the end. With any joins there are
/// concatenations too, and maps whose features a gather has put in another order.
enum class Joins { sums, any };
inline Drawn drawn_convolutions(std::mt19937& random, Joins joins = Joins::sums) {
  const auto any = [&](int low, int high) {
    return static_cast<sb::index_t>(std::uniform_int_distribution<int>(low, high)(random));
  };
  const auto axis = [&](sb::index_t in) {
    sb::WindowAxis made;
    made.in = in;
    do {
      made.taps = any(1, 4), made.stride = any(1, 3), made.dilation = any(1, 2);
      made.spread = any(0, 4) == 0 ? 2 : 1;
      made.before = any(-1, 2);
      const sb::index_t room = (in - 1) * made.spread + 1 + made.before + any(0, 2) -
                               made.dilation * (made.taps - 1) - 1;
      made.out = room < 0 ? 0 : room / made.stride + 1;
    } while (made.out < 1 || made.out > 14);
    return made;
  };
  Drawn drawn;
  const bool flat = any(0, 4) == 0;
  sb::index_t channels = any(1, 3), height = flat ? 1 : any(3, 12), width = any(3, 12);
  const auto shape_of = [&](sb::index_t c, sb::index_t h, sb::index_t w) {
    return flat ? sb::Shape{c, w} : sb::Shape{c, h, w};
  };
  int last = 0;
  if (any(0, 3) == 0) {  // a map that begins as the flat output of a dense layer
    const auto geometry = sb::Geometry::dense(5, channels * height * width);
    last = drawn.product(drawn.begin(sb::Shape{5}), geometry, sb::Shape{geometry.out_channels},
                         random);
  } else {
    drawn.begin(shape_of(channels, height, width));
  }
  for (int layer = 0; layer < static_cast<int>(any(2, 5)); ++layer) {
    sb::Geometry g;
    g.groups = any(0, 3) == 0 ? channels : 1;
    g.in_channels = channels;
    g.out_channels = g.groups * any(1, 3);
    g.columns = axis(width);
    if (!flat) g.rows = axis(height);
    const auto out = shape_of(g.out_channels, g.rows.out, g.columns.out);
    int main = drawn.product(last, g, out, random);
    if (any(0, 2) == 0) {  // another window with the same result, by the side
      if (any(0, 1) == 0) main = drawn.relu(main);
      int other = drawn.product(last, g, out, random);
      if (joins == Joins::any && any(0, 2) == 0)
        other = drawn.permutation(other, any(0, 1) == 0 ? out : sb::Shape{drawn.features(other)},
                                  random);
      if (joins == Joins::any && any(0, 2) == 0) {
        main = drawn.concat(main, other);
        g.out_channels *= 2;
      } else {
        main = drawn.add(main, other);
      }
    } else if (joins == Joins::any && any(0, 4) == 0) {
      main = drawn.permutation(main, out, random);
    }
    last = any(0, 3) > 0 ? drawn.relu(main) : main;
    channels = g.out_channels, height = g.rows.out, width = g.columns.out;
  }
  const sb::index_t features = channels * height * width;
  last = drawn.product(last, sb::Geometry::dense(features, 4), sb::Shape{4}, random);
  drawn.plan.fold();
  return drawn;
}

/// Two small convolutions, joined, below one with so many channels that its rows see regions, although these widen to
/// all of the map where it loses its shape.
enum class Between { concatenation, flat_permutation, permutation };
inline Drawn drawn_join(Between between, std::mt19937& random) {
  const auto axis = sb::WindowAxis{.in = 14, .out = 14, .taps = 3, .before = 1};
  const auto convolution = [&](sb::index_t in, sb::index_t out) {
    sb::Geometry made;
    made.in_channels = in, made.out_channels = out;
    made.rows = made.columns = axis;
    return made;
  };
  const sb::Shape map{4, 14, 14};
  Drawn drawn;
  const int in = drawn.begin(sb::Shape{1, 14, 14});
  const int a = drawn.relu(drawn.product(in, convolution(1, 4), map, random));
  const int b = drawn.product(in, convolution(1, 4), map, random);
  int joined = 0;
  if (between == Between::concatenation) {
    joined = drawn.concat(a, drawn.relu(b));
  } else {
    const sb::Shape shape = between == Between::permutation ? map : map.flattened();
    joined = drawn.add(a, drawn.relu(drawn.permutation(b, shape, random)));
  }
  const auto wide = convolution(between == Between::concatenation ? 8 : 4, 16);
  const int last = drawn.relu(drawn.product(joined, wide, sb::Shape{16, 14, 14}, random));
  drawn.product(last, sb::Geometry::dense(wide.out_features(), 2), sb::Shape{2}, random);
  drawn.plan.fold();
  return drawn;
}

}  // namespace shardbound_test
