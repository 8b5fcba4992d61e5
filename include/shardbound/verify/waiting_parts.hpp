// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Parts of domains that wait to be cut, the last that came first: so the search goes deep, and few wait. What would be cut
// last is greatest, and is what ranks give each other.

#include <shardbound/verify/search_memory.hpp>
#include <shardbound/verify/search_part.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

class WaitingParts {
 public:
  bool empty() const { return parts_.empty(); }
  std::size_t size() const { return parts_.size(); }
  /// That they take on this rank.
  std::size_t bytes() const { return bytes_; }

  const SearchPart& next() const { return parts_.back(); }
  SearchPart take() {
    SearchPart part = std::move(parts_.back());
    parts_.pop_back();
    bytes_ -= bytes_of(part);
    return part;
  }
  void put(SearchPart part) {
    bytes_ += bytes_of(part);
    parts_.push_back(std::move(part));
  }

  enum class End { next, last };
  /// Those that would be taken next, or last, so many or all; what would be taken first of these comes last.
  std::vector<SearchPart> give(std::size_t count, End end) {
    const auto own = static_cast<std::ptrdiff_t>(std::min(count, parts_.size()));
    const auto first = end == End::next ? parts_.end() - own : parts_.begin();
    std::vector<SearchPart> given(std::make_move_iterator(first),
                                  std::make_move_iterator(first + own));
    parts_.erase(first, first + own);
    for (const SearchPart& part : given) bytes_ -= bytes_of(part);
    return given;
  }
  /// To be taken before all others, or after them.
  void receive(std::vector<SearchPart> given, End end) {
    for (const SearchPart& part : given) bytes_ += bytes_of(part);
    parts_.insert(end == End::next ? parts_.end() : parts_.begin(),
                  std::make_move_iterator(given.begin()), std::make_move_iterator(given.end()));
  }

 private:
  std::vector<SearchPart> parts_;  // the last is next
  std::size_t bytes_ = 0;
};

}  // namespace shardbound::inline v0
