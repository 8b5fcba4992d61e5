// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A part of a domain as a search keeps it: a difference from the domain, and where its rows' optimisation may go on. What
// ranks have found out about parts that were their turn is told to all; slopes that one engine found are put in the order
// of another.

#include <shardbound/bound/engine.hpp>
#include <shardbound/spec/property.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
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
  int depth = 0;                          ///< halves of halves
  bool is_empty = false;                  ///< whether nothing is left of it
  std::vector<double> point{};            ///< where it may hold a counterexample
  double margin =
      -std::numeric_limits<double>::infinity();  ///< of its best row above its threshold

  SearchPart half(NeuronSplit split, int side) const {
    SearchPart child = *this;
    child.candidates.clear();
    split.side = side;
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
  std::vector<std::int32_t> mine;
  const auto say = [&](const std::vector<NeuronSplit>& splits) {
    mine.push_back(static_cast<std::int32_t>(splits.size()));
    for (const NeuronSplit& split : splits)
      mine.insert(mine.end(), {split.activation, split.neuron, split.side,
                               std::bit_cast<std::int32_t>(split.point)});
  };
  for (auto i = static_cast<std::size_t>(engine.rank()); i < parts.size(); i += ranks) {
    mine.push_back(parts[i].is_empty);
    say(parts[i].splits);
    say(parts[i].candidates);
    mine.push_back(static_cast<std::int32_t>(parts[i].point.size()));
    for (const double x : parts[i].point) {
      const auto halves = std::bit_cast<std::array<std::int32_t, 2>>(x);
      mine.insert(mine.end(), halves.begin(), halves.end());
    }
  }
  const auto all = engine.all_gather(std::as_bytes(std::span(mine)));
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    std::vector<std::int32_t> theirs(all[rank].size() / sizeof(std::int32_t));
    if (!theirs.empty()) std::memcpy(theirs.data(), all[rank].data(), all[rank].size());
    std::size_t at = 0;
    const auto hear = [&](std::vector<NeuronSplit>& splits) {
      splits.resize(static_cast<std::size_t>(theirs[at++]));
      for (NeuronSplit& split : splits) {
        split = {theirs[at], theirs[at + 1], theirs[at + 2], std::bit_cast<float>(theirs[at + 3])};
        at += 4;
      }
    };
    for (std::size_t i = rank; i < parts.size(); i += ranks) {
      parts[i].is_empty = theirs[at++] != 0;
      hear(parts[i].splits);
      hear(parts[i].candidates);
      parts[i].point.resize(static_cast<std::size_t>(theirs[at++]));
      for (double& x : parts[i].point) {
        x = std::bit_cast<double>(std::array{theirs[at], theirs[at + 1]});
        at += 2;
      }
    }
  }
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
