// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The nodes of a plan: a network, flattened while compiling into an array in topological order. Nodes
// are of a closed set of kinds, each of which backends know how to run; a layer says which kind it is.

#include <shardbound/core/geometry.hpp>
#include <shardbound/sharding/policy.hpp>

namespace shardbound::inline v0 {

enum class NodeKind {
  input,      ///< the network's input
  product,    ///< W x + b, dense or at every position of a map
  pointwise,  ///< an activation or a per-feature scale and shift
  add,        ///< the sum of its inputs
  concat,     ///< its inputs side by side
  gather,     ///< some of its input's features in any order, and constants
  sum,        ///< of each run of its input's features
  maximum,    ///< of each run of its input's features
  softmax,    ///< of each run of its input's features
  multiply,   ///< its two inputs, feature by feature
};

/// Whether outputs of such a node read some features of its inputs through no matrix: rows are pulled through it by
/// steps of its own.
constexpr bool mixes_features(NodeKind kind) {
  return kind == NodeKind::gather || kind == NodeKind::sum || kind == NodeKind::maximum ||
         kind == NodeKind::softmax || kind == NodeKind::multiply;
}
/// Those of them that are not linear, and so have lines that are drawn over bounds of their inputs.
constexpr bool mixes_by_lines(NodeKind kind) {
  return mixes_features(kind) && kind != NodeKind::gather && kind != NodeKind::sum;
}

/// What a pointwise node does: the number of its activation among the network's distinct ones, or one
/// of these.
namespace operation {
inline constexpr int scaled = -1;
inline constexpr int biased = -2;  // of chains only: the bias of the product at the bottom
}  // namespace operation

/// A run of pointwise nodes with one consumer each, swept at once together with the bias of the product they
/// stand on, if they reach one; or an activation that stands alone. Every node begins one: what is below the top of a segment is a segment as well.
struct Segment {
  int chain = -1;  ///< which of the plan's distinct chains
  int bottom = 0;  ///< the node whose tile the sweep leaves behind

  friend constexpr bool operator==(const Segment&, const Segment&) = default;
};

struct Node {
  NodeKind kind = NodeKind::input;
  Shape shape;                           ///< of its output
  index_t features = 0;                  ///< elements of its output
  int first_input = 0, input_count = 0;  ///< a range of the plan's `inputs`
  int operation = 0;                     ///< pointwise: an activation's number or operation::scaled
  int lines = 0;                         ///< activation: the number of its lines, as chains know it
  bool stands_alone = false;             ///< activation: fused with nothing
  WeightCut cut = WeightCut::whole;      ///< product: its policy
  Geometry geometry;                     ///< product: the windows that its outputs see
  index_t run = 1;                       ///< sum, maximum, softmax: features that make a run
  index_t repeats = 1;                   ///< gather: how often it reads a feature, at most
  int consumers = 0;                     ///< edges that leave it
  bool split = false;                    ///< placement of its output: Split, not Full
  index_t unit = 1;  ///< features that a cut of its output, if that came to it, may not part

  Segment segment;  ///< product, pointwise: what a sweep from here on does

  friend constexpr bool operator==(const Node&, const Node&) = default;
};

}  // namespace shardbound::inline v0
