// SPDX-License-Identifier: BSD-3-Clause

// What is reckoned is what is there.

#include <doctest/doctest.h>

#include <shardbound/verify/search_memory.hpp>
#include <tests/support/searching.hpp>

#include <memory>
#include <vector>

using namespace shardbound_test;

TEST_CASE("a domain that waits takes no more than is reckoned with, and its splits") {
  const auto engine = searched_engine(3);
  engine->prepare({}, {.domains = 1, .rows = 2});
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}});
  engine->run({&box, 1}, {{1, 1, 1, -1}, {0, 0}}, {.outputs = false}, nullptr);
  const auto slopes = std::make_shared<const std::vector<float>>(engine->part_columns(0).size());
  REQUIRE(!slopes->empty());
  sb::SearchPart part;
  part.rows = {{{}, slopes}, {{}, slopes}};
  const auto without = sb::bytes_of(part);
  CHECK(static_cast<double>(without) <= sb::waiting_bytes(engine->plan(), 2));
  CHECK(without > 2 * slopes->size() * sizeof(float));
  part.splits.push_back({2, 0, 1});
  part.rows[0].multipliers.push_back(1);
  CHECK(sb::bytes_of(part) > without);
}

TEST_CASE("as many rows as fit, within limits") {
  const sb::PlanView plan = searched_engine(3)->plan();
  const double each = 8 * sb::numbers_per_part_row(plan);
  CHECK(each >= 8 * 6 * sb::activation_features(plan));
  CHECK(sb::part_rows_within(plan, 100.5 * each, 8, 1, 4096) == 100);
  CHECK(sb::part_rows_within(plan, 0, 8, 16, 4096) == 16);
  CHECK(sb::part_rows_within(plan, 1e12, 8, 16, 4096) == 4096);
}
