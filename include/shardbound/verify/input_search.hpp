// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Branch and bound over the inputs: what bounds cannot refute over a box is sought in its two halves, which have tighter
// ones. Meant for networks with few inputs, where boxes get small before they get many. Each round takes some boxes,
// bounds and clips their halves, tries points in them, and puts back what is left. A box's fate depends
// on it and on the boxes that it was cut from alone: where no counterexample is met, the same boxes are gone through
// whatever the number of boxes in a round or in a call, of ranks and of threads.

#include <shardbound/verify/attack.hpp>
#include <shardbound/verify/box_bounder.hpp>
#include <shardbound/verify/gathered_outcomes.hpp>
#include <shardbound/verify/search_progress.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

struct InputSearchOptions {
  std::size_t most_inputs = 24;  ///< that can be cut, of a region that is searched
  std::size_t round = 256;       ///< boxes of a round
  std::size_t batch = 64;        ///< boxes of one call of an engine
  std::size_t points = 16;       ///< tried in a round, at most
  std::uint64_t most_boxes = 0;  ///< gives up after so many; 0: does not
  std::size_t most_bytes = std::size_t{256} << 20;  ///< of boxes waiting, before it goes deep
  SearchObserver see{};
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
      free += can_be_cut(box.lower[i], box.upper[i]);
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
    progress_ = {.region = region};
    OpenBoxes waiting(options_.most_bytes);
    OpenBox root{property_->regions[region].box, {}};
    for (const std::size_t c : open)
      if (property_->regions[region].unsafe[c].size() > 0)
        root.open.push_back(static_cast<std::uint32_t>(c));
    const std::vector<std::uint32_t> asked = root.open;
    if (asked.empty()) return {};
    if (!alone_ && exact_->ranks() > 1) alone_ = exact_->alone();
    BoxBounder bounder(alone_ ? *alone_ : *exact_, *property_, region, options_.batch);
    const bool is_own = !alone_ || exact_->rank() == 0;
    progress_.domains = 1, progress_.own = is_own;
    std::vector<OpenBox> found = of_all([&] {
      return is_own ? bounder.run({&root, 1}, cancel) : std::vector<OpenBox>{};
    });
    std::uint64_t next_search = 8;
    int futile = 0;
    for (std::uint64_t round = 1;; ++round) {
      progress_.worst = 0;
      for (const OpenBox& one : found)
        if (one.open.empty())
          ++progress_.refuted, progress_.share += one.share;
        else
          progress_.worst = std::min(progress_.worst, one.margin);
      if (auto hit = try_points(found, round >= next_search, cancel); hit || is_over()) return hit;
      if (excess_ <= 0 && ++futile == most_futile) {
        give_up(asked);
        break;
      }
      if (round >= next_search) next_search *= 2;
      for (OpenBox& one : found) put(std::move(one), waiting);
      progress_.open = waiting.size();
      if (options_.see) options_.see(progress_);
      if (waiting.empty()) break;
      if (exact_->agree(cancel && cancel->cancelled())) throw Cancelled("the time is over");
      if (options_.most_boxes > 0 && progress_.domains >= options_.most_boxes) {
        while (!waiting.empty()) give_up(waiting.take().open);
        break;
      }
      bounder.prepare();
      std::vector<OpenBox> taken;
      std::uint64_t halves = 0;
      while (!waiting.empty() && taken.size() < std::max<std::size_t>(options_.round, 1) &&
             (options_.most_boxes == 0 || progress_.domains + halves < options_.most_boxes)) {
        taken.push_back(waiting.take());
        halves += halves_of({&taken.back(), 1});
      }
      const auto own = own_of(taken);
      progress_.domains += halves, progress_.own += halves_of(own);
      found = of_all([&] { return bounder.halves(own, cancel); });
    }
    for (const std::uint32_t c : asked) refuted_[c] = !given_up_[c];
    return {};
  }

  /// By conjunction of the region that was searched last: whether nothing is left of it.
  const std::vector<bool>& refuted() const { return refuted_; }
  const SearchProgress& progress() const { return progress_; }

 private:
  // Rounds with points that satisfy a conjunction, as far as arithmetic can tell, and yet do not count: nothing is going
  // to refute it.
  static constexpr int most_futile = 64;

  bool is_over() const { return attack_->spare().has_value(); }
  void give_up(const std::vector<std::uint32_t>& conjunctions) {
    for (const std::uint32_t c : conjunctions) given_up_[c] = true;
  }

  void put(OpenBox box, OpenBoxes& waiting) {
    // Whatever was given up somewhere need not be refuted elsewhere.
    std::erase_if(box.open, [&](std::uint32_t c) { return given_up_[c]; });
    if (box.open.empty()) return;
    if (!box.cuts.empty()) return waiting.put(std::move(box));
    ++progress_.undecided;
    give_up(box.open);
  }

  // What body() finds, on all ranks where each has an engine of its own. (all_gather of the outcomes)
  template <class Body>
  std::vector<OpenBox> of_all(const Body& body) const {
    if (!alone_ || exact_->ranks() == 1) return body();
    return gathered_outcomes(*exact_, body);
  }
  // Every rank bounds a run of the boxes, or all ranks together all of them.
  std::span<const OpenBox> own_of(std::span<const OpenBox> boxes) const {
    const auto ranks = static_cast<std::size_t>(alone_ ? exact_->ranks() : 1);
    const auto rank = static_cast<std::size_t>(alone_ ? exact_->rank() : 0);
    const std::size_t first = boxes.size() * rank / ranks;
    return boxes.subspan(first, boxes.size() * (rank + 1) / ranks - first);
  }
  static std::size_t halves_of(std::span<const OpenBox> boxes) {
    std::size_t count = 0;
    for (const OpenBox& one : boxes) count += 2 * one.cuts.size();
    return count;
  }

  // Points of the boxes where they are most promising, if one of them seems to be a counterexample. Now and then, the attack
  // descends from them.
  std::optional<Counterexample> try_points(std::span<const OpenBox> boxes, bool searches,
                                           const CancelToken* cancel) {
    const auto is_before = [](const OpenBox* a, const OpenBox* b) { return a->excess < b->excess; };
    std::vector<const OpenBox*> best;
    excess_ = std::numeric_limits<double>::infinity();
    for (const OpenBox& one : boxes)
      if (std::isfinite(one.excess)) best.push_back(&one);
    if (best.empty()) return {};
    std::stable_sort(best.begin(), best.end(), is_before);
    excess_ = best.front()->excess;
    if (!searches && excess_ > 0) return {};
    if (best.size() > options_.points) best.resize(options_.points);
    std::vector<double> points;
    std::vector<std::uint32_t> open;
    for (const OpenBox* one : best) {
      points.insert(points.end(), one->point.begin(), one->point.end());
      open.insert(open.end(), one->open.begin(), one->open.end());
    }
    if (auto hit = attack_->try_points(region_, points, cancel); hit || is_over() || !searches)
      return hit;
    std::sort(open.begin(), open.end());
    open.erase(std::unique(open.begin(), open.end()), open.end());
    std::vector<Target> targets;
    targets.reserve(open.size());
    for (const std::uint32_t c : open) targets.push_back({{region_, c}, points});
    return attack_->search(targets, Effort::usual(exact_->plan()), cancel);
  }

  Engine* exact_;
  const Property* property_;
  Attack* attack_;
  InputSearchOptions options_;
  std::unique_ptr<Engine>
      alone_;  // where ranks hold the whole network, each works on boxes of its own
  std::size_t region_ = 0;
  std::vector<bool> refuted_, given_up_;
  SearchProgress progress_;
  double excess_ = 0;  // by which the best point of the last round failed to be a counterexample
};

}  // namespace shardbound::inline v0
