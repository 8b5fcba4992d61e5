// SPDX-License-Identifier: BSD-3-Clause

// Parts are plain data that searches sort and compare: by activation, then neuron, then side.

#include <doctest/doctest.h>

#include <shardbound/bound/parts.hpp>

#include <algorithm>
#include <vector>

using namespace shardbound;

// What a part says if nobody says otherwise: the whole domain, and nothing to begin with.
static_assert(NeuronSplit{}.side == 1 && NeuronSplit{}.point == 0);
static_assert(PartOptions{}.iterations > 1 && !PartOptions{}.coefficients);
static_assert(!PartOptions{}.guesses);  // else bounds would not be bounds

TEST_CASE("splits and columns are ordered by activation, neuron and side") {
  const std::vector<NeuronSplit> splits = {{2, 7, -1}, {2, 7, 1}, {2, 8, -1}, {4, 0, -1}};
  const std::vector<PartColumn> columns = {{2, 7, 0}, {2, 7, 1}, {2, 8, 0}, {4, 0, 0}};
  for (std::size_t i = 0; i < splits.size(); ++i)
    for (std::size_t k = 0; k < splits.size(); ++k) {
      CHECK((splits[i] < splits[k]) == (i < k));
      CHECK((splits[i] == splits[k]) == (i == k));
      CHECK((columns[i] < columns[k]) == (i < k));
      CHECK((columns[i] == columns[k]) == (i == k));
    }
}

TEST_CASE("a part that nothing is said of is its whole domain, and shares slopes with its copies") {
  PartRow part;
  CHECK(part.splits.empty());
  CHECK(part.multipliers.empty());
  CHECK(part.slopes == nullptr);
  part.slopes = std::make_shared<const std::vector<float>>(3, 0.5f);
  const PartRow child = part;
  CHECK(child.slopes == part.slopes);
}
