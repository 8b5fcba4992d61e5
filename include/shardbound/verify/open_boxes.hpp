// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The boxes of an input search that are still to be refuted, and in which order they are taken: those with a point that is
// nearly a counterexample first - if there is none, the order is all the same - until so many are open that memory counts;
// then the smallest first, which hardly adds to them. Ties are broken by age, so that the order is always the same.

#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// Whether an interval has a middle that is neither of its ends.
inline bool can_be_cut(double lower, double upper) {
  const double middle = lower / 2 + upper / 2;
  return lower < middle && middle < upper;
}

/// A part of a region, and what is left to be shown of it. Numbers are about conjunctions that are open.
struct OpenBox {
  Box box;
  std::vector<std::uint32_t> open;  ///< conjunctions of its region that are not refuted over it
  double share = 1;                 ///< of the region, before anything was clipped
  /// How far above its threshold the best row of a conjunction came, where that was furthest from a proof.
  double margin = -std::numeric_limits<double>::infinity();
  std::vector<double> point{};  ///< in it, that may be a counterexample
  double excess =
      std::numeric_limits<double>::infinity();  ///< by how much the point fails to be one
  /// Inputs to cut it at, as different judgements have it; none: its ends are next to each other.
  std::vector<std::int32_t> cuts{};
  /// By pre-activation, one after the other: above 0 all over it (1), below (-1), or neither as far as is known.
  std::vector<std::int8_t> signs{};
  std::uint64_t age = 0;  ///< how many were put before it

  std::size_t bytes() const {
    return sizeof *this + sizeof(double) * (2 * box.lower.size() + point.size()) +
           sizeof(std::uint32_t) * (open.size() + cuts.size()) + signs.size();
  }
};

class OpenBoxes {
 public:
  /// Goes deep once they take more than so many bytes.
  explicit OpenBoxes(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  bool empty() const { return boxes_.empty(); }
  std::size_t size() const { return boxes_.size(); }
  /// Whether the smallest come first by now.
  bool is_deep() const { return deep_; }

  void put(OpenBox box) {
    box.age = made_++;
    bytes_ += box.bytes();
    boxes_.push_back(std::move(box));
    std::push_heap(boxes_.begin(), boxes_.end(), after());
    if (!deep_ && bytes_ > most_bytes_) turn(true);
  }
  OpenBox take() {
    std::pop_heap(boxes_.begin(), boxes_.end(), after());
    OpenBox box = std::move(boxes_.back());
    boxes_.pop_back();
    bytes_ -= box.bytes();
    if (deep_ && bytes_ < most_bytes_ / 2) turn(false);
    return box;
  }

 private:
  // Whether a is taken after b.
  struct After {
    bool deep;
    bool operator()(const OpenBox& a, const OpenBox& b) const {
      const double x = deep ? a.share : a.excess, y = deep ? b.share : b.excess;
      return x != y ? x > y : a.age > b.age;
    }
  };
  After after() const { return {deep_}; }
  void turn(bool deep) {
    deep_ = deep;
    std::make_heap(boxes_.begin(), boxes_.end(), after());
  }

  std::vector<OpenBox> boxes_;  // a heap
  std::size_t most_bytes_, bytes_ = 0;
  std::uint64_t made_ = 0;
  bool deep_ = false;
};

}  // namespace shardbound::inline v0
