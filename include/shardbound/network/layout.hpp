// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A plan over P ranks, seen from one of them: which nodes' features are split, and which of them stand
// where in whose block. A block is one run of features, or, below a concatenation of split branches, one
// run of each branch.

#include <shardbound/network/plan.hpp>
#include <shardbound/sharding/partition.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Features [first, first + count) of a node, at column `at` of a rank's block.
struct FeatureRun {
  index_t first = 0, at = 0, count = 0;
};

class Layout {
 public:
  Layout(const PlanView& plan, int rank, int ranks) : rank_(rank), ranks_(ranks) {
    for (int v = 0; v < plan.size(); ++v) {
      Cut cut;
      cut.split = ranks > 1 && plan[v].split;
      if (cut.split) additions_ = std::max<index_t>(additions_, ranks) + plan.run_count(v) - 1;
      for (int r = 0; r < ranks; ++r) {
        std::vector<FeatureRun> runs;
        index_t whole = 0, at = 0;
        for (int s = 0; s < plan.run_count(v); ++s) {
          const index_t extent = plan.run_length(v, s);
          const Block block = block_of(extent, r, ranks, plan.run_unit(v, s));
          if (block.count > 0) runs.push_back({whole + block.first, at, block.count});
          whole += extent;
          at += block.count;
        }
        cut.counts.push_back(at);
        cut.widest = std::max(cut.widest, at);
        cut.runs.push_back(std::move(runs));
      }
      cuts_.push_back(std::move(cut));
    }
  }

  /// Additions that a sum over a node's features goes through besides its own: over ranks, and where a
  /// block is worked on run by run. None unless some features are split.
  index_t additions() const { return additions_; }

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  /// Whether each rank holds only its own block of the node's features.
  bool is_split(int node) const { return cut(node).split; }

  /// The runs that make up a rank's block; of a node that is not split: were it to be.
  std::span<const FeatureRun> runs(int node, int rank) const {
    return cut(node).runs[static_cast<std::size_t>(rank)];
  }
  std::span<const FeatureRun> runs(int node) const { return runs(node, rank_); }
  index_t block(int node) const { return cut(node).counts[static_cast<std::size_t>(rank_)]; }
  index_t widest_block(int node) const { return cut(node).widest; }

 private:
  struct Cut {
    bool split = false;
    std::vector<std::vector<FeatureRun>> runs;  // per rank
    std::vector<index_t> counts;                // per rank
    index_t widest = 0;
  };
  const Cut& cut(int node) const { return cuts_[static_cast<std::size_t>(node)]; }

  int rank_, ranks_;
  index_t additions_ = 0;
  std::vector<Cut> cuts_;
};

}  // namespace shardbound::inline v0
