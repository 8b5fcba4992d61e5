// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/bound/waves.hpp>

#include <algorithm>
#include <vector>

using namespace shardbound;

namespace {

std::vector<index_t> heights(const Waves& waves, index_t rows) {
  std::vector<index_t> found;
  waves.for_each(rows, [&](index_t, index_t height) { found.push_back(height); });
  return found;
}

}  // namespace

TEST_CASE("waves are as many as must be") {
  CHECK(heights({1, 1000}, 0).empty());
  CHECK(heights({1, 1000}, 999) == std::vector<index_t>{padded_rows(999)});
  CHECK(heights({1, 40}, 90) == std::vector<index_t>{40, 40, padded_rows(10)});
  CHECK(heights({2, 1000}, 4000) == std::vector<index_t>{1000, 1000});
}

TEST_CASE("heights are multiples of what a GPU multiplies at once, but for the last") {
  CHECK(heights({1, 1024}, 1100) == std::vector<index_t>{1024, padded_rows(76)});
  CHECK(heights({2, 2048}, 4200) == std::vector<index_t>{1536, padded_rows(564)});
  CHECK(heights({1, 2560}, 16384) ==
        std::vector<index_t>{2560, 2560, 2560, 2560, 2048, 2048, 2048});
  CHECK(Waves::height_within(2609) == 2560);
  CHECK(Waves::height_within(511) == 504);
  CHECK(Waves::height_within(3) == 16);
}

TEST_CASE("every row goes by once, in waves that are as many as was said and never too high") {
  for (int ranks : {1, 2, 3, 8})
    for (index_t most : {16, 24, 40, 1000})
      for (index_t rows : {1, 16, 17, 100, 331, 4096, 5000}) {
        CAPTURE(ranks);
        CAPTURE(most);
        CAPTURE(rows);
        const Waves waves(ranks, most);
        index_t next = 0, seen = 0;
        waves.for_each(rows, [&](index_t first, index_t height) {
          CHECK(first == next);
          CHECK(first < rows);
          CHECK(height <= most);
          CHECK(height == padded_rows(height));
          next += ranks * height;
          ++seen;
        });
        CHECK(next >= rows);
        CHECK(seen == waves.count(rows));
      }
}
