// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Branch and bound over neurons whose parts are dealt over ranks: each rank cuts parts of its own, bounds them with an engine
// of its own, and keeps what they leave. After every round ranks tell each other how they stand, and where one has too
// few parts for its next round others give it some. Halves are like what they were cut from, and some take longer than
// others, so that ranks mix what they cut next now and then. Where a part's halves are cut does not depend on who has
// them: the tree is the same for every number of ranks. Where ranks share a search's engine they have one search in
// common, and nothing is dealt.

#include <shardbound/verify/neuron_search.hpp>
#include <shardbound/verify/of_all_ranks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

class DealtSearch {
 public:
  /// `mine` is this rank's: over an engine of `team`, whose ranks all make the same calls, or, on every rank of it alike,
  /// over one that works without peers. It has not begun.
  DealtSearch(const Engine& team, NeuronSearch mine)
      : team_(&team),
        mine_(std::move(mine)),
        ranks_(mine_.ranks() == team.ranks() ? 1 : static_cast<std::size_t>(team.ranks())),
        rank_(ranks_ == 1 ? 0 : static_cast<std::size_t>(team.rank())),
        waiting_(ranks_),
        open_(mine_.open()),
        progress_(mine_.progress()) {
    for (std::size_t t = 0; t < open_.size(); ++t) ++waiting_[t % ranks_];
    mine_.leave_to_others(rank_, ranks_);
  }

  /// See NeuronSearch; of all ranks.
  void imply(const Box& box, const SplitPlanes& planes) { mine_.imply(box, planes); }
  bool is_over() const {
    return std::all_of(waiting_.begin(), waiting_.end(), [](std::size_t n) { return n == 0; });
  }
  bool is_refuted(std::size_t task) const { return open_[task] == 0; }
  const SearchProgress& progress() const { return progress_; }

  /// A round on every rank; see NeuronSearch::round. Points come from each rank, the worst of its own first. Throws
  /// Cancelled on all ranks if one is stopped. (all_gathers: of how each rank stands, and of parts that move)
  SearchPoints round(const CancelToken* cancel, Observer* observer,
                     std::uint64_t most_parts = ~std::uint64_t{0}) {
    SearchPoints points;
    if (ranks_ == 1) {
      points = mine_.round(cancel, observer, most_parts);
      waiting_[0] = mine_.waiting();
      open_ = mine_.open();
      progress_ = mine_.progress();
      return points;
    }
    const auto all = of_all_ranks(*team_, [&](ByteWriter& writer) {
      SearchPoints own;
      const std::uint64_t most = own_share(most_parts);
      const bool has_work = waiting_[rank_] > 0 && most > 0;
      if (has_work) own = mine_.round(cancel, observer, most);
      SearchProgress progress = mine_.progress();
      if (!has_work) progress.worst = 0;
      writer(own.task), writer(own.x);
      writer(mine_.waiting()), writer(mine_.open()), writer(progress);
    });
    has_begun_ = true;
    std::fill(open_.begin(), open_.end(), 0);
    progress_ = {};
    for (std::size_t rank = 0; rank < ranks_; ++rank) {
      ByteReader reader(all[rank]);
      SearchPoints own;
      reader(own.task), reader(own.x);
      points.append(own);
      reader(waiting_[rank]);
      std::vector<std::int64_t> open;
      reader(open);
      for (std::size_t t = 0; t < open_.size(); ++t) open_[t] += open[t];
      const auto theirs = reader.next<SearchProgress>();
      progress_.add(theirs);
      progress_.open += theirs.open;
      progress_.bytes += theirs.bytes;
      progress_.share += theirs.share;
      progress_.worst = std::min(progress_.worst, theirs.worst);
    }
    progress_.own = mine_.progress().own;
    spread();
    if (++rounds_ % (mixed_every * ranks_) == 0) mix();
    return points;
  }

