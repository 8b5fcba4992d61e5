// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The way down: the steps that pull rows from a start node to the node where they are concretized, with
// a slot for every tile that is alive in between. Steps are worked out once, from plan and layout alone;
// which tiles exist, how wide they are and what has to be sent is therefore known before anything is
// allocated. Coefficients on some nodes may be kept on the way: those of the linear function of a node's
// features that the rows have become there.
//
// A tile on a Full node is *dealt*: each rank holds its own rows, with all columns. On a Split node it
// is *joint*: every rank holds the rows of all, with its own columns. Where a layer hands rows from one
// kind of node to the other, a step brings them over, so that no work is done twice:
//
//   through a RowSharded layer     joint -> dealt   product, then a reduce-scatter over rows
//   through a ColSharded layer     dealt -> joint   all-gather of rows, then product
//   along an edge, Full to Split   joint -> dealt   all-to-all (`to_full`)
//   along an edge, Split to Full   dealt -> joint   all-to-all (`to_split`)

#include <shardbound/network/layout.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace shardbound::inline v0 {

struct Step {
  enum class Kind {
    select,   ///< start rows: from a product's own matrix (`node` is that product) or as they are
    sweep,    ///< `node`'s segment, in place in slot `from`
    product,  ///< slot `to` := or += slot `from` times the matrix of `node`
    copy,     ///< slot `to` := or += columns [column, column + width) of slot `from`
    pull,  ///< slot `to` := or += slot `from` pulled through `node`, which mixes features, to its input `operand`
    charge,  ///< slot `from`, on the sum or concatenation `node`, pays for its copies being added up
    keep,    ///< slot `from`, the tile of `above`, holds what is kept of `node`
    to_split,    ///< joint slot `to` := or += the same of dealt slot `from`; `node` gives the cut
    to_full,     ///< dealt slot `to` := or += joint slot `from`; `node` gives the cut
    concretize,  ///< slot `from` over the set of `node`
  };
  Kind kind = Kind::select;
  int node = 0;
  int from = -1, to = -1;
  index_t column = 0, width = 0;  ///< of what is written (copy, to_split: taken from `column` on)
  Write write = Write::assign;
  index_t from_width = 0;  ///< copy, to_split: columns of slot `from`
  bool joint = false;      ///< sweep, charge, keep, copy: over joint tiles
  int above = -1;          ///< keep, copy: the node whose tile slot `from` is
  /// copy, pull, on the way up: whether the point in slot `from` is made by this step, or added to by it.
  Write climb = Write::assign;
  int operand = 0;  ///< pull: which of the node's inputs
};

/// How rows begin: as a tile on their start node, or - if that is a product - one product further down, as
/// rows of its matrix.
enum class StartRows { tile, matrix };

class Schedule {
 public:
  /// From `start` down to `stop` (the input, or a node that every path from start passes).
  /// StartRows::matrix wants a product as start, and then nothing is kept of the start itself. Of `kept` nodes
  /// that rows do not come by nothing is kept. `widths`, if there, has the most columns that tiles have on each
  /// node, where rows see a region of its map.
  Schedule(const PlanView& plan, const Layout& layout, int start, int stop, StartRows begin,
           std::span<const int> kept = {}, std::span<const index_t> widths = {})
      : plan_(plan),
        layout_(&layout),
        widths_(widths.begin(), widths.end()),
        kept_(static_cast<std::size_t>(plan.size())) {
    tile_.assign(static_cast<std::size_t>(plan.size()), -1);
    for (int node : kept) kept_[static_cast<std::size_t>(node)] = true;
    if (begin == StartRows::matrix && start > stop) {
      arrive(plan.input_of(start), in_columns(start), [&](int slot, Write) {
        push({.kind = Step::Kind::select,
              .node = start,
              .to = slot,
              .width = plan[plan.input_of(start)].features});
      });
      if (in_rows(start)) reduces(plan.input_of(start));
      --start;
    } else {
      arrive(start, false, [&](int slot, Write) {
        push({.kind = Step::Kind::select, .node = -1, .to = slot, .width = plan[start].features});
      });
    }
    for (int v = start; v > stop; --v)
      if (tile_of(v) >= 0) descend(v);
    int end = tile_of(stop);
    if (layout.is_split(stop)) {
      const int joint = end;
      end = acquire(dealt_width(stop));
      to_full(stop, joint, end, Write::assign);
    }
    keep(stop, stop, end, false);
    push({.kind = Step::Kind::concretize, .node = stop, .from = end, .width = plan[stop].features});
  }

