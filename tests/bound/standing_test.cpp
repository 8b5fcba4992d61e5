// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/bound/standing.hpp>

#include <algorithm>
#include <limits>

using namespace shardbound;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Rows over the domains named, of which nothing is known.
Objective<double> rows_over(const std::vector<std::int32_t>& domains) {
  Objective<double> objective;
  for (std::size_t e = 0; e < domains.size(); ++e)
    objective.entries.push_back({static_cast<std::int32_t>(e), domains[e], 1});
  objective.known.lower.assign(domains.size(), -infinity);
  objective.known.slack.assign(domains.size(), 0);
  return objective;
}
/// What an evaluation finds, without slack.
RowBounds<double> exactly(const std::vector<double>& lower) {
  return {lower, std::vector<double>(lower.size()), {}};
}

using Places = std::vector<std::int64_t>;
using Flags = std::vector<bool>;

}  // namespace

TEST_CASE("of every row the bound that proves most is kept, with its own slack") {
  auto objective = rows_over({0, 0, 0});
  objective.known = {{1, 1, -infinity}, {0.25, 0.25, 0}, {}};
  Standing<double> standing(objective, 1, 0);
  const Places in_order = {0, 1, 2};
  standing.note({{1.5, 1.5, 2}, {1, 0.5, 1}, {}}, in_order);
  CHECK(standing.best().lower == std::vector<double>{1, 1.5, 2});  // 0.75 is more than 0.5
  CHECK(standing.best().slack == std::vector<double>{0.25, 0.5, 1});
  standing.note({{0, 1.25, 1}, {0, 0, 0}, {}}, in_order);
  CHECK(standing.best().lower == std::vector<double>{1, 1.25, 2});
  CHECK(standing.best().slack == std::vector<double>{0.25, 0, 1});
}

TEST_CASE("results belong to the entries that are arranged there, and to none where nothing is") {
  Standing<double> standing(rows_over({0, 1, 0}), 2, 0);
  standing.note(exactly({5, 7, 9, 3}), {2, -1, 0, 1});
  CHECK(standing.best().lower == std::vector<double>{9, 3, 5});
}

TEST_CASE("a domain's patience is its own") {
  Standing<double> standing(rows_over({0, 1, 0}), 2, 2);
  const Places in_order = {0, 1, 2};
  double grows = 0;
  const auto note = [&] { standing.note(exactly({1, grows += 1, 1}), in_order); };
  note();  // the first evaluation is better than nothing
  note();
  note();
  CHECK(standing.over() == Flags{false, false});
  CHECK(standing.done() == Flags{false, false, false});
  note();
  CHECK(standing.over() == Flags{true, false});
  CHECK(standing.done() == Flags{true, false, true});
  CHECK(!standing.is_over());
  for (int i = 0; i < 3; ++i) standing.note(exactly({1, 1, 1}), {-1, 1, -1});
  CHECK(standing.is_over());
  CHECK(standing.done() == Flags{true, true, true});
}

TEST_CASE("what counts is whether evaluations get better, not whether they beat what is known") {
  auto objective = rows_over({0});
  objective.known.lower = {100};
  Standing<double> standing(objective, 1, 2);
  for (int i = 0; i < 6; ++i) standing.note(exactly({1.0 * i}), {0});
  CHECK(!standing.is_over());
  CHECK(standing.best().lower == std::vector<double>{100});
  for (int i = 0; i < 3; ++i) standing.note(exactly({0}), {0});
  CHECK(standing.is_over());
}

TEST_CASE("without patience or targets nothing is ever over") {
  Standing<double> standing(rows_over({0, 1}), 2, 0);
  for (int i = 0; i < 100; ++i) standing.note(exactly({1, 1}), {0, 1});
  CHECK(!standing.is_over());
  CHECK(standing.trajectory().mean.size() == 100);
}

TEST_CASE("a row is good enough when it is proved to be above its target") {
  auto objective = rows_over({0, 0, 1});
  objective.targets = {1, 1, 1};
  Standing<double> standing(objective, 2, 0);
  const Places in_order = {0, 1, 2};
  standing.note({{1, 1.5, 2}, {0, 0.5, 0.5}, {}}, in_order);  // two of them are just not above
  CHECK(standing.done() == Flags{false, false, true});
  CHECK(standing.over() == Flags{false, true});
  standing.note(exactly({2, 0, 0}), in_order);
  CHECK(standing.done() == Flags{true, false, true});
  CHECK(!standing.is_over());
  standing.note(exactly({0, 2, 0}), in_order);  // those that were good enough remain so
  CHECK(standing.done() == Flags{true, true, true});
  CHECK(standing.is_over());
}

TEST_CASE("one row of a group does for all of it") {
  auto objective = rows_over({0, 0, 0, 1});
  objective.targets = {1, 1, 1, 1};
  objective.groups = {4, 7, 4, 9};
  Standing<double> standing(objective, 2, 0);
  const Places in_order = {0, 1, 2, 3};
  standing.note(exactly({0, 0, 2, 0}), in_order);
  CHECK(standing.done() == Flags{true, false, true, false});
  CHECK(standing.over() == Flags{false, false});
  standing.note(exactly({0, 2, 0, 0}), in_order);
  CHECK(standing.done() == Flags{true, true, true, false});
  CHECK(standing.over() == Flags{true, false});
}

TEST_CASE("a trajectory is of the best there was until then, less what is infinite") {
  auto objective = rows_over({0, 0, 0});
  objective.rows = Trajectory::Rows::outputs;
  objective.known.lower = {2, -infinity, -infinity};
  Standing<double> standing(objective, 1, 0);
  const Places in_order = {0, 1, 2};
  standing.note(exactly({1, 4, -infinity}), in_order);
  standing.note(exactly({6, 3, -2}), in_order);
  const Trajectory& found = standing.trajectory();
  CHECK(found.rows == Trajectory::Rows::outputs);
  CHECK(found.mean == std::vector<double>{3, 8.0 / 3});
  CHECK(found.least == std::vector<double>{-infinity, -2});
  REQUIRE(found.seconds.size() == 2);
  CHECK(found.seconds[0] >= 0);
  CHECK(std::is_sorted(found.seconds.begin(), found.seconds.end()));
  CHECK(standing.seconds() >= found.seconds[1]);
}