 private:
  // Of the parts that all ranks may bound; in pairs, to those that have something to cut.
  std::uint64_t own_share(std::uint64_t most_parts) const {
    if (!has_begun_ || waiting_[rank_] == 0) return most_parts;  // roots are bounded anyway
    std::uint64_t before = 0, count = 0;
    for (std::size_t rank = 0; rank < ranks_; ++rank)
      if (waiting_[rank] > 0) ++count, before += rank < rank_;
    const std::uint64_t pairs = most_parts / 2;
    return 2 * (pairs / count + (before < pairs % count));
  }
  // Of so many parts, on one of the ranks.
  std::size_t even_part(std::size_t all, std::size_t rank) const {
    return all / ranks_ + (rank < all % ranks_);
  }
  // Where a rank has too few parts for its next round it gets some for a few, from those that have more than their share.
  void spread() {
    constexpr std::size_t rounds = 2;
    const std::size_t at_once = mine_.parts_at_once();
    const auto [least, most] = std::minmax_element(waiting_.begin(), waiting_.end());
    if (*least >= at_once || *most <= *least + 1) return;
    const auto sum = [](const std::vector<std::size_t>& of) {
      return std::accumulate(of.begin(), of.end(), std::size_t{0});
    };
    const auto above = [](std::size_t a, std::size_t b) { return a - std::min(a, b); };
    const std::size_t all = sum(waiting_);
    std::vector<std::size_t> wants(ranks_), spare(ranks_), gives(ranks_);
    for (std::size_t rank = 0; rank < ranks_; ++rank) {
      wants[rank] = above(std::min(even_part(all, rank), rounds * at_once), waiting_[rank]);
      spare[rank] = above(waiting_[rank], even_part(all, rank));
    }
    const std::size_t wanted = sum(wants), room = sum(spare);
    if (wanted == 0) return;
    // Each gives in proportion, so that no rank's message is much longer than the others'.
    for (std::size_t rank = 0; rank < ranks_; ++rank) gives[rank] = spare[rank] * wanted / room;
    std::size_t left = wanted - sum(gives);
    for (std::size_t rank = 0; rank < ranks_ && left > 0; ++rank)
      if (gives[rank] < spare[rank]) ++gives[rank], --left;
    const auto given = of_all_ranks(*team_, [&](ByteWriter& writer) {
      for (const SearchPart& part : mine_.give(gives[rank_], WaitingParts::End::last))
        write(part, writer);
    });
    // Those that want parts take them in the order of ranks.
    const auto mine = wants.begin() + static_cast<std::ptrdiff_t>(rank_);
    const std::size_t first = std::accumulate(wants.begin(), mine, std::size_t{0});
    std::vector<SearchPart> taken;
    std::size_t at = 0;
    for (const auto& bytes : given)
      for (ByteReader reader(bytes); !reader.is_at_end() && at < first + *mine; ++at) {
        SearchPart part = read_part(reader);
        if (at >= first) taken.push_back(std::move(part));
      }
    mine_.receive(std::move(taken), WaitingParts::End::last);
    for (std::size_t rank = 0; rank < ranks_; ++rank) waiting_[rank] += wants[rank] - gives[rank];
  }
  // Of the parts that a rank would cut next, a round of them, every rank gets as many. (all_gather)
  void mix() {
    const auto receiver = [this](std::size_t rank, std::size_t i) { return (rank + i) % ranks_; };
    std::vector<SearchPart> own;
    const auto given = of_all_ranks(*team_, [&](ByteWriter& writer) {
      auto next = mine_.give(mine_.parts_at_once(), WaitingParts::End::next);
      for (std::size_t i = 0; i < next.size(); ++i) {
        const std::size_t to = receiver(rank_, i);
        writer(to);
        if (to == rank_)
          own.push_back(std::move(next[i]));
        else
          write(next[i], writer);
      }
    });
    std::vector<SearchPart> mixed;
    for (std::size_t rank = 0, kept = 0; rank < ranks_; ++rank)
      for (ByteReader reader(given[rank]); !reader.is_at_end();) {
        const auto to = reader.next<std::size_t>();
        if (rank == rank_ && to == rank_) mixed.push_back(std::move(own[kept++]));
        if (to == rank) continue;
        SearchPart part = read_part(reader);
        if (to == rank_) mixed.push_back(std::move(part));
      }
    std::stable_sort(mixed.begin(), mixed.end(),
                     [](const SearchPart& a, const SearchPart& b) { return a.margin > b.margin; });
    mine_.receive(std::move(mixed), WaitingParts::End::next);
    auto waiting = waiting_;
    for (std::size_t rank = 0; rank < ranks_; ++rank)
      for (std::size_t i = std::min(waiting_[rank], mine_.parts_at_once()); i-- > 0;)
        --waiting[rank], ++waiting[receiver(rank, i)];
    waiting_ = waiting;
  }

  static constexpr std::uint64_t mixed_every = 2;  // rounds, times ranks: as many bytes go about

  const Engine* team_;
  NeuronSearch mine_;
  std::size_t ranks_, rank_;          // that have parts of their own
  std::vector<std::size_t> waiting_;  // by rank
  std::vector<std::int64_t> open_;    // of each task, on all ranks
  SearchProgress progress_;
  bool has_begun_ = false;
  std::uint64_t rounds_ = 0;
};

}  // namespace shardbound::inline v0
