// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Branch and bound over the inputs: what bounds cannot refute over a box is sought in its two halves, which have tighter
// ones. Meant for networks with few inputs, where boxes get small before they get many. Each round takes the boxes that
// look worst, bounds and clips them, tries points of theirs, and puts back the halves of what is left. A box's fate depends
// on it and on the boxes that it was cut from alone: where no counterexample is met, the same boxes are gone through
// whatever the number of boxes in a round or in a call, of ranks and of threads.

#include <shardbound/verify/attack.hpp>
#include <shardbound/verify/box_bounder.hpp>
#include <shardbound/verify/gathered_outcomes.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct SearchProgress {
  std::uint64_t boxes = 0;      ///< bounded
  std::uint64_t open = 0;       ///< waiting
  std::uint64_t too_small = 0;  ///< that could not be cut any more
  double margin = 0;            ///< of the worst box of the last round
  double share = 0;             ///< of the region that is refuted
};

struct InputSearchOptions {
  std::size_t most_inputs = 24;  ///< that are not fixed, of a region that is searched
  std::size_t round = 256;       ///< boxes of a round
  std::size_t batch = 64;        ///< boxes of one call of an engine
  std::size_t points = 16;       ///< tried in a round, at most
  std::uint64_t most_boxes = 0;  ///< gives up after so many; 0: does not
  std::size_t most_bytes = std::size_t{256} << 20;  ///< of boxes waiting, before it goes deep
  /// Makes an engine of float64 over the same network for this rank alone, so that ranks work on boxes of their own; all
  /// ranks have it, or none.
  std::function<std::unique_ptr<Engine>()> alone{};
  std::function<void(const SearchProgress&)> observer{};  ///< is told after each round
};

/// Where several ranks share the engine each runs one of these, and they find the same.
class InputSearch {
 public:
  /// `exact` works in float64: small boxes are told apart by small differences. What it was prepared for is replaced.
  InputSearch(Engine& exact, const Property& property, Attack& attack, InputSearchOptions options)
      : exact_(&exact), property_(&property), attack_(&attack), options_(std::move(options)) {}

  /// Whether a region has so few free inputs that it should be searched.
  bool suits(std::size_t region) const {
    const Box& box = property_->regions[region].box;
    std::size_t free = 0;
    for (std::size_t i = 0; i < box.lower.size(); ++i) {
      if (!std::isfinite(box.lower[i]) || !std::isfinite(box.upper[i])) return false;
      free += box.lower[i] < box.upper[i];
    }
    return free > 0 && free <= options_.most_inputs;
  }

  /// Tries to refute conjunctions of a region, whose box must be finite, or meets a counterexample. Throws Cancelled when
  /// `cancel` says so. Every rank makes the same call.
  std::optional<Counterexample> run(std::size_t region, const std::vector<std::size_t>& open,
                                    const CancelToken* cancel) {
    region_ = region;
    const std::size_t conjunctions = property_->regions[region].unsafe.size();
    given_up_.assign(conjunctions, false);
    refuted_.assign(conjunctions, false);
    progress_ = {};
    OpenBoxes waiting(options_.most_bytes);
    OpenBox root{property_->regions[region].box, {}};
    for (const std::size_t c : open)
      if (property_->regions[region].unsafe[c].size() > 0)
        root.open.push_back(static_cast<std::uint32_t>(c));
    const std::vector<std::uint32_t> asked = root.open;
    if (asked.empty()) return {};
    if (options_.alone && !alone_) alone_ = options_.alone();
    BoxBounder bounder(alone_ ? *alone_ : *exact_, *property_, region, options_.batch);
    waiting.put(std::move(root));
    std::uint64_t next_search = 8;
    for (std::uint64_t round = 1; !waiting.empty(); ++round) {
      if (exact_->agree(cancel && cancel->cancelled())) throw Cancelled("the time is over");
      if (options_.most_boxes > 0 && progress_.boxes >= options_.most_boxes) {
        while (!waiting.empty()) give_up(waiting.take().open);
        break;
      }
      std::vector<OpenBox> taken;
      while (!waiting.empty() && taken.size() < std::max<std::size_t>(options_.round, 1))
        taken.push_back(waiting.take());
      std::vector<BoxOutcome> outcomes = bound(bounder, taken, cancel);
      progress_.boxes += taken.size();
      if (auto hit = try_points(taken, outcomes, round >= next_search, cancel); hit || is_over())
        return hit;
      if (round >= next_search) next_search *= 2;
      if (!alone_) bounder.prepare();  // certificates may have prepared it for themselves
      for (std::size_t d = 0; d < taken.size(); ++d) put_back(taken[d], outcomes[d], waiting);
      progress_.open = waiting.size();
      if (options_.observer) options_.observer(progress_);
    }
    for (const std::uint32_t c : asked) refuted_[c] = !given_up_[c];
    return {};
  }

