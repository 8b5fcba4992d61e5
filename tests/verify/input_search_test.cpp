// SPDX-License-Identifier: BSD-3-Clause

#include <doctest/doctest.h>
#include <shardbound/comm/threads.hpp>
#include <shardbound/verify/input_search.hpp>
#include <tests/support/bumpy_network.hpp>
#include <tests/support/ranks.hpp>

#include <cmath>
#include <tuple>

using namespace shardbound;
using namespace shardbound_test;

namespace {

/// Unsafe: y_0 <= threshold.
Property at_most(double threshold) { return {2, 2, {{bumpy_box(), {{{1, 0}, {threshold}}}}}}; }

struct Found {
  bool refuted = false;
  std::vector<double> x;  // of a counterexample
  std::uint64_t domains = 0, undecided = 0;
  bool operator==(const Found&) const = default;
};

Found search(Engine& engine, const Property& property, const InputSearchOptions& options = {},
             const CancelToken* cancel = nullptr) {
  Attack attack(engine, property, {});
  InputSearch search(engine, property, attack, options);
  std::vector<std::size_t> open(property.regions[0].unsafe.size());
  for (std::size_t c = 0; c < open.size(); ++c) open[c] = c;
  const auto hit = search.run(0, open, cancel);
  Found found{search.refuted()[0], {}, search.progress().domains, search.progress().undecided};
  if (hit) {
    CHECK_FALSE(found.refuted);
    found.x = hit->x;
  }
  return found;
}
InputSearchOptions with(std::size_t round, std::size_t batch) {
  InputSearchOptions options;
  options.round = round;
  options.batch = batch;
  return options;
}

}  // namespace

TEST_CASE("verdicts never contradict a fine grid, near the least value on either side") {
  int refuted = 0, hit = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const auto engine = bumpy_engine(seed);
    const auto points = grid_over(bumpy_box(), 201);
    const auto [least, greatest] = range_over(*engine, points, 0);
    for (const double off : {-0.1, -0.01, -1e-3, -1e-5, 0.0, 1e-5, 1e-2}) {
      CAPTURE(off);
      const double threshold = least + off * (greatest - least);
      InputSearchOptions options;
      options.most_boxes = 20000;
      const Found found = search(*engine, at_most(threshold), options);
      if (off >= 0) CHECK_FALSE(found.refuted);  // a point of the grid is there
      if (off > 0) CHECK_FALSE(found.x.empty());
      if (off < -1e-2) CHECK(found.refuted);  // the function is not that steep between points
      refuted += found.refuted;
      hit += !found.x.empty();
      if (found.x.empty()) continue;
      CHECK(engine->values(found.x)[0] <= threshold);
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(found.x[i] >= bumpy_box().lower[i]);
        CHECK(found.x[i] <= bumpy_box().upper[i]);
      }
    }
  }
  CHECK(refuted > 30);
  CHECK(hit > 20);
}

TEST_CASE(
    "what is refuted is refuted through the same boxes, whatever goes into a round or a call") {
  for (std::uint64_t seed : {2, 5, 9}) {
    CAPTURE(seed);
    const auto engine = bumpy_engine(seed);
    const auto [least, greatest] = range_over(*engine, grid_over(bumpy_box(), 101), 0);
    const Property property = at_most(least - 0.01 * (greatest - least));
    const Found first = search(*engine, property);
    CHECK(first.refuted);
    for (const std::size_t round : {1, 7, 64})
      for (const std::size_t batch : {1, 7, 64})
        CHECK(search(*engine, property, with(round, batch)) == first);
    InputSearchOptions deep;
    deep.most_bytes = 1;
    deep.round = 2;
    CHECK(search(*engine, property, deep) == first);
  }
}

TEST_CASE("ranks find the same, together or on boxes of their own") {
  for (const double off : {-0.01, 1e-3}) {
    const auto engine = bumpy_engine(5);
    const auto [least, greatest] = range_over(*engine, grid_over(bumpy_box(), 101), 0);
    const Property property = at_most(least + off * (greatest - least));
    const Found first = search(*engine, property, with(16, 4));
    CHECK(first.refuted == (off < 0));
    for (const int ranks : {1, 2, 3})
      for (const Store store : {Store::replicated, Store::fully_sharded}) {
        CAPTURE(ranks);
        const Found found = on_ranks(ranks, [&](AnyCommunicator communicator) {
          const auto own = bumpy_engine(5, communicator, store);
          CHECK((own->alone() != nullptr) == (store == Store::replicated || ranks == 1));
          return search(*own, property, with(16, 4));
        });
        CHECK(found == first);
      }
  }
}

