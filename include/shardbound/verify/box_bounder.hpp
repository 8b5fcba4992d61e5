// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What bounds say of boxes: which conjunctions are refuted over each, what clipping leaves of it for the others, and where
// to cut it. One call of an engine for a few boxes at a time, whose state then stays in cache; nothing that is said of a
// box depends on the others. Neurons whose sign the box above has settled need no bounds of their own.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/box_clip.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/open_boxes.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// What is left of a box.
struct BoxOutcome {
  static constexpr std::int32_t nowhere = -1;

  std::vector<std::uint32_t>
      open{};  ///< conjunctions that are not refuted; none: the rest says nothing
  Box box{};   ///< where they could hold
  double margin = 0;
  std::int32_t cut = nowhere;  ///< the input to cut it at; nowhere: its ends are next to each other
  std::vector<double>
      point{};  ///< where the best row of the conjunction that is furthest from a proof is least
  std::vector<std::int8_t> signs{};  ///< see OpenBox
};

class BoxBounder {
 public:
  /// Boxes of one region; at most `batch` go into one call.
  BoxBounder(Engine& engine, const Property& property, std::size_t region, std::size_t batch)
      : engine_(&engine),
        property_(&property),
        region_(&property.regions[region]),
        range_(ScalarRange::of(engine.scalar())) {
    for (const Conjunction& set : region_->unsafe) rows_ += set.rhs.size();
    const std::size_t fitting =
        std::max<std::size_t>(most_rows / std::max<std::size_t>(rows_, 1), 1);
    batch_ = std::clamp<std::size_t>(batch, 1, fitting);
    for (int v = 1; v < engine.plan().size(); ++v)
      if (engine.plan().is_pre_activation(v)) nodes_.push_back(v);
    prepare();
  }

  std::size_t batch() const { return batch_; }

  /// Makes the engine ready again, if others have prepared it for something else.
  void prepare() {
    Capacity capacity;
    capacity.domains = static_cast<index_t>(batch_);
    capacity.rows = static_cast<index_t>(batch_ * rows_);
    capacity.linear_bounds = true;
    capacity.given = nodes_;
    engine_->prepare(Method{}, capacity);
  }

  std::vector<BoxOutcome> run(std::span<const OpenBox> boxes, const CancelToken* cancel) {
    std::vector<BoxOutcome> outcomes;
    outcomes.reserve(boxes.size());
    for (std::size_t first = 0; first < boxes.size(); first += batch_)
      run_batch(boxes.subspan(first, std::min(batch_, boxes.size() - first)), cancel, outcomes);
    return outcomes;
  }

 private:
  static constexpr std::size_t most_rows = 4096;  // of one call

  const Conjunction& set_of(std::uint32_t c) const { return region_->unsafe[c]; }

  void run_batch(std::span<const OpenBox> boxes, const CancelToken* cancel,
                 std::vector<BoxOutcome>& outcomes) {
    std::vector<InputSet> sets;
    RowQuery query;
    for (std::size_t d = 0; d < boxes.size(); ++d) {
      sets.emplace_back(boxes[d].box);
      for (const std::uint32_t c : boxes[d].open) append_rows(set_of(c), d, query);
    }
    const auto found = engine_->run(sets, query, {.outputs = false, .linear_bounds = true}, cancel,
                                    given_for(boxes));
    std::size_t row = 0;
    const std::size_t first = outcomes.size();
    for (const OpenBox& box : boxes) outcomes.push_back(judge(box, found, row));
    note_signs(boxes, std::span(outcomes).subspan(first));
  }
  // Rows that the engine's scalar does not hold are 0 there; `refutes` and `row_below` know them.
  void append_rows(const Conjunction& set, std::size_t domain, RowQuery& query) const {
    for (std::size_t r = 0; r < set.rhs.size(); ++r) {
      const auto row = row_at(set, r);
      if (range_.holds(row))
        query.matrix.insert(query.matrix.end(), row.begin(), row.end());
      else
        query.matrix.resize(query.matrix.size() + row.size(), 0);
    }
    query.domain.insert(query.domain.end(), set.rhs.size(), static_cast<std::int32_t>(domain));
  }

