// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Misspelt words: which of the words that exist was meant?

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardbound::inline v0::cli {

/// How many letters are wrong, missing, too many, or have changed places with their neighbour.
inline std::size_t misspellings(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last.back();
}

/// The candidate that `word` comes closest to, or nothing if a third of its letters and more are off.
inline std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t fewest = word.size();
  for (const std::string& candidate : candidates) {
    const std::size_t found = misspellings(word, candidate);
    if (found > std::max<std::size_t>(1, candidate.size() / 3) || found >= fewest) continue;
    fewest = found;
    best = candidate;
  }
  return best;
}

/// "; did you mean verify?", or nothing.
inline std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string meant = nearest(word, candidates);
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

/// "a, b and c"
inline std::string listed(const std::vector<std::string>& words, const std::string& last = "and") {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 < words.size() ? ", " : " " + last + " ";
    text += words[i];
  }
  return text;
}

}  // namespace shardbound::inline v0::cli
