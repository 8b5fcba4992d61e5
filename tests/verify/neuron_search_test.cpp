// SPDX-License-Identifier: BSD-3-Clause

// Trees over the neurons of small networks: what has a point is not refuted, what has none is, and the tree is the same for
// every batch, number of ranks and scalar of the search.

#include <doctest/doctest.h>

#include <shardbound/verify/neuron_search.hpp>
#include <tests/support/searching.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

using namespace shardbound_test;

namespace {

/// What a search of conjunctions over boxes needs, as tasks and as the query that engines are run with.
struct Asked {
  std::vector<sb::Box> boxes;
  std::vector<sb::Conjunction> sets;
  std::vector<std::size_t> box_of;  // of each set

  void add(std::size_t box, sb::Conjunction set) {
    box_of.push_back(box);
    sets.push_back(std::move(set));
  }
  std::vector<sb::NeuronSearch::Task> tasks() const {
    std::vector<sb::NeuronSearch::Task> all;
    std::int32_t row = 0;
    for (std::size_t t = 0; t < sets.size(); ++t) {
      all.push_back({t, &sets[t], row, box_of[t]});
      row += static_cast<std::int32_t>(sets[t].rhs.size());
    }
    return all;
  }
  sb::RowQuery query() const {
    sb::RowQuery query;
    for (std::size_t t = 0; t < sets.size(); ++t) {
      query.matrix.insert(query.matrix.end(), sets[t].rows.begin(), sets[t].rows.end());
      query.domain.insert(query.domain.end(), sets[t].rhs.size(),
                          static_cast<std::int32_t>(box_of[t]));
    }
    return query;
  }
  std::vector<sb::InputSet> domains() const { return {boxes.begin(), boxes.end()}; }
  sb::Capacity capacity(sb::index_t rows) const {
    sb::Capacity capacity;
    capacity.domains = static_cast<sb::index_t>(boxes.size());
    capacity.rows = std::max(rows, static_cast<sb::index_t>(query().domain.size()));
    capacity.linear_bounds = true;
    return capacity;
  }
};

struct Answered {
  std::vector<bool> refuted;
  sb::SearchProgress counts;
  bool is_over = false;
};

/// Searches until nothing is left, or `most_parts` are.
Answered answer_by(sb::Engine& engine, sb::Engine& proving, const Asked& question,
                   const sb::NeuronSearchOptions& options, std::uint64_t most_parts = 3000) {
  const double rounding = engine.scalar() == "float32" ? 1e-6 : 0;
  sb::NeuronSearch search(engine, proving, options, question.tasks());
  while (!search.is_over() && search.progress().domains < most_parts) {
    const auto points = search.round(nullptr, nullptr);
    REQUIRE(points.x.size() == 2 * points.task.size());
    for (std::size_t p = 0; p < points.task.size(); ++p) {
      const sb::Box& box = question.boxes[question.box_of[points.task[p]]];
      for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE(points.x[2 * p + i] >= box.lower[i] - rounding);
        REQUIRE(points.x[2 * p + i] <= box.upper[i] + rounding);
      }
    }
  }
  Answered answer{{}, search.progress(), search.is_over()};
  for (std::size_t t = 0; t < question.sets.size(); ++t)
    answer.refuted.push_back(search.is_refuted(t));
  return answer;
}
void prepare(sb::Engine& engine, const Asked& question, sb::index_t rows) {
  engine.prepare(sb::Method{}, question.capacity(rows));
  engine.run(question.domains(), question.query(), {.outputs = false}, nullptr);
}
Answered answer_by(sb::Engine& engine, const Asked& question, sb::NeuronSearchOptions options,
                   std::uint64_t most_parts = 3000) {
  prepare(engine, question, options.rows);
  return answer_by(engine, engine, question, options, most_parts);
}
/// `engine` is to search, and `exact` to prove over the same bounds.
void prepare_both(sb::Engine& engine, sb::Engine& exact, const Asked& question, sb::index_t rows) {
  prepare(engine, question, rows);
  sb::Capacity capacity = question.capacity(rows);
  std::vector<sb::GivenBounds> given;
  for (const int v : {1, 3}) {
    sb::GivenBounds own{v, {}, {}, sb::Given::as_they_are};
    for (const auto& bounds : engine.node_bounds(v))
      for (std::size_t i = 0; i < bounds.lower.size(); ++i) {
        own.lower.push_back(sb::add_down(bounds.lower[i], -bounds.slack[i]));
        own.upper.push_back(sb::add_up(bounds.upper[i], bounds.slack[i]));
      }
    given.push_back(std::move(own));
    capacity.given.push_back(v);
  }
  exact.prepare(sb::Method{}, capacity);
  exact.run(question.domains(), question.query(), {.outputs = false}, nullptr, given);
}

