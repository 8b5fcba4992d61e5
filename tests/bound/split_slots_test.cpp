// SPDX-License-Identifier: BSD-3-Clause

// A slot for each neuron that a row is split at, whoever deals them.

#include <doctest/doctest.h>

#include <shardbound/bound/split_slots.hpp>
#include <shardbound/shardbound.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sb = shardbound;

namespace {

//  0 x - 1 product - 2 relu - 3 product - 4 relu - 5 product
using Net =
    sb::Sequential<sb::Input<2>, sb::Linear<20>, sb::ReLU, sb::Linear<9>, sb::ReLU, sb::Linear<3>>;

sb::SplitSlots slots_of(const std::vector<sb::PartRow>& parts, sb::WorkerPool* pool = nullptr) {
  const sb::Network<Net> network;
  return {network.plan(), parts, pool};
}

}  // namespace

TEST_CASE("splits of one neuron share a slot, and an activation has as many as any row needs") {
  std::vector<sb::PartRow> parts(3);
  parts[0].splits = {{2, 7, 1}, {4, 3, -1}, {2, 1, 1}};
  parts[2].splits = {{2, 5, 1, -0.5f}, {2, 9, -1}, {2, 5, -1, 0.5f}, {2, 7, 1}};
  const sb::SplitSlots slots = slots_of(parts);
  CHECK(slots.of(0) == std::vector<std::int32_t>{0, 0, 1});
  CHECK(slots.of(1).empty());
  CHECK(slots.of(2) == std::vector<std::int32_t>{0, 1, 0, 2});
  REQUIRE(slots.by_activation().size() == 2);
  CHECK(slots.by_activation().at(2).most == 3);
  CHECK_FALSE(slots.by_activation().at(2).at_zero);
  CHECK(slots.by_activation().at(4).most == 1);
  CHECK(slots.by_activation().at(4).at_zero);
}

TEST_CASE("a point beside 0, and two splits of a neuron, are not splits at 0 alone") {
  std::vector<sb::PartRow> parts(2);
  parts[0].splits = {{2, 7, 1}};
  CHECK(slots_of(parts).by_activation().at(2).at_zero);
  parts[1].splits = {{2, 7, 1, 0.25f}};
  CHECK_FALSE(slots_of(parts).by_activation().at(2).at_zero);
  parts[1].splits = {{2, 7, 1}, {2, 7, -1}};
  CHECK_FALSE(slots_of(parts).by_activation().at(2).at_zero);
  CHECK(slots_of({}).by_activation().empty());
}

TEST_CASE("threads deal as one does") {
  std::vector<sb::PartRow> parts(100);
  for (std::size_t e = 0; e < parts.size(); ++e)
    for (std::size_t k = 0; k < e * 7 % 13; ++k)
      parts[e].splits.push_back({k % 3 == 0 ? 4 : 2, static_cast<std::int32_t>((e + 3 * k) % 9),
                                 k % 2 ? -1 : 1, e == 60 ? 0.5f : 0});
  const sb::SplitSlots alone = slots_of(parts);
  for (const int threads : {2, 3, 8}) {
    sb::WorkerPool pool(threads);
    const sb::SplitSlots together = slots_of(parts, &pool);
    for (std::size_t e = 0; e < parts.size(); ++e) CHECK(together.of(e) == alone.of(e));
    REQUIRE(together.by_activation().size() == alone.by_activation().size());
    for (const auto& [activation, own] : alone.by_activation()) {
      CHECK(together.by_activation().at(activation).most == own.most);
      CHECK(together.by_activation().at(activation).at_zero == own.at_zero);
    }
  }
}