  const std::vector<Step>& steps() const { return steps_; }
  /// Whether some step keeps the coefficients on `node`.
  bool keeps(int node) const {
    return std::any_of(steps_.begin(), steps_.end(), [node](const Step& step) {
      return step.kind == Step::Kind::keep && step.node == node;
    });
  }
  /// Numbers that each slot holds for every row that is dealt to a rank.
  const std::vector<index_t>& slots() const { return slots_; }
  /// The same for the two buffers of the collectives.
  index_t sent() const { return sent_; }
  index_t received() const { return received_; }
  /// Numbers that a rank receives for every row dealt to it.
  index_t traffic() const { return traffic_; }
  /// Whether some tiles are joint: then all ranks take all steps.
  bool is_joint() const { return joint_; }

 private:
  int& tile_of(int node) { return tile_[static_cast<std::size_t>(node)]; }
  int tile_of(int node) const { return tile_[static_cast<std::size_t>(node)]; }
  bool in_rows(int v) const { return layout_->ranks() > 1 && plan_[v].cut == WeightCut::rows; }
  bool in_columns(int v) const {
    return layout_->ranks() > 1 && plan_[v].cut == WeightCut::columns;
  }
  void push(const Step& step) { steps_.push_back(step); }

  int acquire(index_t width) {
    int best = -1;
    for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot)
      if (!busy_[static_cast<std::size_t>(slot)] && (best < 0 || size_of(slot) > size_of(best)))
        best = slot;
    if (best < 0) {
      best = static_cast<int>(slots_.size());
      slots_.push_back(0);
      busy_.push_back(false);
    }
    busy_[static_cast<std::size_t>(best)] = true;
    size_of(best) = std::max(size_of(best), width);
    return best;
  }
  index_t& size_of(int slot) { return slots_[static_cast<std::size_t>(slot)]; }
  void release(int slot) { busy_[static_cast<std::size_t>(slot)] = false; }

  index_t dealt_width(int node) const {
    return padded(widths_.empty() ? plan_[node].features : widths_[static_cast<std::size_t>(node)]);
  }
  // Whether a tile of a reader's may become one of the node: not where other readers may have seen more of it.
  bool may_rename(int node) const {
    return tile_of(node) < 0 && (widths_.empty() || plan_[node].consumers == 1);
  }
  index_t joint_width(int node) const {
    return layout_->ranks() * padded(layout_->widest_block(node));
  }
  index_t width_of(int node, bool joint) const {
    return joint ? joint_width(node) : dealt_width(node);
  }
  // A collective that needs this much room and moves `each` numbers between two ranks.
  void exchanges(index_t sent, index_t received, index_t each) {
    sent_ = std::max(sent_, sent);
    received_ = std::max(received_, received);
    traffic_ += (layout_->ranks() - 1) * each;
    joint_ = true;
  }
  // Partial sums for `node`, of the rows of all ranks.
  void reduces(int node) {
    const index_t each = dealt_width(node);
    exchanges(layout_->ranks() * each, layout_->ranks() * each, each);
  }

  // Rows come to `node`, in joint or dealt tiles; arriving(slot, write) adds the step that brings them.
  template <class Arriving>
  void arrive(int node, bool joint, const Arriving& arriving) {
    if (joint == layout_->is_split(node)) {
      const Write write = tile_of(node) >= 0 ? Write::add : Write::assign;
      if (write == Write::assign) tile_of(node) = acquire(width_of(node, joint));
      arriving(tile_of(node), write);
      return;
    }
    const int slot = acquire(width_of(node, joint));
    arriving(slot, Write::assign);
    bring_over(node, joint, slot, 0, plan_[node].features);
    release(slot);
  }
  // Rows for `node` lie in `slot`, in the kind of tile that it does not have: in columns from `column`
  // on of a tile of `from_width` if they are dealt.
  void bring_over(int node, bool joint, int slot, index_t column, index_t from_width) {
    const Write write = tile_of(node) >= 0 ? Write::add : Write::assign;
    if (write == Write::assign) tile_of(node) = acquire(width_of(node, !joint));
    if (joint) {
      to_full(node, slot, tile_of(node), write);
      return;
    }
    push({.kind = Step::Kind::to_split,
          .node = node,
          .from = slot,
          .to = tile_of(node),
          .column = column,
          .width = plan_[node].features,
          .write = write,
          .from_width = from_width});
    exchanges(joint_width(node), joint_width(node), padded(layout_->widest_block(node)));
  }
  void to_full(int node, int from, int to, Write write) {
    push({.kind = Step::Kind::to_full,
          .node = node,
          .from = from,
          .to = to,
          .width = plan_[node].features,
          .write = write});
    exchanges(0, joint_width(node), padded(layout_->widest_block(node)));
  }

  // Notes that `node`, whose coefficients come out of those in `slot` by pointwise operations, is kept.
  void keep(int node, int above, int slot, bool joint) {
    if (!kept_[static_cast<std::size_t>(node)]) return;
    push({.kind = Step::Kind::keep,
          .node = node,
          .from = slot,
          .width = plan_[above].features,
          .joint = joint,
          .above = above});
    if (joint) exchanges(0, joint_width(above), padded(layout_->widest_block(above)));
  }

  void descend(int v) {
    const Node& node = plan_[v];
    const int slot = tile_of(v);
    const bool joint = layout_->is_split(v);
    tile_of(v) = -1;
    if (node.kind == NodeKind::add || node.kind == NodeKind::concat) {
      keep(v, v, slot, joint);
      if (plan_.copies_meet(v))
        push({.kind = Step::Kind::charge,
              .node = v,
              .from = slot,
              .width = node.features,
              .joint = joint});
      fork(v, slot);
      return;
    }
    if (mixes_features(node.kind)) {
      keep(v, v, slot, joint);
      pull(v, slot);
      return;
    }
    for (int i = 0, inside = v; i < plan_.length_of_chain(v); ++i) {
      keep(inside, v, slot, joint);
      inside = plan_.input_of(inside);
    }
    push({.kind = Step::Kind::sweep,
          .node = v,
          .from = slot,
          .to = slot,
          .width = node.features,
          .joint = joint});
    if (!plan_.reaches_product(v)) {
      hand_over(node.segment.bottom, slot, v);
      return;
    }
    const int product = node.segment.bottom, below = plan_.input_of(product);
    if (in_columns(product)) {
      const index_t each = dealt_width(product);
      exchanges(0, layout_->ranks() * each, each);
    }
    arrive(below, in_columns(product), [&](int to, Write write) {
      push({.kind = Step::Kind::product,
            .node = product,
            .from = slot,
            .to = to,
            .width = plan_[below].features,
            .write = write});
    });
    if (in_rows(product)) reduces(below);
    release(slot);
  }

  // Rows on a node that mixes features go to each of its inputs.
  void pull(int v, int slot) {
    const auto inputs = plan_.inputs_of(v);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      arrive(inputs[i], false, [&](int to, Write write) {
        push({.kind = Step::Kind::pull,
              .node = v,
              .from = slot,
              .to = to,
              .width = plan_[inputs[i]].features,
              .write = write,
              .from_width = plan_[v].features,
              .climb = i + 1 < inputs.size() ? Write::add : Write::assign,
              .operand = static_cast<int>(i)});
      });
    release(slot);
  }

  // The rows in `slot`, of node `above`, now belong to `node`: moved there, or added to what is there.
  void hand_over(int node, int slot, int above) {
    if (may_rename(node)) {
      tile_of(node) = slot;
      return;
    }
    copy(node, slot, above, 0);
    release(slot);
  }
  // Columns [column, ...) of the rows in `slot`, of node `above`, belong to `node`.
  void copy(int node, int slot, int above, index_t column) {
    const bool joint = layout_->is_split(node);
    const Write write = tile_of(node) >= 0 ? Write::add : Write::assign;
    if (write == Write::assign) tile_of(node) = acquire(width_of(node, joint));
    push({.kind = Step::Kind::copy,
          .node = node,
          .from = slot,
          .to = tile_of(node),
          .column = column,
          .width = joint ? layout_->block(node) : plan_[node].features,
          .write = write,
          .from_width = plan_[above].features,
          .joint = joint,
          .above = above});
  }

  // Where branches meet: a sum hands its rows to every branch, a concatenation each branch its columns.
  void fork(int v, int slot) {
    const auto inputs = plan_.inputs_of(v);
    const bool whole = plan_[v].kind == NodeKind::add, joint = layout_->is_split(v);
    index_t column = 0;
    const std::size_t first = steps_.size();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const bool alike = layout_->is_split(inputs[i]) == joint;
      if (whole && alike && i + 1 == inputs.size()) {
        // On the way up the last copy comes first; where the slot is handed over, what is in it counts as well.
        const bool renamed = may_rename(inputs[i]);
        hand_over(inputs[i], slot, v);
        for (std::size_t k = first; k < steps_.size(); ++k)
          if (renamed || k + 1 < steps_.size()) steps_[k].climb = Write::add;
        return;
      }
      if (alike)
        copy(inputs[i], slot, v, column);
      else
        bring_over(inputs[i], joint, slot, column, plan_[v].features);
      if (!whole) column += joint ? layout_->block(inputs[i]) : plan_[inputs[i]].features;
    }
    for (std::size_t k = first; k + 1 < steps_.size(); ++k) steps_[k].climb = Write::add;
    release(slot);
  }

  PlanView plan_;
  const Layout* layout_;
  std::vector<Step> steps_;
  std::vector<index_t> slots_;
  std::vector<bool> busy_;
  std::vector<int> tile_;  // per node: its slot, or -1
  std::vector<index_t> widths_;
  std::vector<bool> kept_;
  index_t sent_ = 0, received_ = 0, traffic_ = 0;
  bool joint_ = false;
};

}  // namespace shardbound::inline v0