/// Over two boxes, conjunctions of one row and of two, with thresholds so far above what some point meets; below: none
/// does.
Asked question_of(unsigned seed, const std::vector<double>& above) {
  std::mt19937 random(seed);
  const HostNetwork host = searched_host(seed);
  Asked question;
  question.boxes = {random_box(random), random_box(random)};
  for (const std::size_t rows : {1, 1, 2})
    for (const double by : above) {
      const std::size_t box = question.sets.size() % 2;
      question.add(box, next_to_minimum(host, question.boxes[box], rows, by, random));
    }
  return question;
}

}  // namespace

TEST_CASE("what some point satisfies is never refuted") {
  int searched = 0;
  for (unsigned seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    const Asked question = question_of(seed, {1e-3});
    const auto engine = searched_engine(seed);
    const Answered found = answer_by(*engine, question, {.rows = 64}, 400);
    for (std::size_t t = 0; t < question.sets.size(); ++t) CHECK_FALSE(found.refuted[t]);
    CHECK(found.counts.share < 1);
    searched += found.counts.domains >= 50;
  }
  CHECK(searched > 2);
}

TEST_CASE("what no point satisfies is refuted, though no bound of its box does that") {
  int one_row = 0, two_rows = 0, complete = 0;
  for (unsigned seed = 0; seed < 8; ++seed) {
    CAPTURE(seed);
    Asked question = question_of(seed, {-0.05});
    for (double& threshold : question.sets[2].rhs) threshold -= 0.25;
    const auto engine = searched_engine(seed);
    const Answered found =
        answer_by(*engine, question, {.rows = 64, .bounding = {.iterations = 20}});
    one_row += found.refuted[0] + found.refuted[1];
    two_rows += found.refuted[2];
    if (!found.refuted[0] || !found.refuted[1] || !found.refuted[2]) {
      CHECK(found.counts.share < 1);
      continue;
    }
    ++complete;
    CHECK(found.is_over);
    CHECK(found.counts.open == 0);
    CHECK(found.counts.undecided == 0);
    CHECK(found.counts.share == doctest::Approx(1).epsilon(1e-12));
    // A tree for each.
    CHECK(found.counts.domains == 2 * found.counts.refuted - question.sets.size());
    CHECK(found.counts.domains > question.sets.size());
  }
  CHECK(one_row >= 12);
  CHECK(two_rows >= 4);
  CHECK(complete >= 4);
}

namespace {

/// Whether nothing differs but how a search went about it.
bool same_tree(const Answered& a, const Answered& b) {
  return a.refuted == b.refuted && a.counts.domains == b.counts.domains &&
         a.counts.refuted == b.counts.refuted && a.counts.undecided == b.counts.undecided &&
         a.is_over && b.is_over;
}

}  // namespace

