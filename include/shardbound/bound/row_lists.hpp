// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lists of rows in a backend's memory, and what was found for them.

#include <shardbound/bound/method.hpp>
#include <shardbound/core/memory.hpp>
#include <shardbound/expr/calls.hpp>

#include <span>

namespace shardbound::inline v0 {

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
  /// Makes row r the functional r over domain[r].
  void upload(Backend& backend, std::span<const std::int32_t> domain) const {
    const std::size_t size = domain.size() + static_cast<std::size_t>(rest_);
    std::vector<std::int32_t> index(size), domains(size);
    std::vector<T> sign(size);
    for (std::size_t r = 0; r < domain.size(); ++r) {
      index[r] = static_cast<std::int32_t>(r);
      domains[r] = domain[r];
      sign[r] = T(1);
    }
    const auto count = static_cast<index_t>(size);
    backend.upload(index_.data(), index.data(), count);
    backend.upload(domain_.data(), domains.data(), count);
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

}  // namespace shardbound::inline v0
