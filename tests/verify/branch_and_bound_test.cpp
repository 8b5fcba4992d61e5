// SPDX-License-Identifier: BSD-3-Clause

// Which search a region gets, and what verifiers make of either.

#include <doctest/doctest.h>

#include <shardbound/verify/verdict.hpp>
#include <tests/support/searching.hpp>

#include <cstdint>
#include <random>

using namespace shardbound_test;

namespace {

/// y_0 + y_1 of a small network is at most so much above its minimum over a box: points satisfy it, or none does.
struct Asked {
  std::unique_ptr<sb::Engine> engine;
  sb::Property property{2, 2, {}};

  Asked(unsigned seed, double above) : engine(searched_engine(seed)) {
    std::mt19937 random(seed);
    sb::Region region;
    region.box = {{-1, -0.5}, {0.75, 1}};
    sb::Conjunction set{{1, 1}, {0}};
    set.rhs[0] = least_distance(searched_host(seed), set, region.box) + above;
    region.unsafe = {set};
    property.regions = {region};
  }
  sb::Verdict verdict(std::size_t most_inputs, sb::Search search = sb::Search::branch_and_bound,
                      std::uint64_t* rounds = nullptr) {
    sb::VerifyOptions options;
    options.inputs.most_inputs = most_inputs;
    options.search = search;
    if (rounds) options.see = [rounds](const sb::SearchProgress&) { ++*rounds; };
    return sb::Verifier(*engine, *engine, property, options).run();
  }
};

}  // namespace

TEST_CASE("either search decides what bounds leave open") {
  int searched = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    const bool open =
        Asked(seed, -2e-3).verdict(0, sb::Search::none).answer == sb::Verdict::Answer::unknown;
    for (const std::size_t most_inputs : {std::size_t{0}, std::size_t{24}}) {
      std::uint64_t rounds = 0;
      Asked none(seed, -2e-3);
      const sb::Verdict verdict = none.verdict(most_inputs, sb::Search::branch_and_bound, &rounds);
      CHECK(verdict.answer == sb::Verdict::Answer::unsat);
      if (open) CHECK(verdict.search.domains > 0);
      if (open) CHECK(rounds > 0);
      searched += open;
      Asked some(seed, 2e-3);
      CHECK(some.verdict(most_inputs).answer == sb::Verdict::Answer::sat);
    }
  }
  CHECK(searched > 4);
}

TEST_CASE("a search may be told when to give up") {
  for (unsigned seed = 0; seed < 12; ++seed) {
    Asked one(seed, -1e-9);
    sb::VerifyOptions options;
    options.inputs.most_inputs = 0;
    options.neurons.most_parts = 2;
    const sb::Verdict verdict = sb::Verifier(*one.engine, *one.engine, one.property, options).run();
    CHECK(verdict.search.domains <= 3);
  }
}
