// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Bounds inside the network, tightened by branch and bound: the box is cut at neurons below, and what a neuron is at least
// over every part it is at least over the box. It goes from the input up, so that each layer has the better bounds of those
// before it. Each side of an unstable neuron has a tree of its own, whose worst part is cut next, until the neuron is known
// to be stable or the tree has been cut as often as it may be. What is found holds for the box, rounding included.

#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/descent.hpp>
#include <shardbound/verify/of_all_ranks.hpp>
#include <shardbound/verify/part_judge.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct NeuronBoundsOptions {
  int cuts = 4;            ///< of each tree
  index_t rows = 256;      ///< bounded at once
  PartOptions bounding{};  ///< of each part
  index_t wave = 0;        ///< as Capacity has it
  std::size_t coefficient_bytes = 0;
  int threads = 1;  ///< that look where to cut
};

/// Where several ranks share the engine each has one of these, and they find the same.
class NeuronBounds {
 public:
  /// Begins with the bounds that the engine's last run, over this box alone, left of all neurons that activations read.
  /// Where ranks have engines of their own besides, as Engine::alone makes them, they take turns at trees.
  NeuronBounds(Engine& engine, const InputSet& box, Engine* alone = nullptr)
      : engine_(&engine), worker_(alone ? alone : &engine), box_(&box) {
    const PlanView& plan = engine.plan();
    for (int v = 1; v < plan.size(); ++v)
      if (plan.is_pre_activation(v)) given_.push_back(bounds_of(v));
  }

  /// As the engine takes them, node by node.
  const std::vector<GivenBounds>& given() const { return given_; }
  /// Widths of the intervals that activations which bend at 0 read on both sides of it, in all.
  double unstable_width() const {
    double width = 0;
    for (const GivenBounds& own : given_)
      for (const std::size_t i : unstable(own)) width += own.upper[i] - own.lower[i];
    return width;
  }
  /// What tightening costs: as many parts of the whole network take as long.
  double price(int cuts) const {
    const PlanView& plan = engine_->plan();
    double parts = 0;
    for (const GivenBounds& own : given_)
      if (!bends_below(own.node).empty())
        parts += 2 * static_cast<double>(unstable(own).size()) * (1 + 2 * cuts) *
                 work_to(plan, own.node) / work_of(plan);
    return parts;
  }

  /// Tightens them; what the engines were prepared for is replaced. Throws Cancelled. (where ranks take turns, all_gathers
  /// for each layer)
  void tighten(const NeuronBoundsOptions& options, const CancelToken* cancel, Observer* observer) {
    pool_ = std::make_shared<WorkerPool>(options.threads);
    for (GivenBounds& own : given_) {
      const std::vector<std::size_t> neurons = unstable(own);
      const std::vector<int> bends = bends_below(own.node);
      if (neurons.empty() || bends.empty()) continue;
      Capacity capacity;
      capacity.wave = options.wave;
      capacity.coefficient_bytes = options.coefficient_bytes;
      capacity.rows = std::max<index_t>(options.rows, 2);
      capacity.starts = {own.node};
      for (const GivenBounds& each : given_) capacity.given.push_back(each.node);
      worker_->prepare(Method{}, capacity);
      std::vector<Tree> trees;
      for (const std::size_t neuron : neurons)
        for (const double sign : {1.0, -1.0}) trees.push_back({neuron, sign, {}});
      const auto at_once = static_cast<std::size_t>(capacity.rows) / 2;  // each tree has two halves
      const auto grow_all = [&](std::span<Tree> some) {
        for (std::size_t first = 0; first < some.size(); first += at_once)
          grow(own, some.subspan(first, std::min(at_once, some.size() - first)), options, cancel,
               observer);
      };
      if (worker_ == engine_)
        grow_all(trees);
      else
        share(trees, grow_all);
      for (const Tree& tree : trees) tighten(own, tree);
    }
  }

 private:
  // Of one row each; its margin is what the tree's neuron is at least.
  using Part = SearchPart;
  // Minus the neuron where the sign is -1.
  struct Tree {
    std::size_t neuron = 0;
    double sign = 1;
    std::vector<Part> parts{};
    double least = 0;  // over all of them, once it is grown

    Part& worst() {
      return *std::min_element(parts.begin(), parts.end(),
                               [](const Part& a, const Part& b) { return a.margin < b.margin; });
    }
    Part take_worst() {
      std::swap(worst(), parts.back());
      Part part = std::move(parts.back());
      parts.pop_back();
      return part;
    }
  };

