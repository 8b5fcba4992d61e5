// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What bounds say of boxes: which conjunctions are refuted over each, what clipping leaves of it for the others, and where
// to cut it. One call of an engine takes a few boxes at a time, whose state then stays in cache; nothing that is said of a
// box depends on the others. Neurons whose sign the box above has settled need no bounds of their own. No rule tells which
// cut is best: the input along which rows are steepest is right where bounds are nearly tight, the longest edge where they
// are not. Both are tried, which costs twice the boxes and often saves far more.

#include <shardbound/bound/engine.hpp>
#include <shardbound/verify/box_clip.hpp>
#include <shardbound/verify/clause.hpp>
#include <shardbound/verify/open_boxes.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

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

  /// Makes the engine ready again, if others - certificates - have prepared it for something else.
  void prepare() {
    if (prepared_ == engine_->preparations()) return;
    Capacity capacity;
    capacity.domains = static_cast<index_t>(batch_);
    capacity.rows = static_cast<index_t>(batch_ * rows_);
    capacity.linear_bounds = true;
    capacity.given = nodes_;
    engine_->prepare(Method{}, capacity);
    prepared_ = engine_->preparations();
  }

  /// Bounds the halves of boxes, two for each: those at the cut that leaves least to be done.
  std::vector<OpenBox> halves(std::span<const OpenBox> boxes, const CancelToken* cancel) {
    std::vector<OpenBox> tried;
    for (const OpenBox& box : boxes)
      for (const std::int32_t cut : box.cuts) {
        tried.push_back(half_of(box, cut, &Box::upper));
        tried.push_back(half_of(box, cut, &Box::lower));
      }
    std::vector<OpenBox> found = run(tried, cancel), chosen;
    std::size_t next = 0;
    for (const OpenBox& box : boxes) {
      std::size_t best = next;
      for (std::size_t k = 0; k < box.cuts.size(); ++k, next += 2)
        if (left_to_do(&found[next]) < left_to_do(&found[best])) best = next;
      chosen.push_back(std::move(found[best]));
      chosen.push_back(std::move(found[best + 1]));
    }
    return chosen;
  }

  /// What bounds leave of boxes.
  std::vector<OpenBox> run(std::span<const OpenBox> boxes, const CancelToken* cancel) {
    std::vector<OpenBox> outcomes;
    outcomes.reserve(boxes.size());
    for (std::size_t first = 0; first < boxes.size(); first += batch_)
      run_batch(boxes.subspan(first, std::min(batch_, boxes.size() - first)), cancel, outcomes);
    return outcomes;
  }

 private:
  static constexpr std::size_t most_rows = 4096;  // of one call

  // How far two halves are from a proof, in all.
  static double left_to_do(const OpenBox* halves) {
    double sum = 0;
    for (int k = 0; k < 2; ++k)
      if (!halves[k].open.empty()) sum += std::max(-halves[k].margin, 0.0);
    return sum;
  }
  // The half on that side of the middle at which one of its ends is.
  static OpenBox half_of(const OpenBox& box, std::int32_t cut, std::vector<double> Box::*end) {
    OpenBox half;
    half.box = box.box;
    half.open = box.open;
    half.share = box.share / 2;
    half.margin = box.margin;
    half.signs = box.signs;
    const auto i = static_cast<std::size_t>(cut);
    (half.box.*end)[i] = box.box.lower[i] / 2 + box.box.upper[i] / 2;
    return half;
  }
  const Conjunction& set_of(std::uint32_t c) const { return region_->unsafe[c]; }

  void run_batch(std::span<const OpenBox> boxes, const CancelToken* cancel,
                 std::vector<OpenBox>& outcomes) {
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
    evaluate(std::span(outcomes).subspan(first));
  }
  // Which of two points in a box is nearer to a counterexample: the one that bounds point to, and the centre.
  void evaluate(std::span<OpenBox> boxes) const {
    const Box& points = region_->point_box();
    const auto n = static_cast<std::size_t>(property_->inputs);
    const auto m = static_cast<std::size_t>(property_->outputs);
    const auto inside = [&](std::size_t i, double x) {
      return std::max(points.lower[i], std::min(points.upper[i], x));
    };
    for (std::size_t i = 0; i < n; ++i)
      if (!(points.lower[i] <= points.upper[i])) return;  // no point is known
    std::vector<double> x;                                // (2 boxes, N)
    for (const OpenBox& one : boxes) {
      if (one.open.empty()) continue;
      for (std::size_t i = 0; i < n; ++i) x.push_back(inside(i, one.point[i]));
      for (std::size_t i = 0; i < n; ++i)
        x.push_back(inside(i, one.box.lower[i] / 2 + one.box.upper[i] / 2));
    }
    if (x.empty()) return;
    const auto y = engine_->values(x);  // (2 boxes, N_out)
    std::size_t next = 0;
    for (OpenBox& one : boxes) {
      if (one.open.empty()) continue;
      for (int k = 0; k < 2; ++k, ++next)
        for (const std::uint32_t c : one.open) {
          const double excess = furthest_row(set_of(c), std::span(y).subspan(next * m, m)).excess;
          if (!(excess < one.excess)) continue;
          one.excess = excess;
          std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(next * n), n, one.point.begin());
        }
    }
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
  void note_signs(std::span<const OpenBox> boxes, std::span<OpenBox> outcomes) const {
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

  // What clipping to the rows of a conjunction leaves of a box; nothing if they refute it. `first` is the first of them.
  std::optional<Box> left_of(const OpenBox& open, const Conjunction& set,
                             const Bounds<double>& found, std::size_t first) const {
    constexpr int sweeps = 2;
    const auto outputs = static_cast<std::size_t>(property_->network_outputs());
    for (std::size_t r = 0; r < set.rhs.size(); ++r)
      if (refutes(set, r, found.rows.lower[first + r], found.rows.slack[first + r], range_) ||
          refutes_inputs(set, r, outputs, open.box))
        return {};
    Box box = open.box;
    for (int sweep = 0; sweep < sweeps; ++sweep)
      for (std::size_t r = 0; r < set.rhs.size(); ++r) {
        const auto row = row_at(set, r);
        if (least_of_inputs(row, outputs, box)) {
          if (!clip(box, {row.subspan(outputs), 0, 0, set.rhs[r]})) return {};
        } else if (range_.holds(row) && !clip(box, row_below(set, r, found, first + r))) {
          return {};
        }
      }
    return box;
  }
  // `row` is the box's first, and then the next box's.
  OpenBox judge(const OpenBox& open, const Bounds<double>& found, std::size_t& row) const {
    OpenBox out;
    out.share = open.share;
    out.margin = std::numeric_limits<double>::infinity();
    std::vector<std::size_t> left;            // rows
    std::size_t worst = row, worst_rows = 0;  // of the conjunction that is furthest from a proof
    for (const std::uint32_t c : open.open) {
      const Conjunction& set = set_of(c);
      const std::size_t first = std::exchange(row, row + set.rhs.size());
      auto box = left_of(open, set, found, first);
      if (!box) continue;
      std::size_t best = 0;
      const auto above = [&](std::size_t r) { return found.rows.lower[first + r] - set.rhs[r]; };
      for (std::size_t r = 1; r < set.rhs.size(); ++r)
        if (above(r) > above(best)) best = r;
      if (out.open.empty() || above(best) < out.margin)
        out.margin = above(best), worst = first, worst_rows = set.rhs.size();
      if (out.open.empty())
        out.box = std::move(*box);
      else
        widen(out.box, *box);
      out.open.push_back(c);
      for (std::size_t r = first; r < row; ++r) left.push_back(r);
    }
    if (out.open.empty()) return out;
    out.margin = std::max(out.margin, open.margin);
    out.point = least_point(out.box, found, worst, worst_rows);
    const auto& slopes = found.lower_linear.coefficients;  // (S, N)
    const std::size_t n = out.box.lower.size();
    add_cut(out, [&](std::size_t i, double width) {
      double steepest = 0;
      for (const std::size_t r : left) steepest = std::max(steepest, std::abs(slopes[r * n + i]));
      return steepest * width;
    });
    add_cut(out, [](std::size_t, double width) { return width; });
    return out;
  }
  // Adds the input of the greatest score(input, width) among those that a box can be cut at.
  template <class Score>
  static void add_cut(OpenBox& box, const Score& score) {
    std::int32_t cut = -1;
    double best = 0;
    for (std::size_t i = 0; i < box.box.lower.size(); ++i) {
      const double l = box.box.lower[i], u = box.box.upper[i];
      if (!can_be_cut(l, u)) continue;
      const double own = score(i, u - l);
      if (cut < 0 || own > best) best = own, cut = static_cast<std::int32_t>(i);
    }
    if (cut >= 0 && std::find(box.cuts.begin(), box.cuts.end(), cut) == box.cuts.end())
      box.cuts.push_back(cut);
  }

  // Where linear bounds of rows are least in their sum: all of them have to hold at once.
  std::vector<double> least_point(const Box& box, const Bounds<double>& found, std::size_t first,
                                  std::size_t rows) const {
    const std::size_t n = box.lower.size();
    std::vector<double> point(n);
    for (std::size_t i = 0; i < n; ++i) {
      double a = 0;
      for (std::size_t r = first; r < first + rows; ++r)
        a += found.lower_linear.coefficients[r * n + i];
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
  std::optional<std::uint64_t> prepared_;
};

}  // namespace shardbound::inline v0
