// SPDX-License-Identifier: BSD-3-Clause

// Which features of a split node stand where in whose block.

#include <doctest/doctest.h>

#include <shardbound/network/layout.hpp>
#include <tests/support/zoo.hpp>

using namespace shardbound_test;
using namespace shardbound;

namespace {

using R = RowSharded;
using C = ColSharded;

// x - L70/r(1) - relu(2) - L41/c(3)
using Zone = Sequential<Input<13>, Linear<70, R>, ReLU, Linear<41, C>>;
// x - L16/r(1) - [L40/r(2) | nothing | L24/r(3)] - concat(4) - relu(5) - L11/c(6)
using Beside = Sequential<Input<6>, Linear<16, R>,
                          Concat<Sequential<Linear<40, R>>, Identity, Sequential<Linear<24, R>>>,
                          ReLU, Linear<11, C>>;

bool same(std::span<const FeatureRun> found, std::initializer_list<FeatureRun> wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](const FeatureRun& a, const FeatureRun& b) {
                      return a.first == b.first && a.at == b.at && a.count == b.count;
                    });
}

/// Laws of every node over every number of ranks.
void check_laws(const PlanView& plan) {
  for (int ranks : {1, 2, 3, 5, 8, 16})
    for (int v = 0; v < plan.size(); ++v) {
      CAPTURE(ranks);
      CAPTURE(v);
      std::vector<int> holders(static_cast<std::size_t>(plan[v].features));
      index_t widest = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Layout layout(plan, rank, ranks);
        CHECK(layout.is_split(v) == (ranks > 1 && plan[v].split));
        index_t at = 0;
        for (const FeatureRun& run : layout.runs(v)) {
          CHECK(run.at == at);  // side by side,
          CHECK(run.count > 0);
          CHECK(run.first % lanes == 0);  // each where a vector begins
          CHECK(run.at % lanes == 0);
          for (index_t i = 0; i < run.count; ++i)
            ++holders.at(static_cast<std::size_t>(run.first + i));
          at += run.count;
        }
        CHECK(layout.block(v) == at);
        widest = std::max(widest, at);
        for (int other = 0; other < ranks; ++other)  // all ranks agree on everybody's
          CHECK(layout.runs(v, rank).size() == Layout(plan, other, ranks).runs(v, rank).size());
      }
      CHECK(Layout(plan, 0, ranks).widest_block(v) == widest);
      CHECK(std::count(holders.begin(), holders.end(), 1) == plan[v].features);
    }
}

}  // namespace

TEST_CASE("a split node is dealt out in one run") {
  const PlanView plan = PlanOf<Zone>::view();
  const Layout first(plan, 0, 2), second(plan, 1, 2);
  CHECK(first.is_split(1));
  CHECK(first.is_split(2));
  CHECK_FALSE(first.is_split(3));
  CHECK(same(first.runs(2), {{0, 0, 32}}));
  CHECK(same(second.runs(2), {{32, 0, 38}}));
  CHECK(same(first.runs(2, 1), {{32, 0, 38}}));
  CHECK(first.widest_block(2) == 38);
}

TEST_CASE("a concatenation of split branches is a run of each") {
  const PlanView plan = PlanOf<Beside>::view();
  const Layout first(plan, 0, 3), last(plan, 2, 3);
  for (int v : {4, 5}) {  // and what inherits from it
    CHECK(first.is_split(v));
    // 40 is 8 + 16 + 16, 16 is none + 8 + 8, 24 is 8 + 8 + 8
    CHECK(same(first.runs(v), {{0, 0, 8}, {56, 8, 8}}));
    CHECK(same(last.runs(v), {{24, 0, 16}, {48, 16, 8}, {72, 24, 8}}));
    CHECK(first.block(v) == 16);
    CHECK(first.widest_block(v) == 32);
  }
}

TEST_CASE("more ranks than groups of features leave some without any") {
  const PlanView plan = PlanOf<Sequential<Input<2>, Linear<9, R>, ReLU>>::view();
  index_t holders = 0;
  for (int rank = 0; rank < 16; ++rank) {
    const Layout layout(plan, rank, 16);
    CHECK(layout.is_split(2));
    CHECK(layout.runs(2).size() == (layout.block(2) > 0 ? 1 : 0));
    holders += layout.block(2) > 0;
  }
  CHECK(holders == 2);
}

TEST_CASE("one rank splits nothing") {
  const PlanView plan = PlanOf<Beside>::view();
  const Layout layout(plan, 0, 1);
  for (int v = 0; v < plan.size(); ++v) {
    CHECK_FALSE(layout.is_split(v));
    CHECK(layout.block(v) == plan[v].features);
  }
}

TEST_CASE("every feature is somebody's, and nobody else's") {
  check_laws(PlanOf<Zone>::view());
  check_laws(PlanOf<Beside>::view());
  check_laws(PlanOf<zoo::Fork>::view());
}