  GivenBounds bounds_of(int v) const {
    GivenBounds own{v, {}, {}, Given::as_they_are};
    const auto bounds = engine_->node_bounds(v).front();
    for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
      own.lower.push_back(add_down(bounds.lower[i], -bounds.slack[i]));
      own.upper.push_back(add_up(bounds.upper[i], bounds.slack[i]));
    }
    return own;
  }
  // Neurons that are worth a tree.
  std::vector<std::size_t> unstable(const GivenBounds& own) const {
    const PlanView& plan = engine_->plan();
    bool bends = false;
    for (int v = 1; v < plan.size(); ++v)
      bends = bends || (engine_->bends_at_zero(v) && plan.input_of(v) == own.node);
    std::vector<std::size_t> all;
    for (std::size_t i = 0; bends && i < own.lower.size(); ++i)
      if (own.lower[i] < 0 && own.upper[i] > 0) all.push_back(i);
    return all;
  }
  // Where the box may be cut for rows of a node.
  std::vector<int> bends_below(int node) const {
    const std::vector<bool> below = engine_->plan().nodes_below(node);
    std::vector<int> all;
    for (int v = 1; v < node; ++v)
      if (below[static_cast<std::size_t>(v)] && engine_->bends_at_zero(v)) all.push_back(v);
    return all;
  }

  void grow(GivenBounds& own, std::span<Tree> trees, const NeuronBoundsOptions& options,
            const CancelToken* cancel, Observer* observer) {
    const std::size_t width = own.lower.size();
    RowQuery query;
    query.node = own.node;
    query.matrix.resize(trees.size() * width);
    query.domain.assign(trees.size(), 0);
    for (std::size_t t = 0; t < trees.size(); ++t)
      query.matrix[t * width + trees[t].neuron] = trees[t].sign;
    worker_->run({box_, 1}, query, {.outputs = false}, cancel, given_, observer);
    std::vector<SplitNeurons> neurons = split_neurons(*worker_, 0);
    const std::vector<int> bends = bends_below(own.node);
    std::erase_if(neurons, [&](const SplitNeurons& one) {
      return std::find(bends.begin(), bends.end(), one.activation) == bends.end();
    });
    // The whole box first, then halves of what is worst.
    std::vector<std::pair<std::size_t, Part>> parts;
    for (std::size_t t = 0; t < trees.size(); ++t) {
      const std::size_t i = trees[t].neuron;
      Part& whole = parts.emplace_back(t, Part{}).second;
      whole.rows.resize(1);
      whole.margin = trees[t].sign > 0 ? own.lower[i] : -own.upper[i];
    }
    for (int cut = 0; !parts.empty(); ++cut) {
      bound(parts, trees, neurons, options, cancel, observer);
      parts.clear();
      for (std::size_t t = 0; t < trees.size() && cut < options.cuts; ++t) {
        const Part& worst = trees[t].worst();
        if (worst.margin > 0 || worst.candidates.empty()) continue;
        const Part whole = trees[t].take_worst();
        for (const int side : {1, -1})
          parts.emplace_back(t, whole.half(whole.candidates.front(), side));
      }
    }
    for (Tree& tree : trees) {
      tree.least = tree.worst().margin;
      tree.parts.clear();
    }
  }
  // Every rank grows the trees that are its turn.
  template <class Grow>
  void share(std::span<Tree> trees, const Grow& grow_all) const {
    const auto rank = static_cast<std::size_t>(engine_->rank());
    const auto ranks = static_cast<std::size_t>(engine_->ranks());
    const auto told = of_all_ranks(*engine_, [&](ByteWriter& writer) {
      std::vector<Tree> own;
      for (std::size_t t = rank; t < trees.size(); t += ranks) own.push_back(trees[t]);
      grow_all(own);
      for (const Tree& tree : own) writer(tree.least);
    });
    for (std::size_t of = 0; of < ranks; ++of) {
      ByteReader reader(told[of]);
      for (std::size_t t = of; t < trees.size(); t += ranks) reader(trees[t].least);
    }
  }
  static void tighten(GivenBounds& own, const Tree& tree) {
    double& lower = own.lower[tree.neuron];
    double& upper = own.upper[tree.neuron];
    if (tree.sign > 0)
      lower = std::max(lower, std::min(tree.least, upper));
    else
      upper = std::min(upper, std::max(-tree.least, lower));
  }
  // Gives parts back to their trees, with bounds.
  void bound(std::vector<std::pair<std::size_t, Part>>& parts, std::span<Tree> trees,
             const std::vector<SplitNeurons>& neurons, const NeuronBoundsOptions& options,
             const CancelToken* cancel, Observer* observer) {
    const double margin = ScalarRange::of(engine_->scalar()).margin;
    PartOptions bounding = options.bounding;
    bounding.coefficients = true;
    bounding.threads = pool_->size();
    bounding.guesses = false;  // what is found is given to engines as proved
    std::vector<PartRow> rows;
    rows.reserve(parts.size());
    for (const auto& [t, part] : parts)
      rows.push_back({static_cast<std::int32_t>(t), part.splits, part.rows[0].multipliers,
                      part.rows[0].slopes, 0, static_cast<std::int32_t>(rows.size())});
    const PartBounds found = worker_->bound_parts(rows, bounding, cancel, observer);
    pool_->over_rows(static_cast<index_t>(parts.size()), [&](int, index_t first, index_t count) {
      for (auto p = static_cast<std::size_t>(first), end = p + static_cast<std::size_t>(count);
           p < end; ++p) {
        Part& part = parts[p].second;
        part.margin =
            std::max(part.margin, add_down(found.lower[p], -add_up(found.slack[p], margin)));
        part.rows[0] = {found.multipliers[p], found.slopes[p]};
        part.candidates = scores_of(neurons, 0, part.splits, found, p, 1).best(1);
        part.candidates.resize(std::min<std::size_t>(part.candidates.size(), 1));
      }
    });
    for (auto& [t, part] : parts) trees[t].parts.push_back(std::move(part));
  }

  Engine *engine_, *worker_;
  const InputSet* box_;
  std::vector<GivenBounds> given_;
  std::shared_ptr<WorkerPool> pool_;
};

}  // namespace shardbound::inline v0
