// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>

#include <shardbound/verify/search_memory.hpp>
#include <shardbound/verify/search_part.hpp>
#include <tests/support/searching.hpp>

using namespace shardbound_test;

TEST_CASE("a half is its part and one split more") {
  sb::SearchPart part;
  part.splits = {{2, 1, 1}};
  part.candidates = {{4, 3, 1}};
  part.depth = 3;
  const auto half = part.half(part.candidates.front(), -1);
  CHECK(half.splits == std::vector<sb::NeuronSplit>{{2, 1, 1}, {4, 3, -1}});
  CHECK(half.candidates.empty());
  CHECK(half.depth == 4);
  CHECK(half.cut == sb::NeuronSplit{4, 3, -1});
}

TEST_CASE("splits are given up with their multipliers") {
  sb::SearchPart part;
  part.splits = {{2, 0, 1}, {2, 1, -1, 0.5F}, {4, 0, -1}, {4, 1, 1, -2}, {4, 3, 1}};
  part.rows = {{{0, 1, 2, 3}, {}}, {{5}, {}}, {}};  // later splits have none yet
  part.forget([](const sb::NeuronSplit& split) { return split.point != 0; });
  CHECK(part.splits == std::vector<sb::NeuronSplit>{{2, 0, 1}, {4, 0, -1}, {4, 3, 1}});
  CHECK(part.rows[0].multipliers == std::vector<float>{0, 2});
  CHECK(part.rows[1].multipliers == std::vector<float>{5});
  CHECK(part.rows[2].multipliers.empty());
}

TEST_CASE("what ranks found is known to all") {
  for (const int ranks : {1, 2, 3})
    sb::threads::run(ranks, [&](auto& communicator) {
      const auto engine = searched_engine(1, sb::AnyCommunicator(communicator));
      std::vector<sb::SearchPart> parts(5);
      for (int i = communicator.rank(); i < 5; i += ranks) {
        auto& own = parts[static_cast<std::size_t>(i)];
        own.is_empty = i == 3;
        for (int k = 0; k < i; ++k) own.splits.push_back({2, k, i % 2 ? 1 : -1});
        own.candidates = {{4, i, 1}};
        if (i % 2) own.point = {-0.1 * i, 1e-300};
      }
      sb::share_judgements(*engine, parts);
      for (int i = 0; i < 5; ++i) {
        const auto& one = parts[static_cast<std::size_t>(i)];
        CHECK(one.is_empty == (i == 3));
        REQUIRE(one.splits.size() == static_cast<std::size_t>(i));
        if (i > 0) CHECK(one.splits.back() == sb::NeuronSplit{2, i - 1, i % 2 ? 1 : -1});
        CHECK(one.candidates == std::vector<sb::NeuronSplit>{{4, i, 1}});
        CHECK(one.point == (i % 2 ? std::vector<double>{-0.1 * i, 1e-300} : std::vector<double>{}));
      }
    });
}

TEST_CASE("a part goes to another rank as it is") {
  sb::SearchPart part;
  part.task = 3;
  part.domain = 2;
  part.depth = 7;
  part.margin = -0.25;
  part.splits = {{2, 1, 1}, {4, 3, -1, 0.5F}};
  part.candidates = {{4, 0, 1}};
  part.rows = {{{0.5F, 0}, std::make_shared<const std::vector<float>>(3, 0.125F)}, {}};
  sb::ByteWriter writer;
  write(part, writer);
  write(sb::SearchPart{}, writer);
  sb::ByteReader reader(writer.bytes());
  const sb::SearchPart found = sb::read_part(reader), none = sb::read_part(reader);
  CHECK(reader.is_at_end());
  CHECK(found.task == part.task);
  CHECK(found.domain == part.domain);
  CHECK(found.depth == part.depth);
  CHECK(found.margin == part.margin);
  CHECK(found.splits == part.splits);
  CHECK(found.candidates == part.candidates);
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].multipliers == part.rows[0].multipliers);
  CHECK(*found.rows[0].slopes == *part.rows[0].slopes);
  CHECK(found.rows[1].slopes == nullptr);
  CHECK(bytes_of(found) == bytes_of(part));
  CHECK(none.rows.empty());
  CHECK(none.margin == sb::SearchPart{}.margin);
}

TEST_CASE("slopes go from one engine to another and come back") {
  const auto single = searched_engine<float>(2);
  const auto exact = searched_engine(2);
  const sb::InputSet box(sb::Box{{-1, -1}, {1, 1}}), smaller(sb::Box{{0.4, 0.4}, {0.6, 0.6}});
  const sb::RowQuery query{{1, 1}, {0}};
  for (auto* engine : {single.get(), exact.get()}) {
    engine->prepare({}, {.domains = 1, .rows = 1});
    engine->run({engine == single.get() ? &box : &smaller, 1}, query, {.outputs = false}, nullptr);
  }
  const auto theirs = single->part_columns(0), own = exact->part_columns(0);
  REQUIRE(theirs.size() > own.size());  // a smaller box has fewer unstable neurons
  std::vector<float> slopes;
  for (std::size_t i = 0; i < theirs.size(); ++i) slopes.push_back(static_cast<float>(i + 1) / 32);
  sb::SearchPart part;
  part.rows = {{{}, std::make_shared<const std::vector<float>>(slopes)}, {}};
  sb::SlopeOrders orders;
  orders.translate({&part, 1}, *single, *exact);
  REQUIRE(part.rows[0].slopes->size() == own.size());
  CHECK(part.rows[1].slopes == nullptr);
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto at = std::find(theirs.begin(), theirs.end(), own[i]);
    const float expected =
        at == theirs.end() ? 0 : slopes[static_cast<std::size_t>(at - theirs.begin())];
    CHECK((*part.rows[0].slopes)[i] == expected);
  }
  orders.translate({&part, 1}, *exact, *single);
  REQUIRE(part.rows[0].slopes->size() == theirs.size());
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const bool is_known = std::find(own.begin(), own.end(), theirs[i]) != own.end();
    CHECK((*part.rows[0].slopes)[i] == (is_known ? slopes[i] : 0));
  }
}
