// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which feature each output of a gather is, and the other way round, who reads each feature: rows are pulled through it
// from either side.

#include <shardbound/core/errors.hpp>
#include <shardbound/expr/node.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace shardbound::inline v0 {

struct GatherTable {
  std::vector<std::int32_t> indices;       ///< (N padded), -1: a constant
  std::vector<std::int32_t> first_reader;  ///< (N_in + 1 padded): places in `readers`
  std::vector<std::int32_t> readers;       ///< (N padded): outputs, in their order

  /// Of a gather from `from` features. Throws ArgumentError, naming it as `who`, on features that are not there and on
  /// one that is read more often than the plan says: slacks pay for so many additions and no more.
  GatherTable(const std::string& who, const Node& node, index_t from,
              std::span<const std::int32_t> given)
      : indices(static_cast<std::size_t>(padded(node.features)), -1),
        first_reader(static_cast<std::size_t>(padded(from + 1))),
        readers(indices.size()) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      const std::int32_t index = indices[i] = given[i];
      const auto wrong = [&](const std::string& what) {
        throw ArgumentError(who + ": its output " + std::to_string(i) + " is feature " +
                            std::to_string(index) + " of " + std::to_string(from) + what);
      };
      if (index < -1 || index >= from) wrong(", which is not there");
      if (index < 0) continue;
      if (++first_reader[static_cast<std::size_t>(index) + 1] > node.repeats)
        wrong(", which is read more often than Node::repeats says");
    }
    for (std::size_t j = 1; j < first_reader.size(); ++j) first_reader[j] += first_reader[j - 1];
    auto next = first_reader;
    for (std::size_t i = 0; i < given.size(); ++i)
      if (given[i] >= 0)
        readers[static_cast<std::size_t>(next[static_cast<std::size_t>(given[i])]++)] =
            static_cast<std::int32_t>(i);
  }
};

}  // namespace shardbound::inline v0
