// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/cli/search_trace.hpp>

#include <algorithm>

using shardbound::SearchProgress;
using shardbound::cli::SearchTrace;

namespace {

SearchProgress round_of(std::uint64_t domains, double worst = -1, std::size_t region = 0) {
  SearchProgress progress;
  progress.domains = domains;
  progress.open = domains / 2;
  progress.share = 0.25;
  progress.worst = worst;
  progress.region = region;
  return progress;
}

}  // namespace

TEST_CASE("every round is a point while there is room") {
  SearchTrace trace(8);
  CHECK(trace.rounds() == 0);
  for (std::uint64_t i = 1; i <= 8; ++i) trace.add(static_cast<double>(i), round_of(i));
  REQUIRE(trace.points().size() == 8);
  CHECK(trace.points()[2].seconds == 3);
  CHECK(trace.points()[2].domains == 3);
  CHECK(trace.points()[5].open == 3);
  CHECK(trace.points()[5].share == 0.25);
  CHECK(trace.rounds() == 8);
  CHECK(trace.searches() == 1);
}

TEST_CASE("a million rounds take no more, and hide no worst bound and no end") {
  SearchTrace trace(64);
  constexpr std::uint64_t rounds = 1000000;
  bool fits = true;
  for (std::uint64_t i = 1; i <= rounds; ++i) {
    trace.add(static_cast<double>(i), round_of(i, i == 12345 ? -7 : -1));
    fits = fits && trace.points().size() <= 64 && trace.points().back().domains == i;
  }
  CHECK(fits);
  const auto& points = trace.points();
  CHECK(points.size() > 16);
  CHECK(trace.began() == 1);
  CHECK(trace.rounds() == rounds);
  CHECK(std::count_if(points.begin(), points.end(),
                      [](const auto& point) { return point.worst == -7; }) == 1);
  for (std::size_t i = 0; i + 2 < points.size(); ++i)  // as many rounds in each but the last
    CHECK(points[i + 1].domains - points[i].domains == points[0].domains);
}

TEST_CASE("domains add up over regions") {
  SearchTrace trace;
  trace.add(1, round_of(3));
  trace.add(2, round_of(9));
  trace.add(3, round_of(20, -1, 4));
  trace.add(4, round_of(1, -1, 5));
  CHECK(trace.searches() == 3);
  CHECK(trace.points()[1].domains == 9);
  CHECK(trace.points()[2].domains == 29);
  CHECK(trace.points()[3].domains == 30);
}
