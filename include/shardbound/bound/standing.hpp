// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How an objective stands: the best bound of every row so far, which rows are good enough, and which domains are over -
// because all of their rows are, or because nothing has got better for a while. Nothing that is said of a domain depends
// on the others.

#include <shardbound/bound/objective.hpp>
#include <shardbound/core/rounding.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace shardbound::inline v0 {

template <class T>
class Standing {
 public:
  Standing() = default;
  Standing(const Objective<T>& objective, index_t domains, int patience)
      : objective_(objective),
        patience_(patience),
        best_(objective.known),
        reached_(objective.entries.size(), -std::numeric_limits<T>::infinity()),
        done_(objective.entries.size()),
        stale_(static_cast<std::size_t>(domains), -1),  // the first evaluation is no improvement
        over_(static_cast<std::size_t>(domains)),
        trajectory_{.rows = objective.rows},
        began_(Clock::now()) {}

  /// What an evaluation found; `arranged` says of which entry, or -1.
  void note(const RowBounds<T>& found, const std::vector<std::int64_t>& arranged) {
    std::vector<bool> better(over_.size()), open(over_.size());
    for (std::size_t place = 0; place < found.lower.size(); ++place) {
      if (arranged[place] < 0) continue;
      const auto e = static_cast<std::size_t>(arranged[place]);
      if (found.lower[place] > reached_[e]) better[domain_of(e)] = true;
      reached_[e] = std::max(reached_[e], found.lower[place]);
      const T bound = proved(found.lower[place], found.slack[place]);
      if (!(bound > proved(best_.lower[e], best_.slack[e]))) continue;
      best_.lower[e] = found.lower[place];
      best_.slack[e] = found.slack[place];
    }
    note_targets();
    for (std::size_t e = 0; e < done_.size(); ++e)
      if (!done_[e]) open[domain_of(e)] = true;
    for (std::size_t d = 0; d < over_.size(); ++d) {
      stale_[d] = better[d] ? 0 : stale_[d] + 1;
      if (!open[d] || (patience_ > 0 && stale_[d] > patience_)) over_[d] = true;
    }
    for (std::size_t e = 0; e < done_.size(); ++e)
      if (over_[domain_of(e)]) done_[e] = true;
    note_trajectory();
  }

  /// By entry: whether it needs no more work.
  const std::vector<bool>& done() const { return done_; }
  /// By domain.
  const std::vector<bool>& over() const { return over_; }
  bool is_over() const { return std::find(over_.begin(), over_.end(), false) == over_.end(); }
  /// Since it began.
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
  const RowBounds<T>& best() const { return best_; }
  const Trajectory& trajectory() const { return trajectory_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::size_t domain_of(std::size_t entry) const {
    return static_cast<std::size_t>(objective_.entries[entry].domain);
  }
  void note_targets() {
    std::map<std::int32_t, bool> groups;
    for (std::size_t e = 0; e < objective_.targets.size(); ++e) {
      const double bound =
          static_cast<double>(best_.lower[e]) - static_cast<double>(best_.slack[e]);
      done_[e] = done_[e] || bound > objective_.targets[e];
      if (!objective_.groups.empty()) groups[objective_.groups[e]] |= done_[e];
    }
    for (std::size_t e = 0; e < objective_.groups.size(); ++e)
      done_[e] = groups[objective_.groups[e]];
  }
  void note_trajectory() {
    double sum = 0, least = std::numeric_limits<double>::infinity();
    std::size_t finite = 0;
    for (const T lower : best_.lower) {
      least = std::min(least, static_cast<double>(lower));
      if (std::isfinite(lower)) sum += static_cast<double>(lower), ++finite;
    }
    trajectory_.seconds.push_back(seconds());
    trajectory_.mean.push_back(finite > 0 ? sum / static_cast<double>(finite) : least);
    trajectory_.least.push_back(least);
  }

  Objective<T> objective_;
  int patience_ = 0;
  RowBounds<T> best_;       // known, or found
  std::vector<T> reached_;  // by evaluations
  std::vector<bool> done_;
  std::vector<int> stale_;  // by domain: evaluations since anything got better
  std::vector<bool> over_;
  Trajectory trajectory_;
  Clock::time_point began_;
};

}  // namespace shardbound::inline v0
