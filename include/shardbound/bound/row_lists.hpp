// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lists of rows in a backend's memory, and what was found for them.

#include <shardbound/bound/request.hpp>
#include <shardbound/bound/result.hpp>
#include <shardbound/core/memory.hpp>
#include <shardbound/core/rounding.hpp>
#include <shardbound/expr/calls.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace shardbound::inline v0 {

/// A query's rows: each over its domain, or over all of `domains`; the lower bound before the upper.
inline std::vector<ListEntry> entries_of(const RowQuery& query, index_t rows, index_t domains) {
  std::vector<ListEntry> entries;
  const auto list = [&](index_t r, std::int32_t d) {
    entries.push_back({static_cast<std::int32_t>(r), d, 1});
    if (query.sides == Sides::both) entries.push_back({static_cast<std::int32_t>(r), d, -1});
  };
  if (query.domain.empty())
    for (std::int32_t d = 0; d < domains; ++d)
      for (index_t r = 0; r < rows; ++r) list(r, d);
  for (std::size_t r = 0; r < query.domain.size(); ++r)
    list(static_cast<index_t>(r), query.domain[r]);
  return entries;
}

/// Rows of a matrix in a backend's memory, those at some places, one behind the other. All up to the last of them are
/// brought over at once.
template <class Number, class T, class Backend>
std::vector<Number> rows_at(Backend& backend, const MatrixView<T>& from,
                            const std::vector<index_t>& places) {
  if (places.empty()) return {};
  const index_t rows = *std::max_element(places.begin(), places.end()) + 1;
  const auto width = static_cast<std::size_t>(from.columns);
  const auto bring = [&](T* to) { backend.to_host(to, from.data, rows * from.leading); };
  const auto start_of = [&](index_t place) { return place * from.leading; };
  if constexpr (std::is_same_v<Number, T>) {
    // These may be many numbers: once is enough.
    if (std::adjacent_find(places.begin(), places.end(), std::greater_equal<>()) == places.end()) {
      std::vector<T> found(static_cast<std::size_t>(rows * from.leading));
      bring(found.data());
      auto end = found.begin();
      for (const index_t place : places) {
        const auto first = found.begin() + start_of(place);
        if (first != end) std::copy(first, first + from.columns, end);
        end += from.columns;
      }
      found.resize(places.size() * width);
      return found;
    }
  }
  const auto all = std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(start_of(rows)));
  bring(all.get());
  std::vector<Number> found;
  found.reserve(places.size() * width);
  for (const index_t place : places) {
    const T* const first = all.get() + start_of(place);
    found.insert(found.end(), first, first + from.columns);
  }
  return found;
}

/// Room for `most` rows, and behind them for `rest` of sign 0 that fill up the last wave.
template <class T, class Backend>
class ListedRows {
 public:
  ListedRows() = default;
  ListedRows(Backend& backend, index_t most, index_t rest)
      : rest_(rest),
        index_(backend, most + rest, Category::workspace),
        domain_(backend, most + rest, Category::workspace),
        sign_(backend, most + rest, Category::workspace) {}

  index_t size() const { return index_.size(); }
  RowsView<T> first(index_t count) const {
    return {index_.data(), domain_.data(), sign_.data(), count};
  }
  /// Where a backend lists rows.
  expr::RowsTarget<T> target(std::int64_t* count) const {
    return {index_.data(), domain_.data(), sign_.data(), count, rest_};
  }
  void upload(Backend& backend, const std::vector<ListEntry>& entries) const {
    std::vector<std::int32_t> index, domain;
    std::vector<T> sign;
    for (const ListEntry& entry : entries) {
      index.push_back(entry.index);
      domain.push_back(entry.domain);
      sign.push_back(static_cast<T>(entry.sign));
    }
    const std::size_t size = index.size() + static_cast<std::size_t>(rest_);
    index.resize(size);
    domain.resize(size);
    sign.resize(size);
    const auto count = static_cast<index_t>(size);
    backend.upload(index_.data(), index.data(), count);
    backend.upload(domain_.data(), domain.data(), count);
    backend.upload(sign_.data(), sign.data(), count);
  }

 private:
  index_t rest_ = 0;
  Buffer<std::int32_t, Backend> index_, domain_;
  Buffer<T, Backend> sign_;
};

/// Least values of rows and their slacks.
template <class T, class Backend>
class RowResults {
 public:
  RowResults() = default;
  RowResults(Backend& backend, index_t most)
      : room_(padded(most)), numbers_(backend, 2 * room_, Category::workspace) {}

  /// Puts `count` results behind the first `done`, a multiple of row_group.
  void keep(Backend& backend, const expr::RowSums<T>& found, index_t done, index_t count) const {
    const auto copy = [&](const T* from, T* to) {
      backend.copy_columns(MatrixView<const T>{from, 1, count, count},
                           MatrixView<T>{to + done, 1, count, count}, Write::assign);
    };
    copy(found.constant, numbers_.data());
    copy(found.slack, numbers_.data() + room_);
  }
  /// What keeps the results of a row pass over `count` rows, wave by wave.
  auto keeper(Backend& backend, index_t count) const {
    return [this, &backend, count, done = index_t{0}](const RowsView<T>& wave,
                                                      const expr::RowSums<T>& found) mutable {
      const index_t real = std::min(wave.count, count - done);
      keep(backend, found, done, real);
      done += real;
    };
  }
  /// lower and slack of `count` list entries.
  RowBounds<T> read(Backend& backend, index_t count) const {
    RowBounds<T> found;
    found.lower.resize(static_cast<std::size_t>(count));
    found.slack.resize(static_cast<std::size_t>(count));
    backend.to_host(found.lower.data(), numbers_.data(), count);
    backend.to_host(found.slack.data(), numbers_.data() + room_, count);
    return found;
  }

 private:
  index_t room_ = 0;
  Buffer<T, Backend> numbers_;
};

/// The better of `descents` results, entry by entry.
template <class T, class Backend>
RowBounds<T> best_of(const std::vector<RowResults<T, Backend>>& results, std::size_t descents,
                     index_t count, Backend& backend) {
  RowBounds<T> best;
  for (std::size_t i = 0; i < descents; ++i) {
    const RowBounds<T> found = results[i].read(backend, count);
    if (best.lower.empty()) best = found;
    for (std::size_t r = 0; r < found.lower.size(); ++r)
      if (proved(found.lower[r], found.slack[r]) > proved(best.lower[r], best.slack[r])) {
        best.lower[r] = found.lower[r];
        best.slack[r] = found.slack[r];
      }
  }
  return best;
}

/// Appends what entry `e` and its negative, the next, mean as bounds of one functional.
template <class T, class Bounds>
void append_sides(const RowBounds<T>& best, std::size_t e, Bounds& to) {
  const T lower = best.lower[e], upper = -best.lower[e + 1];
  to.lower.push_back(std::min(lower, upper));  // they may cross by rounding
  to.upper.push_back(std::max(lower, upper));
  to.slack.push_back(std::max(best.slack[e], best.slack[e + 1]));
}

}  // namespace shardbound::inline v0