  std::vector<GivenBounds> given_for(std::span<const OpenBox> boxes) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<GivenBounds> all;
    std::size_t first = 0;
    for (const int v : nodes_) {
      const auto n = static_cast<std::size_t>(engine_->plan()[v].features);
      GivenBounds one;
      one.node = v;
      one.lower.assign(boxes.size() * n, -infinity);
      one.upper.assign(boxes.size() * n, infinity);
      for (std::size_t d = 0; d < boxes.size(); ++d) {
        if (boxes[d].signs.empty()) continue;
        for (std::size_t i = 0; i < n; ++i) {
          const std::int8_t sign = boxes[d].signs[first + i];
          if (sign > 0) one.lower[d * n + i] = 0;
          if (sign < 0) one.upper[d * n + i] = 0;
        }
      }
      first += n;
      all.push_back(std::move(one));
    }
    return all;
  }
  // Children lie in their parent's box, so its signs are theirs.
  void note_signs(std::span<const OpenBox> boxes, std::span<BoxOutcome> outcomes) const {
    for (const int v : nodes_) {
      const auto bounds = engine_->node_bounds(v);
      for (std::size_t d = 0; d < boxes.size(); ++d) {
        if (outcomes[d].open.empty()) continue;
        const auto& one = bounds[d];
        for (std::size_t i = 0; i < one.lower.size(); ++i) {
          const bool above = proved(one.lower[i], one.slack[i]) > range_.margin;
          const bool below = proved(-one.upper[i], one.slack[i]) > range_.margin;
          outcomes[d].signs.push_back(above ? 1 : below ? -1 : 0);
        }
      }
    }
  }

  RowBelow row_below(const Conjunction& set, std::size_t r, const Bounds<double>& found,
                       std::size_t row) const {
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto& linear = found.lower_linear;
    RowBelow below{std::span(linear.coefficients).subspan(row * n, n), linear.constant[row],
                   linear.slack[row], set.rhs[r]};
    // What underflows without a trace in the slack may be taken back.
    below.slack = add_up(below.slack, range_.margin);
    return below;
  }

  // `row` is the box's first, and then the next box's.
  BoxOutcome judge(const OpenBox& open, const Bounds<double>& found, std::size_t& row) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto outputs = static_cast<std::size_t>(property_->network_outputs());
    BoxOutcome out;
    out.margin = infinity;
    struct Left {
      std::uint32_t conjunction;
      std::size_t row;
    };
    std::vector<Left> left;
    std::size_t best_row = row;
    for (const std::uint32_t c : open.open) {
      const Conjunction& set = set_of(c);
      const std::size_t first = std::exchange(row, row + set.rhs.size());
      bool refuted = false;
      double margin = -infinity;
      std::size_t best = first;
      for (std::size_t r = 0; r < set.rhs.size() && !refuted; ++r) {
        const double lower = found.rows.lower[first + r];
        refuted = refutes(set, r, lower, found.rows.slack[first + r], range_) ||
                  refutes_inputs(set, r, outputs, open.box);
        if (lower - set.rhs[r] > margin) margin = lower - set.rhs[r], best = first + r;
      }
      if (refuted) continue;
      Box box = open.box;
      for (int sweep = 0; sweep < 2 && !refuted; ++sweep)
        for (std::size_t r = 0; r < set.rhs.size() && !refuted; ++r)
          if (range_.holds(row_at(set, r)))
            refuted = !clip(box, row_below(set, r, found, first + r));
      if (refuted) continue;
      if (margin < out.margin || left.empty()) out.margin = margin, best_row = best;
      if (left.empty())
        out.box = std::move(box);
      else
        widen(out.box, box);
      left.push_back({c, first});
      out.open.push_back(c);
    }
    if (left.empty()) return out;
    out.margin = std::max(out.margin, open.margin);
    out.point = least_point(out.box, found, best_row);
    // sb of Clip-and-Verify: how far a row's bound could rise if the box were cut there, and how little it needs to.
    double best_score = -infinity;
    for (std::size_t i = 0; i < out.box.lower.size(); ++i) {
      const double l = out.box.lower[i], u = out.box.upper[i], middle = l / 2 + u / 2;
      if (!(l < middle && middle < u)) continue;
      double score = -infinity;
      for (const Left& one : left) {
        const Conjunction& set = set_of(one.conjunction);
        for (std::size_t r = 0; r < set.rhs.size(); ++r) {
          const std::size_t at = one.row + r;
          const double a = found.lower_linear.coefficients[at * out.box.lower.size() + i];
          score = std::max(score, std::max(std::abs(a), 1e-3) * ((u - l) / 2) +
                                      (found.rows.lower[at] - set.rhs[r]));
        }
      }
      if (out.cut == BoxOutcome::nowhere || score > best_score)
        best_score = score, out.cut = static_cast<std::int32_t>(i);
    }
    return out;
  }

  std::vector<double> least_point(const Box& box, const Bounds<double>& found,
                                  std::size_t row) const {
    const std::size_t n = box.lower.size();
    std::vector<double> point(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double a = found.lower_linear.coefficients[row * n + i];
      point[i] = a > 0 ? box.lower[i] : a < 0 ? box.upper[i] : box.lower[i] / 2 + box.upper[i] / 2;
    }
    return point;
  }

  Engine* engine_;
  const Property* property_;
  const Region* region_;
  ScalarRange range_;
  std::size_t rows_ = 0, batch_ = 1;
  std::vector<int> nodes_;  // whose signs are noted
};

}  // namespace shardbound::inline v0