TEST_CASE("conjunctions are refuted one by one, by several rows where one is not enough") {
  const auto engine = bumpy_engine(4);
  const auto points = grid_over(bumpy_box(), 201);
  const auto y = engine->values(points);
  const double least = range_over(*engine, points, 0).first;
  // Where y_0 is near its least, how small can y_1 be?
  double other = std::numeric_limits<double>::infinity();
  for (std::size_t d = 0; d < y.size(); d += 2)
    if (y[d] <= least + 0.2) other = std::min(other, y[d + 1]);
  Property property{2, 2, {{bumpy_box(), {{{1, 0, 0, 1}, {least + 0.1, other - 0.05}}}}}};
  CHECK(search(*engine, property).refuted);
  // One that nothing refutes, because all of it is true and no point counts, does not keep others open.
  property.regions[0].unsafe.push_back({{1, 0}, {least + 1}});
  property.regions[0].points = {{1, 1}, {0, 0}};
  Attack attack(*engine, property, {});
  InputSearchOptions options;
  options.most_boxes = 100;
  InputSearch search(*engine, property, attack, options);
  CHECK_FALSE(search.run(0, {1}, nullptr));
  CHECK(search.progress().domains < 104);  // of two cuts four halves are the last
  CHECK_FALSE(search.refuted()[0]);        // it was not asked about
  CHECK_FALSE(search.refuted()[1]);
}

TEST_CASE("boxes that cannot be cut any more are counted and given up") {
  const auto engine = bumpy_engine(4);
  Property property = at_most(100);
  property.regions[0].box = {{1, 0.5}, {std::nextafter(1, 2), 0.5}};
  property.regions[0].points = {{1, 1}, {0, 0}};  // no point is known
  const Found found = search(*engine, property);
  CHECK_FALSE(found.refuted);
  CHECK(found.undecided == 1);
  CHECK(found.domains == 1);
}

TEST_CASE(
    "what arithmetic takes for a counterexample and does not count ends the search after a while") {
  const auto engine = bumpy_engine(4), single = bumpy_engine(4);
  Property property = at_most(100);
  property.regions[0].between = {true, true};  // and no certificate is to be had
  property.regions[0].unsafe[0] = {{1, 0, -1, 0}, {0.125, -0.125}};
  const Found found = search(*engine, property);
  CHECK_FALSE(found.refuted);
  CHECK(found.x.empty());
}

TEST_CASE("regions with few free inputs suit, and those that are finite") {
  const auto engine = bumpy_engine(4);
  Property property = at_most(0);
  Attack attack(*engine, property, {});
  const auto suits = [&](std::size_t most) {
    InputSearchOptions options;
    options.most_inputs = most;
    return InputSearch(*engine, property, attack, options).suits(0);
  };
  CHECK(suits(2));
  CHECK_FALSE(suits(1));
  CHECK_FALSE(suits(0));
  property.regions[0].box.upper[0] = property.regions[0].box.lower[0];
  CHECK(suits(1));
  property.regions[0].box.upper[1] = std::numeric_limits<double>::infinity();
  CHECK_FALSE(suits(2));
}

TEST_CASE("a search is stopped on all ranks, and tells how far it is") {
  CancelToken token;
  token.cancel();
  const auto engine = bumpy_engine(5);
  const auto [least, greatest] = range_over(*engine, grid_over(bumpy_box(), 101), 0);
  const Property property = at_most(least - 0.001 * (greatest - least));
  CHECK_THROWS_AS(search(*engine, property, {}, &token), Cancelled);
  threads::run(3, [&](auto& communicator) {
    const auto own = bumpy_engine(5, AnyCommunicator(communicator));
    CancelToken late;
    InputSearchOptions options = with(4, 2);
    options.see = [&](const SearchProgress& progress) {
      if (progress.domains > 1 && own->rank() == 2)
        late.cancel();  // one rank, which the last box goes to
    };
    CHECK_THROWS_AS(search(*own, property, options, &late), Cancelled);
  });
  InputSearchOptions options;
  double share = 0;
  options.see = [&](const SearchProgress& progress) {
    CHECK(progress.share >= share);
    share = progress.share;
  };
  CHECK(search(*engine, property, options).refuted);
  CHECK(share == 1);
}