TEST_CASE("the tree does not depend on how many rows are bounded at once, and on ranks") {
  constexpr unsigned seed = 4;
  const Asked question = question_of(seed, {-0.05});
  const auto engine = searched_engine(seed);
  const Answered expected = answer_by(*engine, question, {.rows = 64});
  CHECK(expected.counts.domains > 30);
  for (const sb::index_t rows : {1, 8, 200})
    CHECK(same_tree(answer_by(*engine, question, {.rows = rows}), expected));
  // Without room for domains that wait they are cut one by one.
  CHECK(same_tree(answer_by(*engine, question, {.rows = 64, .memory = 1}), expected));
  for (const int ranks : {2, 3})
    sb::threads::run(ranks, [&](auto& comm) {
      const auto shared = searched_engine(seed, comm);
      CHECK(same_tree(answer_by(*shared, question, {.rows = 24}), expected));
    });
}

TEST_CASE("whatever is tried before a part is split, verdicts are right") {
  for (const std::size_t candidates : {0, 1, 5})
    for (const unsigned seed : {0u, 4u}) {
      const auto engine = searched_engine(seed);
      const Asked empty = question_of(seed, {-0.3}), full = question_of(seed, {1e-3});
      const sb::NeuronSearchOptions options{.rows = 64, .candidates = candidates};
      const Answered none = answer_by(*engine, empty, options);
      CHECK(none.refuted[0]);
      CHECK(none.refuted[1]);
      for (const bool refuted : answer_by(*engine, full, options, 300).refuted)
        CHECK_FALSE(refuted);
    }
}

TEST_CASE("guesses in float32 that float64 proves give the same verdicts") {
  int refuted = 0;
  for (unsigned seed = 0; seed < 6; ++seed)
    for (const int iterations : {1, 10}) {
      CAPTURE(seed);
      CAPTURE(iterations);
      const Asked question = question_of(seed, {-0.2, 1e-3});
      const auto guessing = searched_engine<float>(seed);
      const auto exact = searched_engine(seed);
      const sb::NeuronSearchOptions options{.rows = 64, .bounding = {.iterations = iterations}};
      const Answered alone = answer_by(*exact, question, options, 1000);
      prepare_both(*guessing, *exact, question, options.rows);
      const Answered both = answer_by(*guessing, *exact, question, options, 1000);
      for (std::size_t t = 0; t < question.sets.size(); ++t) {
        if (t % 2 == 1) CHECK_FALSE(both.refuted[t]);
        refuted += both.refuted[t];
      }
      for (const std::size_t t : {0u, 2u}) CHECK(both.refuted[t] == alone.refuted[t]);
      if (both.is_over)  // every part is refuted, split or a leaf
        CHECK(both.counts.domains ==
              2 * (both.counts.refuted + both.counts.undecided) - question.sets.size());
    }
  CHECK(refuted >= 16);
}

TEST_CASE("a guess that cannot be proved is split further, not forgotten") {
  int wrong = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Asked question;
    question.boxes = {random_box(random)};
    question.add(0, {{static_cast<float>(uniform(random, -1, 1)), 1}, {0}});
    const auto guessing = searched_engine<float>(seed);
    const auto exact = searched_engine(seed);
    const sb::NeuronSearchOptions options{.rows = 16, .bounding = {.iterations = 1}};
    prepare_both(*guessing, *exact, question, options.rows);
    sb::PartRow whole;
    whole.target = std::numeric_limits<double>::infinity();
    const auto guess =
        guessing->bound_parts({&whole, 1}, {.iterations = 1, .guesses = true}, nullptr);
    const auto bound = exact->bound_parts({&whole, 1}, {.iterations = 1}, nullptr);
    const double guessed = guess.lower[0] - 2 * guess.slack[0];
    if (guessed <= bound.lower[0]) continue;
    // Above what is proved, below what is guessed.
    question.sets[0].rhs[0] = guessed;
    ++wrong;
    sb::NeuronSearch search(*guessing, *exact, options, question.tasks());
    search.round(nullptr, nullptr);
    CHECK_FALSE(search.is_refuted(0));
    CHECK(search.progress().open == 1);
    CHECK_FALSE(search.is_over());
    CHECK(answer_by(*guessing, *exact, question, options, 500).counts.domains >= 3);
  }
  CHECK(wrong >= 3);
}
