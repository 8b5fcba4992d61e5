// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// From a graph of layers to the tree of layers that a person would write: sequences, and places
// where branches meet. A join and its nearest dominator enclose the branches between them; a graph
// in which a layer would then have to be written twice is not series-parallel and is refused.

#include <shardbound/io/layer_graph.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

namespace detail {

// Immediate dominators of a graph that grows one vertex at a time, each below its operands. The
// nearest common ancestor is found in logarithmic time by one extra pointer a vertex, which jumps
// as far as the last two jumps of its parent together if these were equal (Myers 1983).
class DominatorTree {
 public:
  explicit DominatorTree(std::size_t vertices) {
    parent_.reserve(vertices), jump_.reserve(vertices), depth_.reserve(vertices);
    parent_.push_back(0), jump_.push_back(0), depth_.push_back(0);
  }

  void add(const std::vector<std::int32_t>& operands) {
    std::int32_t parent = operands.front();
    for (const std::int32_t operand : operands) parent = common(parent, operand);
    const std::int32_t far = jump(parent);
    const bool even = depth(parent) - depth(far) == depth(far) - depth(jump(far));
    const std::int32_t deeper = depth(parent) + 1;
    parent_.push_back(parent), jump_.push_back(even ? jump(far) : parent), depth_.push_back(deeper);
  }

  std::int32_t parent(std::int32_t vertex) const { return parent_[index(vertex)]; }

 private:
  static std::size_t index(std::int32_t vertex) { return static_cast<std::size_t>(vertex); }
  std::int32_t jump(std::int32_t vertex) const { return jump_[index(vertex)]; }
  std::int32_t depth(std::int32_t vertex) const { return depth_[index(vertex)]; }

  std::int32_t common(std::int32_t a, std::int32_t b) const {
    if (depth(a) < depth(b)) std::swap(a, b);
    while (depth(a) > depth(b)) a = depth(jump(a)) >= depth(b) ? jump(a) : parent(a);
    while (a != b) {
      const bool far = jump(a) != jump(b);
      a = far ? jump(a) : parent(a);
      b = far ? jump(b) : parent(b);
    }
    return a;
  }

  std::vector<std::int32_t> parent_, jump_, depth_;
};

class SeriesParallel {
 public:
  explicit SeriesParallel(LayerGraph graph)
      : graph_(std::move(graph)), tree_(graph_.layers.size()), written_(graph_.layers.size()) {
    for (std::int32_t layer = 1; layer < graph_.size(); ++layer) tree_.add(at(layer).operands);
  }

  // The steps from layer `from`, which dominates `to`, to the output of layer `to`.
  Steps sequence(std::int32_t from, std::int32_t to, int depth = 0) {
    Steps steps;
    for (std::int32_t layer = to; layer != from; layer = tree_.parent(layer)) {
      if (written_[static_cast<std::size_t>(layer)])
        fail(
            layer,
            "its output is used on two branches that do not start there, so the network is "
            "not a nest of sequences and branches and has no type. Fix: open the file at run time, "
            "as the command shardbound does");
      written_[static_cast<std::size_t>(layer)] = true;
      steps.push_back(std::move(at(layer).step));
      if (at(layer).operands.size() > 1) branch(layer, steps.back(), depth + 1);
    }
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

 private:
  static constexpr int depth_limit = 100;

  void branch(std::int32_t layer, Step& step, int depth) {
    if (depth > depth_limit)
      fail(layer, "branches inside branches more than " + std::to_string(depth_limit) +
                      " deep are not supported");
    for (const std::int32_t operand : at(layer).operands)
      step.branches.push_back(sequence(tree_.parent(layer), operand, depth));
  }

  LayerGraph::Layer& at(std::int32_t layer) {
    return graph_.layers[static_cast<std::size_t>(layer)];
  }

  [[noreturn]] void fail(std::int32_t layer, const std::string& sentence) {
    throw FormatError(graph_.file + ": " + at(layer).place + ": " + sentence);
  }

  LayerGraph graph_;
  DominatorTree tree_;
  std::vector<bool> written_;
};

}  // namespace detail

/// The steps from the input to the last layer of an arranged graph. Throws FormatError naming the node where the
/// graph stops being series-parallel, or where branches nest too deeply.
inline Steps series_parallel(LayerGraph graph) {
  const std::int32_t output = graph.size() - 1;
  return detail::SeriesParallel(std::move(graph)).sequence(0, output);
}

}  // namespace shardbound::inline v0::io