  /// By conjunction of the region that was searched last: whether nothing is left of it.
  const std::vector<bool>& refuted() const { return refuted_; }
  const SearchProgress& progress() const { return progress_; }

 private:
  bool is_over() const { return attack_->spare().has_value(); }
  void give_up(const std::vector<std::uint32_t>& conjunctions) {
    for (const std::uint32_t c : conjunctions) given_up_[c] = true;
  }

  void put_back(const OpenBox& parent, BoxOutcome& left, OpenBoxes& waiting) {
    // Whatever was given up somewhere need not be refuted elsewhere.
    std::erase_if(left.open, [&](std::uint32_t c) { return given_up_[c]; });
    if (left.open.empty()) {
      progress_.share += parent.share;
      return;
    }
    if (left.cut == BoxOutcome::nowhere) {
      ++progress_.too_small;
      give_up(left.open);
      return;
    }
    const auto i = static_cast<std::size_t>(left.cut);
    const double middle = left.box.lower[i] / 2 + left.box.upper[i] / 2;
    OpenBox half{std::move(left.box), std::move(left.open), std::move(left.signs), left.margin,
                 parent.share / 2};
    OpenBox other = half;
    half.box.upper[i] = middle;
    other.box.lower[i] = middle;
    waiting.put(std::move(half));
    waiting.put(std::move(other));
  }

  // Every rank bounds a run of the boxes, or all ranks together all of them. (all_gather of the outcomes)
  std::vector<BoxOutcome> bound(BoxBounder& bounder, std::span<const OpenBox> boxes,
                                const CancelToken* cancel) const {
    const auto ranks = static_cast<std::size_t>(exact_->ranks());
    if (!alone_ || ranks == 1) return bounder.run(boxes, cancel);
    const auto rank = static_cast<std::size_t>(exact_->rank());
    const std::size_t first = boxes.size() * rank / ranks, last = boxes.size() * (rank + 1) / ranks;
    // Nobody may stop in its middle: the others would wait.
    return gathered_outcomes(*exact_, bounder.run(boxes.subspan(first, last - first), nullptr));
  }

  // Points of the boxes that look worst; from time to time, the attack descends from them.
  std::optional<Counterexample> try_points(std::span<const OpenBox> boxes,
                                           std::span<const BoxOutcome> outcomes, bool searches,
                                           const CancelToken* cancel) {
    std::vector<std::size_t> worst;
    for (std::size_t d = 0; d < boxes.size(); ++d)
      if (!outcomes[d].open.empty()) worst.push_back(d);
    if (worst.empty()) return {};
    std::stable_sort(worst.begin(), worst.end(), [&](std::size_t a, std::size_t b) {
      return outcomes[a].margin < outcomes[b].margin;
    });
    progress_.margin = outcomes[worst.front()].margin;
    if (worst.size() > options_.points) worst.resize(options_.points);
    const Box& box = property_->regions[region_].point_box();
    std::vector<double> points;
    for (const std::size_t d : worst)
      for (std::size_t i = 0; i < outcomes[d].point.size(); ++i)
        points.push_back(std::max(box.lower[i], std::min(box.upper[i], outcomes[d].point[i])));
    for (std::size_t i = 0; i < box.lower.size(); ++i)
      if (!(box.lower[i] <= box.upper[i])) return {};  // no point is known
    if (auto hit = attack_->try_points(region_, points, cancel); hit || is_over() || !searches)
      return hit;
    std::vector<std::uint32_t> open;
    for (const std::size_t d : worst)
      open.insert(open.end(), outcomes[d].open.begin(), outcomes[d].open.end());
    std::sort(open.begin(), open.end());
    open.erase(std::unique(open.begin(), open.end()), open.end());
    for (const std::uint32_t c : open)
      if (auto hit = attack_->search({region_, c}, points, cancel); hit || is_over()) return hit;
    return {};
  }

  Engine* exact_;
  const Property* property_;
  Attack* attack_;
  InputSearchOptions options_;
  std::unique_ptr<Engine> alone_;
  std::size_t region_ = 0;
  std::vector<bool> refuted_, given_up_;
  SearchProgress progress_;
};

}  // namespace shardbound::inline v0
