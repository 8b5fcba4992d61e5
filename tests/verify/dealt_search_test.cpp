// SPDX-License-Identifier: BSD-3-Clause

// Whoever has the parts, the tree is the same, and ranks share its work.

#include <doctest/doctest.h>

#include <shardbound/verify/dealt_search.hpp>
#include <tests/support/searching.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

using namespace shardbound_test;

namespace {

struct Posed {
  sb::InputSet box;
  std::vector<sb::Conjunction> sets{};

  sb::RowQuery query() const {
    sb::RowQuery query;
    for (const sb::Conjunction& set : sets) {
      query.matrix.insert(query.matrix.end(), set.rows.begin(), set.rows.end());
      query.domain.insert(query.domain.end(), set.rhs.size(), 0);
    }
    return query;
  }
  std::vector<sb::SearchTask> tasks() const {
    std::vector<sb::SearchTask> all;
    std::int32_t row = 0;
    for (const sb::Conjunction& set : sets) {
      all.push_back({all.size(), &set, row, 0});
      row += static_cast<std::int32_t>(set.rhs.size());
    }
    return all;
  }
};
Posed question_of(unsigned seed, const std::vector<double>& above) {
  std::mt19937 random(seed);
  const sb::Box box = random_box(random);
  Posed question{sb::InputSet(box)};
  for (const double one : above)
    question.sets.push_back(
        next_to_minimum(searched_host(seed), box, 1 + question.sets.size() % 2, one, random));
  return question;
}

struct Outcome {
  std::vector<bool> refuted{};
  sb::SearchProgress counts{};
  std::size_t points = 0;
};
bool same_tree(const Outcome& a, const Outcome& b) {
  return a.refuted == b.refuted && a.counts.domains == b.counts.domains &&
         a.counts.refuted == b.counts.refuted && a.counts.open == b.counts.open &&
         a.counts.undecided == b.counts.undecided &&
         std::abs(a.counts.share - b.counts.share) < 1e-9;
}

/// By an engine of the team or, if every rank holds the whole network, each by its own.
Outcome search(sb::Engine& team, sb::Engine& engine, const Posed& question, sb::index_t rows,
               std::uint64_t most_parts = ~std::uint64_t{0},
               const sb::CancelToken* cancel = nullptr, std::size_t memory = 0) {
  const sb::RowQuery query = question.query();
  const auto room = std::max(rows, static_cast<sb::index_t>(query.domain.size()));
  engine.prepare({}, {.domains = 1, .rows = room, .linear_bounds = true});
  engine.run({&question.box, 1}, query, {.outputs = false}, nullptr);
  sb::NeuronSearch own(engine, engine, {.rows = rows, .memory = memory}, question.tasks());
  sb::DealtSearch dealt(team, std::move(own));
  Outcome outcome;
  while (!dealt.is_over() && dealt.progress().domains + 2 <= most_parts) {
    const auto points = dealt.round(cancel, nullptr, most_parts - dealt.progress().domains);
    CHECK(points.x.size() == 2 * points.task.size());
    outcome.points += points.task.size();
  }
  outcome.counts = dealt.progress();
  for (std::size_t t = 0; t < question.sets.size(); ++t)
    outcome.refuted.push_back(dealt.is_refuted(t));
  return outcome;
}

}  // namespace

TEST_CASE("the tree is that of one rank, whether ranks have parts of their own or in common") {
  for (const unsigned seed : {1u, 13u}) {
    const Posed question = question_of(seed, {-0.05, -0.1, -0.3, -0.05});
    const auto engine = searched_engine(seed);
    const Outcome expected = search(*engine, *engine, question, 64);

    CHECK(expected.counts.domains > 100);
    for (const int ranks : {1, 2, 3})
      for (const sb::index_t rows : {2, 24}) {
        CAPTURE(ranks);
        CAPTURE(rows);
        sb::threads::run(ranks, [&](auto& comm) {
          const auto whole = searched_engine(seed, comm);
          const auto sharded = searched_engine(seed, comm, sb::Store::fully_sharded);
          const auto alone = whole->alone();
          REQUIRE(alone);
          CHECK(alone->ranks() == 1);
          CHECK((sharded->alone() != nullptr) == (ranks == 1));
          const Outcome dealt = search(*whole, *alone, question, rows);
          const Outcome common = search(*sharded, *sharded, question, rows);
          CHECK(same_tree(dealt, expected));
          // Also where there is no room for domains that wait.
          if (rows == 24)
            CHECK(same_tree(search(*whole, *alone, question, rows, ~std::uint64_t{0}, nullptr, 1),
                            expected));
          CHECK(same_tree(common, expected));
          CHECK(dealt.points > 0);
          CHECK(dealt.counts.bytes == 0);
          CHECK(common.counts.own == common.counts.domains);
          // The work of ranks adds up, and none is idle.
          std::uint64_t all = 0;
          for (const auto& bytes :
               whole->all_gather(std::as_bytes(std::span(&dealt.counts.own, 1))))
            all += sb::ByteReader(bytes).next<std::uint64_t>();
          CHECK(all == dealt.counts.domains);
          if (rows == 2)
            CHECK(dealt.counts.own * static_cast<std::uint64_t>(2 * ranks) >= dealt.counts.domains);
        });
      }
  }
}

TEST_CASE("exactly so many parts are bounded as may be, by all ranks together") {
  constexpr unsigned seed = 4;
  const Posed question = question_of(seed, {-0.02, -0.02});
  const auto engine = searched_engine(seed);
  for (const std::uint64_t most : {2, 4, 7, 16, 25}) {
    const std::uint64_t expected = search(*engine, *engine, question, 64, most).counts.domains;
    CHECK(expected <= most);
    CHECK(expected + 2 > most);
    for (const int ranks : {2, 3})
      sb::threads::run(ranks, [&](auto& comm) {
        const auto whole = searched_engine(seed, comm);
        const auto alone = whole->alone();
        CHECK(search(*whole, *alone, question, 8, most).counts.domains == expected);
      });
  }
}

TEST_CASE("what ranks cut next is mixed, though each has enough of its own") {
  for (const unsigned seed : {15u, 18u}) {
    const Posed question = question_of(seed, {-0.01, -0.01});
    sb::threads::run(2, [&](auto& comm) {
      const auto whole = searched_engine(seed, comm);
      const auto alone = whole->alone();
      alone->prepare({}, {.domains = 1, .rows = 8, .linear_bounds = true});
      alone->run({&question.box, 1}, question.query(), {.outputs = false}, nullptr);
      sb::DealtSearch dealt(*whole,
                            sb::NeuronSearch(*alone, *alone, {.rows = 8}, question.tasks()));
      // Points of rank 0 come first; it began with task 0, and has enough of it for twelve rounds.
      bool has_other = false;
      for (int round = 0; round < 10; ++round) {
        const auto points = dealt.round(nullptr, nullptr);
        REQUIRE(!points.task.empty());
        if (round < 4) CHECK(points.task.front() == 0);
        has_other = has_other || points.task.front() == 1;
      }
      CHECK(has_other);
    });
  }
}

TEST_CASE("where one rank is stopped all are") {
  const Posed question = question_of(4, {-0.02, -0.02, -0.02});
  sb::threads::run(3, [&](auto& comm) {
    const auto whole = searched_engine(4, comm);
    const auto alone = whole->alone();
    sb::CancelToken token;
    if (comm.rank() == 1) token.cancel();
    CHECK_THROWS_AS(search(*whole, *alone, question, 8, 1000, &token), sb::Cancelled);
  });
}
