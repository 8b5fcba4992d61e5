// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How a search went, over time, in no more points than can be drawn: rounds that follow each other become one where there
// are too many.

#include <shardbound/verify/search_progress.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace shardbound::inline v0::cli {

class SearchTrace {
 public:
  /// Some rounds: how they left the search, and the worst bound of any of them.
  struct Point {
    double seconds = 0;
    std::uint64_t domains = 0;  ///< of all regions so far
    std::uint64_t open = 0;     ///< of the region that is searched, as the rest
    double share = 0, worst = 0;
  };

  /// Keeps an even number of points at most.
  explicit SearchTrace(std::size_t most = 512) : most_(std::max<std::size_t>(most / 2 * 2, 2)) {}

  /// A round that ended at that time.
  void add(double seconds, const SearchProgress& progress) {
    if (region_ != progress.region) {
      if (region_) before_ += domains_;
      region_ = progress.region;
      ++searches_;
    }
    domains_ = progress.domains;
    const Point one{seconds, before_ + domains_, progress.open, progress.share, progress.worst};
    if (rounds_++ == 0) began_ = seconds;
    if (!points_.empty() && in_last_ < in_each_) {
      points_.back() = merged(points_.back(), one);
      ++in_last_;
      return;
    }
    if (points_.size() == most_) halve();
    points_.push_back(one);
    in_last_ = 1;
  }

  const std::vector<Point>& points() const { return points_; }
  double began() const { return began_; }               ///< when the first round ended
  std::uint64_t rounds() const { return rounds_; }      ///< that were added
  std::uint64_t searches() const { return searches_; }  ///< regions that were searched

 private:
  static Point merged(const Point& first, Point second) {
    second.worst = std::min(first.worst, second.worst);
    return second;
  }
  void halve() {
    for (std::size_t i = 0; 2 * i < points_.size(); ++i)
      points_[i] = merged(points_[2 * i], points_[2 * i + 1]);
    points_.resize(points_.size() / 2);
    in_each_ *= 2;
  }

  std::size_t most_;
  std::vector<Point> points_;
  std::uint64_t in_each_ = 1, in_last_ = 0;  // rounds of a point
  std::uint64_t rounds_ = 0, searches_ = 0;
  std::uint64_t before_ = 0, domains_ = 0;  // of regions before this one, and of this one
  std::optional<std::size_t> region_;
  double began_ = 0;
};

}  // namespace shardbound::inline v0::cli
