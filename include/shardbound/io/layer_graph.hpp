// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A network file as layers and how they hang together, before any type: any directed acyclic graph. Readers
// append layers as they find them; `arranged` makes of that what networks are built from - nothing that leads
// nowhere, constants in a row folded, in the order in which a person would write the layers down.

#include <shardbound/io/scale_shift.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// Layer 0 is the network's input (its step is not looked at); every other one comes after the layers that it reads.
struct LayerGraph {
  struct Layer {
    Step step;
    std::string place{};  ///< "node 'x' (Add)", for messages
    std::vector<std::int32_t>
        operands{};  ///< one; of sums and products two, of a concat two or more
  };

  std::string file;
  std::vector<Layer> layers;

  std::int32_t size() const { return static_cast<std::int32_t>(layers.size()); }
};

namespace detail {

class Arranger {
 public:
  Arranger(LayerGraph graph, std::int32_t output)
      : graph_(std::move(graph)),
        output_(output),
        readers_(graph_.layers.size()),
        stands_for_(graph_.layers.size()) {
    for (std::int32_t layer = 0; layer < graph_.size(); ++layer) stands_for_[at(layer)] = layer;
  }

  LayerGraph arranged() {
    count_readers();
    fold_constants();
    deeper_branch_first();
    return in_order();
  }

 private:
  static std::size_t at(std::int32_t layer) { return static_cast<std::size_t>(layer); }
  LayerGraph::Layer& layer(std::int32_t number) { return graph_.layers[at(number)]; }
  bool is(std::int32_t number, Step::Kind kind) {
    return number > 0 && layer(number).step.kind == kind;
  }

  // Edges from each layer to those that the output needs.
  void count_readers() {
    std::vector<std::int32_t> next = {output_};
    std::vector<bool> seen(graph_.layers.size());
    seen[at(output_)] = true;
    while (!next.empty()) {
      const std::int32_t reader = next.back();
      next.pop_back();
      for (const std::int32_t operand : layer(reader).operands) {
        ++readers_[at(operand)];
        if (seen[at(operand)]) continue;
        seen[at(operand)] = true;
        next.push_back(operand);
      }
    }
    ++readers_[at(output_)];
  }

  // Runs of scale_shift layers that nobody reads in the middle, together with the matrix that they stand on: the
  // last of a run becomes all of it, or stands for the layer below.
  void fold_constants() {
    std::vector<bool> goes_on(graph_.layers.size());  // into the run of its only reader
    for (std::int32_t v = 1; v < graph_.size(); ++v)
      for (const std::int32_t operand : layer(v).operands)
        if (is(v, Step::Kind::scale_shift) && readers_[at(v)] > 0 && readers_[at(operand)] == 1)
          goes_on[at(operand)] = true;
    for (std::int32_t v = 1; v < graph_.size(); ++v) {
      if (readers_[at(v)] == 0 || !is(v, Step::Kind::scale_shift) || goes_on[at(v)]) continue;
      std::vector<std::int32_t> run = {v};
      std::int32_t below = layer(v).operands.front();
      for (; is(below, Step::Kind::scale_shift) && goes_on[at(below)];
           below = layer(below).operands.front())
        run.push_back(below);
      Steps steps;
      const bool on_matrix = is(below, Step::Kind::linear) && goes_on[at(below)];
      if (on_matrix) steps.push_back(std::move(layer(below).step));
      for (auto part = run.rbegin(); part != run.rend(); ++part)
        steps.push_back(std::move(layer(*part).step));
      steps = simplified(std::move(steps), graph_.file + ": " + layer(v).place);
      if (on_matrix) layer(below).step = std::move(steps.front());
      if (steps.size() == (on_matrix ? 1 : 0)) {
        stands_for_[at(v)] = stands_for_[at(below)];
      } else {
        layer(v).step = std::move(steps.back());
        layer(v).operands = {below};
      }
    }
    for (LayerGraph::Layer& one : graph_.layers)
      for (std::int32_t& operand : one.operands) operand = stands_for_[at(operand)];
    output_ = stands_for_[at(output_)];
  }

  // Of the two branches of a sum or a product the one with the longer way from the input comes first.
  void deeper_branch_first() {
    std::vector<std::int32_t> depth(graph_.layers.size());
    for (std::int32_t v = 1; v < graph_.size(); ++v) {
      auto& operands = layer(v).operands;
      const bool commutes = is(v, Step::Kind::residual) || is(v, Step::Kind::multiply);
      if (commutes && depth[at(operands[1])] > depth[at(operands[0])])
        std::swap(operands[0], operands[1]);
      for (const std::int32_t operand : operands)
        depth[at(v)] = std::max(depth[at(v)], depth[at(operand)] + 1);
    }
  }

  // Each layer right behind the last of its operands that was not there yet.
  LayerGraph in_order() {
    LayerGraph sorted;
    sorted.file = graph_.file;
    sorted.layers.push_back(std::move(layer(0)));
    std::vector<std::int32_t> place(graph_.layers.size(), -1);
    place[0] = 0;
    std::vector<std::int32_t> open = {output_};
    while (!open.empty()) {
      const std::int32_t v = open.back();
      if (place[at(v)] >= 0) {
        open.pop_back();
        continue;
      }
      const auto& operands = layer(v).operands;
      const auto missing = std::find_if(operands.begin(), operands.end(),
                                        [&](std::int32_t from) { return place[at(from)] < 0; });
      if (missing != operands.end()) {
        open.push_back(*missing);
        continue;
      }
      open.pop_back();
      place[at(v)] = sorted.size();
      sorted.layers.push_back(std::move(layer(v)));
      for (std::int32_t& operand : sorted.layers.back().operands) operand = place[at(operand)];
    }
    return sorted;
  }

  LayerGraph graph_;
  std::int32_t output_;
  std::vector<std::int32_t> readers_, stands_for_;
};

}  // namespace detail

/// The layers that the output of layer `output` needs, which is the last of them, or the input. Throws FormatError
/// naming the node if constants that are folded are not finite.
inline LayerGraph arranged(LayerGraph graph, std::int32_t output) {
  return detail::Arranger(std::move(graph), output).arranged();
}

}  // namespace shardbound::inline v0::io
