// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// --policy as a list: a word for the whole network, and others for some layers.
//   fully-sharded      row-col      fully-sharded,fc1=row-sharded,3=col-sharded

#include <shardbound/cli/nearest.hpp>
#include <shardbound/core/errors.hpp>
#include <shardbound/sharding/policies.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

namespace detail {

inline const std::vector<std::string> words_of_layers = {"replicated", "fully-sharded",
                                                         "row-sharded", "col-sharded"};

inline WeightCut cut_of(const std::string& word) {
  constexpr WeightCut cuts[] = {WeightCut::whole, WeightCut::panels, WeightCut::rows,
                                WeightCut::columns};
  for (std::size_t i = 0; i < words_of_layers.size(); ++i)
    if (words_of_layers[i] == word) return cuts[i];
  throw ArgumentError("--policy: there is no '" + word + "' for a layer, only " +
                      listed(words_of_layers) + did_you_mean(word, words_of_layers));
}

}  // namespace detail

/// Throws ArgumentError on words that mean nothing.
inline Policies policies_of(const std::string& list) {
  static const std::vector<std::string> words = {"replicated", "fully-sharded", "row-col"};
  Policies policies;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string part = list.substr(at, end - at);
    const std::size_t equals = part.rfind('=');
    if (equals != part.npos)
      policies.layers.emplace_back(part.substr(0, equals), detail::cut_of(part.substr(equals + 1)));
    else if (part == "row-col")
      policies.of = Policies::Of::rows_and_columns;
    else if (part == words[0] || part == words[1])
      policies.cut = detail::cut_of(part);
    else
      throw ArgumentError("--policy: there is no '" + part + "', only " + listed(words) +
                          ", and LAYER=POLICY for one layer" + did_you_mean(part, words));
    at = end + 1;
  }
  return policies;
}

}  // namespace shardbound::inline v0::cli
