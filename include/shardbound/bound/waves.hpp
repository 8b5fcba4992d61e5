// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How a list of rows goes by: in waves as equally high as steps of 512 rows allow, each dealt out to the ranks
// in the order of the list, rank 0's rows first. Which rows share a wave never shows in a result; but a GPU's
// products leave the fewest multiprocessors idle at such heights.

#include <shardbound/core/shape.hpp>

#include <algorithm>

namespace shardbound::inline v0 {

class Waves {
 public:
  /// All heights but the last are multiples of this, or the most that there may be.
  static constexpr index_t step = 512;

  Waves() = default;
  /// At most `most` rows of a wave for each rank, a multiple of what rows are padded to.
  Waves(int ranks, index_t most) : ranks_(ranks), most_(most) {}

  /// Rows that each rank is dealt so that all of `rows` are.
  static index_t dealt(index_t rows, int ranks) { return padded_rows((rows + ranks - 1) / ranks); }

  /// The height that `rows` rows allow, at least `least_rows`.
  static index_t height_within(index_t rows) {
    return padded_rows(rows >= step ? rows / step * step : rows / row_group * row_group);
  }

  /// Rows of a wave that a rank is dealt at most.
  index_t most() const { return most_; }
  /// In how many waves `rows` rows go by.
  index_t count(index_t rows) const {
    const index_t wave = ranks_ * most_;
    return (rows + wave - 1) / wave;
  }
  /// Calls body(first, height) for each of them: rows [first, first + ranks * height), of which only those
  /// below `rows` are there.
  template <class Body>
  void for_each(index_t rows, const Body& body) const {
    for (index_t first = 0, height = 0; first < rows; first += ranks_ * height) {
      const index_t left = rows - first, waves = count(left);
      height = dealt((left + waves - 1) / waves, ranks_);
      if (waves > 1) height = std::min(most_, (height + step - 1) / step * step);
      body(first, height);
    }
  }

 private:
  int ranks_ = 1;
  index_t most_ = 0;
};

}  // namespace shardbound::inline v0
