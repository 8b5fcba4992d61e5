// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The nodes of an ONNX graph that some of its tensors depend on, each after those that it reads. Files are
// often sorted, and then their order is kept; it is not relied upon.

#include <shardbound/io/onnx_graph.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

class OnnxOrder {
 public:
  /// Throws FormatError, `file` first, if a tensor is computed by two nodes.
  OnnxOrder(const OnnxGraph& graph, std::string file) : graph_(&graph), file_(std::move(file)) {
    for (const OnnxNode& node : graph.nodes)
      for (const std::string& name : node.outputs)
        if (!name.empty() && !producer_.emplace(name, &node).second)
          throw format_error(file_, "tensor '" + name + "' is computed by two nodes");
  }

  /// Throws FormatError, naming a node, if there is a cycle.
  std::vector<const OnnxNode*> needed_for(const std::vector<std::string>& tensors) {
    std::vector<const OnnxNode*> wanted, order;
    std::vector<bool> seen(graph_->nodes.size());
    const auto want = [&](const std::string& name) {
      const OnnxNode* node = producer(name);
      if (!node || seen[at(node)]) return;
      seen[at(node)] = true;
      wanted.push_back(node);
    };
    for (const std::string& name : tensors) want(name);
    for (std::size_t next = 0; next < wanted.size(); ++next)
      for (const std::string& name : wanted[next]->inputs) want(name);
    std::sort(wanted.begin(), wanted.end(),
              [](const OnnxNode* a, const OnnxNode* b) { return a->index < b->index; });

    state_.assign(graph_->nodes.size(), State::waiting);
    for (const OnnxNode* node : wanted) visit(node, order);
    return order;
  }

 private:
  enum class State : char { waiting, open, done };

  static std::size_t at(const OnnxNode* node) { return static_cast<std::size_t>(node->index); }

  const OnnxNode* producer(std::string_view name) const {
    const auto found = producer_.find(name);
    return found == producer_.end() ? nullptr : found->second;
  }

  // What a node reads, then the node.
  void visit(const OnnxNode* last, std::vector<const OnnxNode*>& order) {
    struct Visit {
      const OnnxNode* node;
      std::size_t input;
    };
    std::vector<Visit> open;
    const auto enter = [&](const OnnxNode* node) {
      state_[at(node)] = State::open;
      open.push_back({node, 0});
    };
    if (state_[at(last)] == State::waiting) enter(last);
    while (!open.empty()) {
      auto& [node, input] = open.back();
      if (input == node->inputs.size()) {
        state_[at(node)] = State::done;
        order.push_back(node);
        open.pop_back();
        continue;
      }
      const std::string& name = node->inputs[input++];
      const OnnxNode* below = producer(name);
      if (!below || state_[at(below)] == State::done) continue;
      if (state_[at(below)] == State::open)
        throw format_error(
            file_, "node '" +
                       (node->name.empty() ? "#" + std::to_string(node->index) : node->name) +
                       "' (" + node->op_type + "): its operand '" + name +
                       "' depends on its own result: the graph has a cycle");
      enter(below);
    }
  }

  const OnnxGraph* graph_;
  std::string file_;
  std::unordered_map<std::string_view, const OnnxNode*> producer_;
  std::vector<State> state_;
};

}  // namespace shardbound::inline v0::io
