// SPDX-License-Identifier: BSD-3-Clause

// Parts are judged each for itself: the same by any number of threads, and alone.

#include <doctest/doctest.h>

#include <shardbound/verify/part_judge.hpp>
#include <tests/support/searching.hpp>

#include <random>
#include <vector>

using namespace shardbound_test;

namespace {

/// Rows over parts of a box, as if they had been bounded: coefficients on neurons of two activations, and planes over the box.
struct Bounded {
  sb::Box box{{-1, -1}, {1, 1}};
  std::vector<sb::SplitNeurons> neurons{{2, {0, 2, 3}, {-1, -1, -1}, {1, 2, 1}, {0, 0, 0}},
                                        {4, {1, 4}, {-2, -1}, {1, 1}, {0, 0}}};
  sb::SplitPlanes planes;
  sb::Conjunction set;
  sb::PartBounds found;
  std::vector<sb::SearchPart> parts;

  explicit Bounded(unsigned seed, std::size_t count) {
    std::mt19937 random(seed);
    const auto plane = [&] {
      return sb::Plane{{uniform(random), uniform(random)}, uniform(random)};
    };
    for (const auto& own : neurons) {
      auto& of_activation = planes.emplace_back();
      for (std::size_t i = 0; i < own.neuron.size(); ++i) {
        const sb::Plane input = plane();
        const sb::Plane negative{{-input.coefficients[0], -input.coefficients[1]}, -input.constant};
        of_activation.push_back({input, negative});
      }
    }
    set.rows = {1};
    set.rhs = {0};
    found.coefficients = {{2, {{0, 2, 3}}, 4, {}}, {4, {{1, 4}}, 4, {}}};
    for (std::size_t p = 0; p < count; ++p) {
      parts.emplace_back().rows.resize(1);
      parts.back().splits = {{2, 0, p % 2 ? 1 : -1}};
      if (p % 3 == 0) parts.back().cut = parts.back().splits.back();
      found.kept.push_back(static_cast<std::int32_t>(p));
      for (auto& one : found.coefficients)
        for (int s = 0; s < 4; ++s) one.numbers.push_back(uniform(random));
      const sb::Plane row = plane();
      found.linear.coefficients.insert(found.linear.coefficients.end(), row.coefficients.begin(),
                                       row.coefficients.end());
      found.linear.constant.push_back(row.constant);
      found.linear.slack.push_back(0);
    }
  }
  /// The parts from `first` on as a judge leaves them.
  std::vector<sb::SearchPart> judged(int threads, std::size_t first, std::size_t count) const {
    sb::PartJudge judge({&set}, {neurons}, 2, threads);
    judge.imply(box, planes, 1);
    std::vector<sb::SearchPart> own(parts.begin() + static_cast<std::ptrdiff_t>(first),
                                    parts.begin() + static_cast<std::ptrdiff_t>(first + count));
    std::vector<sb::PartJudge::Turn> turns;
    for (std::size_t k = 0; k < count; ++k) turns.push_back({&own[k], first + k});
    judge.judge(turns, found, sb::ScalarRange::of("float64"));
    return own;
  }
};

}  // namespace

TEST_CASE("parts are judged alike by many threads, and alone") {
  constexpr std::size_t count = 150;
  const Bounded bounded(1, count);
  const auto expected = bounded.judged(1, 0, count);
  int empty = 0, implied = 0;
  for (const int threads : {2, 3}) {
    const auto found = bounded.judged(threads, 0, count);
    for (std::size_t p = 0; p < count; ++p) {
      CHECK(found[p].is_empty == expected[p].is_empty);
      CHECK(found[p].splits == expected[p].splits);
      CHECK(found[p].candidates == expected[p].candidates);
    }
  }
  for (std::size_t p = 0; p < count; ++p) {
    const auto alone = bounded.judged(1, p, 1);
    CHECK(alone[0].is_empty == expected[p].is_empty);
    CHECK(alone[0].splits == expected[p].splits);
    CHECK(alone[0].candidates == expected[p].candidates);
    empty += expected[p].is_empty;
    implied += expected[p].splits.size() > 1;
  }
  CHECK(empty > 5);
  CHECK(implied > 5);
}

TEST_CASE("the cut that a part came of leaves a half-space as rows do") {
  const Bounded bounded(3, 60);
  auto without = bounded;
  for (sb::SearchPart& part : without.parts) part.cut.reset();
  const auto with_cut = bounded.judged(1, 0, 60), by_rows = without.judged(1, 0, 60);
  int more = 0;
  for (std::size_t p = 0; p < 60; ++p) {
    CHECK((with_cut[p].is_empty || !by_rows[p].is_empty));
    const bool is_same =
        with_cut[p].is_empty == by_rows[p].is_empty && with_cut[p].splits == by_rows[p].splits;
    if (p % 3 != 0) CHECK(is_same);
    more += !is_same;
  }
  CHECK(more > 5);
}

TEST_CASE("candidates are neurons that are not split, and none where all are") {
  const Bounded bounded(2, 1);
  sb::PartJudge judge({&bounded.set}, {bounded.neurons}, 3, 1);
  sb::SearchPart part = bounded.parts[0];
  part.splits = {{2, 0, 1}, {2, 2, -1}, {2, 3, 1}, {4, 1, 1}};
  const sb::PartJudge::Turn turn{&part, 0};
  judge.judge({&turn, 1}, bounded.found, sb::ScalarRange::of("float64"));
  CHECK(part.candidates == std::vector<sb::NeuronSplit>{{4, 4, 1}});
  part.splits.push_back({4, 4, -1});
  judge.judge({&turn, 1}, bounded.found, sb::ScalarRange::of("float64"));
  CHECK(part.candidates.empty());
}

TEST_CASE("coefficients are those of neurons of a part's own domain") {
  // Over domain 1 the row has the most on neuron 5; as neurons of domain 0 it would have on 7.
  const std::vector<sb::SplitNeurons> neurons = {{2, {5, 7}, {-1, -1}, {1, 1}, {0, 0}}};
  sb::PartBounds found;
  found.kept = {0};
  found.coefficients = {{2, {{4, 7}, {2, 5, 7}}, 4, {-9, -8, -1, 0}}};
  CHECK(sb::scores_of(neurons, 1, {}, found, 0, 1).best(1) ==
        std::vector<sb::NeuronSplit>{{2, 5, 1}});
  CHECK(sb::scores_of(neurons, 0, {}, found, 0, 1).best(1) ==
        std::vector<sb::NeuronSplit>{{2, 7, 1}});
}
