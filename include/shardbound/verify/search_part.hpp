// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A part of a domain as a search keeps it: a difference from the domain, and where its rows' optimisation may go on. What
// ranks have found out about parts that were their turn is told to all; slopes that one engine found are put in the order
// of another.

#include <shardbound/bound/engine.hpp>
#include <shardbound/core/bytes.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace shardbound::inline v0 {

/// A conjunction to be refuted over a domain of the engine's last run, whose query had its rows.
struct SearchTask {
  std::size_t conjunction = 0;  ///< of the caller's numbering
  const Conjunction* set = nullptr;
  std::int32_t first_row = 0;  ///< of the query
  std::size_t domain = 0;
};

struct SearchPart {
  struct Row {
    std::vector<float> multipliers{};
    PartSlopes slopes{};
  };

  std::size_t task = 0;  ///< whose conjunction it is to refute
  index_t domain = 0;
  std::vector<NeuronSplit> splits{};      ///< each neuron at most once from either side
  std::vector<Row> rows{};                ///< of the conjunction
  std::vector<NeuronSplit> candidates{};  ///< where to split it
  std::optional<NeuronSplit> cut{};       ///< the last one; other ranks are not told
  int depth = 0;                          ///< halves of halves
  bool is_empty = false;                  ///< whether nothing is left of it
  std::vector<double> point{};            ///< where it may hold a counterexample
  double margin =
      -std::numeric_limits<double>::infinity();  ///< of its best row above its threshold

  /// How far its best row is above its threshold, by the bounds of its rows, of which `row` is the first.
  double margin_above(const Conjunction& set, const std::vector<double>& lower,
                      std::size_t row) const {
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t r = 0; r < rows.size(); ++r)
      best = std::max(best, lower[row + r] - set.rhs[r]);
    return best;
  }
  /// Gives up some splits, with their multipliers.
  template <class Which>
  void forget(const Which& which) {
    for (Row& row : rows) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < row.multipliers.size(); ++i)
        if (!which(splits[i])) row.multipliers[kept++] = row.multipliers[i];
      row.multipliers.resize(kept);
    }
    std::erase_if(splits, which);
  }
  SearchPart half(NeuronSplit split, int side) const {
    SearchPart child = *this;
    child.candidates.clear();
    split.side = side;
    child.cut = split;
    ++child.depth;
    // Nearer on the same side: in the place of what was known, with its multipliers.
    for (NeuronSplit& known : child.splits)
      if (known.activation == split.activation && known.neuron == split.neuron &&
          known.side == side) {
        known.point = split.point;
        return child;
      }
    child.splits.push_back(split);
    return child;
  }
};

/// Where the linear bound of the first row of a part that is open is least in the box of its domain; `row` is the part's
/// first. Nothing if there is none.
inline std::vector<double> worst_point(const SearchPart& part, const OutputBounds<double>& box,
                                       std::size_t row, const PartBounds& found) {
  const std::size_t n = box.lower.size();
  for (std::size_t r = row; r < row + part.rows.size(); ++r) {
    const std::ptrdiff_t at = found.kept_at(r);
    if (at < 0 || found.linear.coefficients.empty()) continue;
    const double* const a = found.linear.coefficients.data() + static_cast<std::size_t>(at) * n;
    std::vector<double> point(n);
    for (std::size_t i = 0; i < n; ++i) point[i] = a[i] >= 0 ? box.lower[i] : box.upper[i];
    return point;
  }
  return {};
}

/// Points (D, N_in), and of which task each is.
struct SearchPoints {
  std::vector<std::size_t> task;
  std::vector<double> x;

  /// Those of one task, of `inputs` numbers each.
  std::vector<double> of(std::size_t wanted, index_t inputs) const {
    std::vector<double> own;
    for (std::size_t k = 0; k < task.size(); ++k) {
      const auto from = x.begin() + static_cast<std::ptrdiff_t>(k) * inputs;
      if (task[k] == wanted) own.insert(own.end(), from, from + inputs);
    }
    return own;
  }
  void append(const SearchPoints& more) {
    task.insert(task.end(), more.task.begin(), more.task.end());
    x.insert(x.end(), more.x.begin(), more.x.end());
  }
};

/// What each rank found of the parts that were its turn - part i is rank i's, modulo ranks -: splits, candidates, a point,
/// and whether anything is left. (all_gather)
inline void share_judgements(const Engine& engine, std::span<SearchPart> parts) {
  const auto ranks = static_cast<std::size_t>(engine.ranks());
  if (ranks == 1) return;
  const auto visit_turns = [&](std::size_t rank, auto& visit) {
    for (std::size_t i = rank; i < parts.size(); i += ranks) {
      visit(parts[i].is_empty);
      visit(parts[i].splits);
      visit(parts[i].candidates);
      visit(parts[i].point);
    }
  };
  ByteWriter mine;
  visit_turns(static_cast<std::size_t>(engine.rank()), mine);
  const auto all = engine.all_gather(mine.bytes());
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    ByteReader theirs(all[rank]);
    visit_turns(rank, theirs);
  }
}

/// A part as bytes, and back: what it shares with others it has to itself then.
inline void write(const SearchPart& part, ByteWriter& to) {
  to(part.task), to(part.domain), to(part.depth), to(part.margin);
  to(part.splits), to(part.candidates);
  to(part.rows.size());
  for (const SearchPart::Row& row : part.rows) {
    to(row.multipliers);
    to(row.slopes != nullptr);
    if (row.slopes) to(*row.slopes);
  }
}
inline SearchPart read_part(ByteReader& from) {
  SearchPart part;
  from(part.task), from(part.domain), from(part.depth), from(part.margin);
  from(part.splits), from(part.candidates);
  part.rows.resize(from.next<std::size_t>());
  for (SearchPart::Row& row : part.rows) {
    from(row.multipliers);
    if (!from.next<bool>()) continue;
    std::vector<float> slopes;
    from(slopes);
    row.slopes = std::make_shared<const std::vector<float>>(std::move(slopes));
  }
  return part;
}

/// Slopes in the order of one engine's last run, for another's; neurons that are unstable in the other alone begin anew.
class SlopeOrders {
 public:
  void translate(std::span<SearchPart> parts, Engine& from, Engine& to) {
    if (&from == &to) return;
    for (SearchPart& part : parts) {
      const auto& places = places_of(part.domain, from, to);
      for (SearchPart::Row& row : part.rows) {
        if (!row.slopes) continue;
        std::vector<float> slopes;
        slopes.reserve(places.size());
        for (const std::ptrdiff_t place : places)
          slopes.push_back(place < 0 ? 0 : (*row.slopes)[static_cast<std::size_t>(place)]);
        row.slopes = std::make_shared<const std::vector<float>>(std::move(slopes));
      }
    }
  }

 private:
  // For each of the one's numbers its place among the other's.
  const std::vector<std::ptrdiff_t>& places_of(index_t domain, Engine& from, Engine& to) {
    const auto [found, is_new] = places_.try_emplace({&to, domain});
    if (!is_new) return found->second;
    const auto theirs = from.part_columns(domain);
    std::map<PartColumn, std::ptrdiff_t> place;
    for (std::size_t i = 0; i < theirs.size(); ++i)
      place[theirs[i]] = static_cast<std::ptrdiff_t>(i);
    for (const PartColumn& column : to.part_columns(domain)) {
      const auto at = place.find(column);
      found->second.push_back(at == place.end() ? -1 : at->second);
    }
    return found->second;
  }

  std::map<std::pair<const Engine*, index_t>, std::vector<std::ptrdiff_t>> places_;
};

}  // namespace shardbound::inline v0
